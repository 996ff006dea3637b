"""Which closed days are to be compacted now: read from the ledger without reading the whole past."""

from __future__ import annotations

from datetime import datetime

from assets.daily.closed_day import days_written_since, hours_that_matter, is_compacted, objects_of, open_hours
from resources.hours.day import Day
from resources.runtime import Runtime
from resources.settings import AppSettings


def days_due(runtime: Runtime, app: AppSettings, now: datetime) -> list[Day]:
    """Return the closed days of an app whose object does not hold what their hours hold by now, oldest first.

    A day with a record that cannot be read, its own or one of its hours', waits until that is mended.

    Raises:
        ArchiveError: The ledger cannot be read.
    """
    ledger = runtime.archive(app).ledger
    candidates = days_written_since(ledger.times_written())
    compacted = ledger.dailies(candidates)
    due = []
    for day in candidates:
        read = ledger.records(hours_that_matter(day))
        if read.unreadable or day in compacted.unreadable:
            continue
        records = read.readable
        objects = objects_of(day, records)
        is_closed = not open_hours(day, app.policy, records, now)
        if objects and is_closed and not is_compacted(compacted.readable.get(day), objects):
            due.append(day)
    return due
