"""How a finding names and counts the hours it is about."""

from __future__ import annotations

import pytest

from pipelines.finding import SENTENCES, THE_APP, Finding, FindingKind


def test_each_kind_says_what_it_means() -> None:
    assert SENTENCES.keys() == set(FindingKind)


def test_many_hours_are_named_shortly() -> None:
    finding = Finding(FindingKind.HOURS_LOST, tuple(f"20261120{hour:02d}" for hour in range(20)), "")
    assert finding.hours_in_words.endswith("2026112011 and 8 more")


def test_hours_of_which_much_is_told_are_fewer_and_at_least_one() -> None:
    hours = tuple(f"20261120{hour:02d}" for hour in range(20))
    for length, shown in ((100, 7), (2000, 1)):
        finding = Finding(FindingKind.HOURS_LOST, hours, "", dict.fromkeys(hours, "x" * length))
        assert finding.hours_in_words.endswith(f" and {20 - shown} more")


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
