"""The watch: look through an app's ledger, write down losses, and say what is wrong.

What is wrong is decided in `findings.py`; who is told in `telling.py`.
"""

from __future__ import annotations

from datetime import datetime

from assets.daily.closed_day import is_finished
from pipelines.finding import Finding
from pipelines.findings import findings_of, loss_of
from pipelines.planner import hours_of_the_archive, to_be_read
from resources.archive.errors import RecordUnreadable
from resources.archive.ledger import HourRecords, Ledger
from resources.archive.verification_record import VerificationRecord
from resources.archive.watch_record import WatchRecord
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.hours.watched import planned_from, watched_from
from resources.runtime import Runtime
from resources.settings import AppSettings


def look_through(runtime: Runtime, app: AppSettings, now: datetime) -> list[Finding]:
    """Return what is wrong with an app's hours, and write new losses into the watch record.

    Raises:
        ArchiveError: The ledger cannot be read or written.
    """
    ledger = runtime.archive(app).ledger
    before = ledger.watch()
    recent_from, seen_before = watched_from(now, app.policy), Hour.containing(planned_from(now, app.policy))
    hours = to_be_read(
        hours_of_the_archive(runtime.settings.archive.first_hour, now),
        recent_from,
        before.seen_through if before is not None else None,
    )
    records = ledger.records(hours)
    unjudged = {hour for hour, unreadable in records.unreadable.items() if unreadable.capture is not None}
    judged = {
        hour: loss_of(app, hour, records.known(hour).capture, now) for hour in hours if hour not in unjudged
    }  # of the others what was said of them before stays
    lost = {hour.key: reason for hour, reason in judged.items() if reason is not None}
    # More time alone takes no loss back: a look has to bring the hour.
    not_lost = {hour.key for hour, reason in judged.items() if reason is None and _is_closed(records.known(hour))}
    # Of what has no record the planner knows without being told, by listing the ledger.
    old = [hour for hour in (*records.readable, *records.unreadable) if hour < seen_before]
    unfinished = sorted(
        hour
        for hour in old
        if hour in records.unreadable or not is_finished(hour, app.policy, records.known(hour), now)
    )

    def change(watch: WatchRecord | None) -> WatchRecord:
        seen = (watch or WatchRecord(app=app.name)).with_hours_seen(lost, not_lost, now)
        return seen.with_seen_through(seen_before.key, {hour.key for hour in unfinished})

    watched = [hour for hour in hours if hour.start >= recent_from]
    dailies = ledger.dailies([day for day in records.days() if day.hours[-1].start >= recent_from])
    return findings_of(
        app,
        watched,
        records,
        ledger.update_watch(change),
        older=[hour for hour in unfinished if hour.start < recent_from],
        dailies=dailies,
        verification=_verification(ledger),
        now=now,
    )


def _is_closed(known: HourRecords) -> bool:
    return known.capture is not None and known.capture.state in {HourState.ARCHIVED, HourState.EMPTY}


def _verification(ledger: Ledger) -> VerificationRecord | RecordUnreadable | None:
    """Return what verifying found, or why that cannot be read: whoever watches can do without it, and says so."""
    try:
        return ledger.verification()
    except RecordUnreadable as error:
        return error
