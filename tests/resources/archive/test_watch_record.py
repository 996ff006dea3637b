"""What the watch record remembers of what was told, and how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from resources.archive.watch_record import WatchRecord

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NEWS = "hours_damaged:2026112006"


class CountedText(str):
    """News that counts how often it is looked up."""

    __slots__ = ()
    lookups = 0

    def __hash__(self) -> int:
        type(self).lookups += 1
        return super().__hash__()


def test_remembering_what_was_told_takes_a_few_lookups_of_each_hour_however_many_hours_there_are() -> None:
    news = [CountedText(f"hours_lost:{hour}") for hour in range(1000)]
    record = WatchRecord(app="acme/shop").with_told(news, NOW, "mail", ["mail"])
    assert record.told == dict.fromkeys(news, NOW)
    assert CountedText.lookups < 20 * len(news)


@pytest.mark.parametrize("name", [NEWS, f"{NEWS}@mail"])
@pytest.mark.parametrize(
    ("looks", "is_remembered"),
    [
        ({0.1: True, 1500: True}, True),  # nobody watched for two months
        ({0.1: False, 21.9: True}, True),
        ({0.1: False, 12: True, 30: True}, True),
        ({0.1: False, 12: True, 20: False, 41: True}, True),
        ({1500: False}, True),  # it may have been mended just now
        ({0.1: False, 22.1: False}, False),
        ({0.1: False, 22.1: True}, False),
        ({24: False, 46: True}, False),  # watched once a day, today a bit earlier
    ],
)
def test_what_was_told_is_remembered_until_it_was_whole_for_a_day(
    name: str, looks: dict[float, bool], is_remembered: bool
) -> None:
    record = WatchRecord(app="acme/shop", told={name: NOW})
    for hours, is_found in looks.items():
        found = {NEWS} if is_found else {"hours_lost:2026112006"}
        record = record.with_found(found, NOW + timedelta(hours=hours))
    assert record.told == ({name: NOW} if is_remembered else {})
    assert record.gone.keys() <= record.told.keys()


def test_a_look_that_finds_what_the_one_before_found_changes_nothing() -> None:
    record = WatchRecord(app="acme/shop", told={NEWS: NOW, "hours_lost:2026112006": NOW})
    once = record.with_found({NEWS}, NOW + timedelta(minutes=5))
    assert once.with_found({NEWS}, NOW + timedelta(minutes=10)) == once
