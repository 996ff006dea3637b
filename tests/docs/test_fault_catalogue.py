"""The catalogue of faults is complete, and its page is the one that the tests give."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault_catalogue import CASES, fault_catalogue, sentences_by_case

PAGE = Path(__file__).parents[2] / "docs" / "fault-catalogue.md"
NUMBERS = sorted(number for cases in CASES.values() for number in cases)


def test_the_page_in_docs_is_the_one_the_tests_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == fault_catalogue(), "run `make docs`"


@pytest.mark.parametrize("number", NUMBERS)
def test_every_case_has_a_test(number: int) -> None:
    assert sentences_by_case()[number]


def test_every_test_of_a_case_is_of_a_case_that_is_told() -> None:
    assert sorted(sentences_by_case()) == NUMBERS
