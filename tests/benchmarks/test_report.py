from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.benchmarks.__main__ import QUESTIONS
from tests.benchmarks.report import report
from tests.benchmarks.tables import Answer, Goal, Table


@pytest.mark.parametrize(
    ("bound", "reached", "least", "kept"),
    [
        (1.25, 1.25, True, "yes"),
        (1.25, 1.24, True, "no"),
        (1.4, 1.4, False, "yes"),
        (1.4, 1.41, False, "no"),
        (1.4, float("nan"), False, "-"),
    ],
)
def test_a_goal_is_kept_or_not(bound: float, reached: float, least: bool, kept: str) -> None:
    assert Goal("speed", bound, reached, least=least).row()[-1] == kept


def test_the_document_has_every_question_and_goal() -> None:
    answers = [Answer(name, [Table(("a", "b"), [(name, "2")])], [Goal(f"goal of {name}", 1, 2)]) for name in QUESTIONS]
    text = report(answers, lines=2_000_000, runs=5, date=datetime(2026, 11, 23, tzinfo=UTC))
    assert all(f"| {name} " in text for name in QUESTIONS)
    assert all(text.count(f"goal of {name} ") == 2 for name in QUESTIONS)
    assert "2026-11-23" in text
    assert "2,000,000 lines" in text
