"""Which days are compacted: those whose hours were written since, by S3's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assets.daily.closed_day import days_written_since
from resources.archive.ledger import RecordTimes
from resources.hours.day import Day

DAY = Day.from_key("2026-11-01")
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_written", "day_written", "is_candidate"),
    [
        ([], None, False),
        ([NOON], None, True),
        ([NOON], NOON + timedelta(seconds=1), False),
        ([NOON], NOON, True),  # S3 tells whole seconds: the hour may have come after
        ([NOON, NOON + timedelta(hours=1)], NOON + timedelta(minutes=1), True),
        ([NOON, NOON - timedelta(hours=1)], NOON + timedelta(minutes=1), False),
    ],
)
def test_a_day_is_looked_at_when_an_hour_was_written_since(
    hours_written: list[datetime], day_written: datetime | None, is_candidate: bool
) -> None:
    times = RecordTimes(
        messages=dict(zip(DAY.hours, hours_written, strict=False)),
        daily={DAY: day_written} if day_written else {},
    )
    assert days_written_since(times) == ([DAY] if is_candidate else [])


def test_the_last_hour_of_the_day_before_counts_too() -> None:
    """It may hold messages of this day, which are then not repeated."""
    times = RecordTimes(
        messages={DAY.hours[0]: NOON, DAY.hour_before: NOON + timedelta(hours=2)},
        daily={DAY: NOON + timedelta(hours=1), Day.of(DAY.hour_before): NOON + timedelta(hours=3)},
    )
    assert days_written_since(times) == [DAY]


def test_days_come_oldest_first() -> None:
    other = Day.from_key("2026-10-31")
    times = RecordTimes(messages={DAY.hours[0]: NOON, other.hours[5]: NOON}, daily={})
    assert days_written_since(times) == [other, DAY]
