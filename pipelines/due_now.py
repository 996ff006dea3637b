"""Reading from the ledger what the planner needs, without reading the whole past. I/O only; the planner decides."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.planner import PlannedTask, hours_of_the_archive, plan_app
from resources.archive.ledger import Ledger
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings import AppSettings

_CLOSED_AFTER = timedelta(days=7)
"""So long after its deadline an hour that has a record is closed: nothing is due for it but what a person starts."""


def due_now(runtime: Runtime, app: AppSettings, now: datetime) -> list[PlannedTask]:
    """Return what is due for one app, nearest deadline first.

    Raises:
        ArchiveError: The ledger cannot be read.
    """
    hours = hours_of_the_archive(runtime.settings.archive.first_hour, now)
    ledger = runtime.archive(app).ledger
    old = [hour for hour in hours if now >= app.policy.deadline(hour) + _CLOSED_AFTER]
    open_hours = hours[len(old) :]
    never_recorded = _without_a_record(ledger, old)
    return plan_app(app, [*never_recorded, *open_hours], ledger.records(open_hours), now)


def _without_a_record(ledger: Ledger, hours: list[Hour]) -> list[Hour]:
    recorded = ledger.captured_hours(hours)
    return [hour for hour in hours if hour not in recorded]
