"""Every block of the page is run or, where it cannot be, said to be not run; and what it promises is there."""

from __future__ import annotations

import re

from tests.docs.answers import QUESTIONS
from tests.docs.page import PAGE, blocks, headings
from tests.docs.test_catalogues import DDL, VIEWS
from tests.docs.test_engines import BY_SQL, SNIPPETS
from tests.docs.test_spark import SPARK, SPARK_SQL


def test_every_block_is_run_or_held_against_the_schemas() -> None:
    tested = {*QUESTIONS, *DDL, *BY_SQL, *SNIPPETS, SPARK, SPARK_SQL, VIEWS}
    assert {each.heading for each in blocks()} == tested


def test_what_is_not_run_says_so() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for heading in DDL:
        assert text.partition(f"### {heading}\n\n")[2].startswith("Not run by the tests")


def test_there_are_ten_questions_each_with_its_trap() -> None:
    numbers = [int(match[1]) for each in headings() if (match := re.match(r"(\d+)\. ", each))]
    assert numbers == list(range(1, 11))
    questions = PAGE.read_text(encoding="utf-8").partition("## Ten questions")[2].partition("## Traps")[0]
    assert questions.count("\nTrap: ") == 10


def test_no_line_is_longer_than_a_terminal_is_wide() -> None:
    assert max(map(len, PAGE.read_text(encoding="utf-8").splitlines())) <= 120
