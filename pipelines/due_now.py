"""Reading from the ledger what the planner needs, without reading the whole past. I/O only; the planner decides."""

from __future__ import annotations

from datetime import datetime

from pipelines.planner import PlannedTask, hours_of_the_archive, plan_app, to_be_read
from resources.archive.errors import ArchiveDamaged
from resources.archive.ledger import Ledger
from resources.archive.watch_record import SeenThrough
from resources.hours.hour import Hour
from resources.hours.watched import planned_from
from resources.runtime import Runtime
from resources.settings import AppSettings


def due_now(runtime: Runtime, app: AppSettings, now: datetime) -> list[PlannedTask]:
    """Return what is due for one app, nearest deadline first.

    Raises:
        ArchiveError: The ledger cannot be read.
    """
    hours = hours_of_the_archive(runtime.settings.archive.first_hour, now)
    ledger = runtime.archive(app).ledger
    read = to_be_read(hours, planned_from(now, app.policy), _seen_through(ledger))
    chosen = frozenset(read)
    never_recorded = _without_a_record(ledger, [hour for hour in hours if hour not in chosen])
    return plan_app(app, [*never_recorded, *read], ledger.records(read), now)


def _seen_through(ledger: Ledger) -> SeenThrough | None:
    """Return what the watch remembers. A record of it that is damaged costs time, and keeps nothing from being done."""
    try:
        watch = ledger.watch()
    except ArchiveDamaged:
        return None
    return watch.seen_through if watch is not None else None


def _without_a_record(ledger: Ledger, hours: list[Hour]) -> list[Hour]:
    recorded = ledger.captured_hours(hours)
    return [hour for hour in hours if hour not in recorded]
