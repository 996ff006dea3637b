"""Each question of the page, asked as it stands there, is answered with what was really said."""

from __future__ import annotations

import duckdb
import pytest

from tests.docs.answers import QUESTIONS, Rows, plain
from tests.docs.page import blocks


@pytest.mark.parametrize(
    ("heading", "number", "answer"),
    [(heading, number, rows) for heading, answers in QUESTIONS.items() for number, rows in enumerate(answers)],
)
def test_a_question_is_answered_truly(
    views: duckdb.DuckDBPyConnection, heading: str, number: int, answer: Rows
) -> None:
    query = blocks(heading, "sql")[number].text
    assert plain(views.execute(query).fetchall()) == answer


@pytest.mark.parametrize("heading", QUESTIONS)
def test_no_question_is_left_without_an_answer(heading: str) -> None:
    assert len(blocks(heading)) == len(blocks(heading, "sql")) == len(QUESTIONS[heading])
