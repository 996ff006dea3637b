"""When a day is closed, and what of it is not compacted yet: pure functions of the ledger and the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from assets.conversion.schema import SCHEMA_VERSION
from resources.archive.capture_record import facts_of
from resources.archive.daily_record import DailyRecord
from resources.archive.ledger import HourRecords, RecordTimes
from resources.archive.messages_record import PublishedObject
from resources.hours.day import Day
from resources.hours.due import what_is_due
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy


def open_hours(day: Day, policy: HourPolicy, records: Mapping[Hour, HourRecords], now: datetime) -> tuple[Hour, ...]:
    """Return the hours of a day, and the one before it, that may still change by themselves; without any it is closed.

    An hour is finished when nothing is due for it any more. Once the day's last deadline has passed, the platform has
    nothing of it either way; an hour that is revised later makes its day be compacted again.
    """
    if now >= policy.deadline(day.hours[-1]):
        return ()
    hours = day.hours if day.hour_before not in records else (day.hour_before, *day.hours)
    return tuple(hour for hour in hours if not is_finished(hour, policy, records.get(hour), now))


def is_finished(hour: Hour, policy: HourPolicy, known: HourRecords | None, now: datetime) -> bool:
    """Tell whether something is recorded of an hour, and nothing is due for it, now or later."""
    if known is None or known.capture is None:
        return False
    return what_is_due(hour, policy, facts_of(known.capture, known.messages, hour, policy), now) is None


def hours_that_matter(day: Day) -> tuple[Hour, ...]:
    """Return the hours whose records decide about a day: its own, and the one before, which may hold some of it."""
    return (day.hour_before, *day.hours)


def objects_of(day: Day, records: Mapping[Hour, HourRecords]) -> dict[Hour, PublishedObject]:
    """Return the objects with the day's messages, by hour and in order; hours without messages are left out.

    With the day's own there is that of the hour before, where there are any: what it repeats belongs to its own day.
    """
    found = _objects(hours_that_matter(day), records)
    return found if set(found) - {day.hour_before} else {}


def _objects(hours: Sequence[Hour], records: Mapping[Hour, HourRecords]) -> dict[Hour, PublishedObject]:
    return {
        hour: known.messages.messages
        for hour in hours
        if (known := records.get(hour)) is not None
        and known.messages is not None
        and known.messages.messages is not None
        and known.messages.counts.messages
    }


def is_compacted(record: DailyRecord | None, objects: Mapping[Hour, PublishedObject]) -> bool:
    """Tell whether a day's object holds exactly these hours, in the present schema."""
    return (
        record is not None
        and record.schema_version == SCHEMA_VERSION
        and record.hours == {hour.key: entry.sha256 for hour, entry in objects.items()}
    )


def days_written_since(times: RecordTimes) -> list[Day]:
    """Return the days of which an hour was written since the day was, or in the same second."""
    newest = {
        day: max(times.messages[hour] for hour in hours_that_matter(day) if hour in times.messages)
        for day in {Day.of(hour) for hour in times.messages}
    }
    return sorted(day for day, written_at in newest.items() if day not in times.daily or written_at >= times.daily[day])
