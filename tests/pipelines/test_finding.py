"""How a finding names and counts the hours it is about."""

from __future__ import annotations

import pytest

from pipelines.finding import SENTENCES, THE_APP, Finding, FindingKind


def test_each_kind_says_what_it_means() -> None:
    assert SENTENCES.keys() == set(FindingKind)


def test_many_hours_are_named_shortly() -> None:
    finding = Finding(FindingKind.HOURS_LOST, tuple(f"20261120{hour:02d}" for hour in range(20)), "")
    assert finding.hours_in_words.endswith("2026112011 and 8 more")


@pytest.mark.parametrize(
    ("hours", "counted"),
    [
        (("2026112006",), "1 hour"),
        (("2026112006", "2026112007"), "2 hours"),
        ((THE_APP,), "the app itself"),
        ((THE_APP, "2026112006"), "the app itself and 1 hour"),
    ],
)
def test_what_is_about_no_hour_is_counted_as_none(hours: tuple[str, ...], counted: str) -> None:
    assert Finding(FindingKind.RECORDS_UNREADABLE, hours, "").hours_counted == counted
