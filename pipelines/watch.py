"""The watch: look through an app's ledger, write down losses, and say what is wrong.

What is wrong is decided in `findings.py`; who is told in `telling.py`.
"""

from __future__ import annotations

from datetime import datetime

from pipelines.findings import Finding, findings_of, is_safe
from pipelines.planner import hours_of_the_archive
from resources.archive.ledger import NO_RECORDS
from resources.archive.watch_record import WatchRecord
from resources.hours.day import Day
from resources.hours.state import HourState, Reason
from resources.hours.watched import watched_from
from resources.runtime import Runtime
from resources.settings import AppSettings


def look_through(runtime: Runtime, app: AppSettings, now: datetime) -> list[Finding]:
    """Return what is wrong with an app's hours, and write new losses into the watch record.

    Raises:
        ArchiveError: The ledger cannot be read or written.
    """
    ledger = runtime.archive(app).ledger
    recent_from = watched_from(now, app.policy)
    hours = [
        hour for hour in hours_of_the_archive(runtime.settings.archive.first_hour, now) if hour.start >= recent_from
    ]
    records = ledger.records(hours)
    lost: dict[str, Reason] = {}
    for hour in hours:
        capture = records.get(hour, NO_RECORDS).capture
        if capture is not None and capture.state is HourState.EXPIRED:
            lost[hour.key] = capture.reason
        elif capture is None and now >= app.policy.deadline(hour):
            lost[hour.key] = Reason.NEVER_ASKED
        elif now >= app.policy.deadline(hour) and not is_safe(capture, app.policy.settled_at(hour)):
            lost[hour.key] = Reason.NOT_SETTLED
    not_lost = {hour.key for hour in hours} - set(lost)

    def change(watch: WatchRecord | None) -> WatchRecord:
        return (watch or WatchRecord(app=app.name)).with_hours_seen(lost, not_lost, now)

    dailies = ledger.dailies(sorted({Day.of(hour) for hour in records}))
    verification = ledger.verification()
    damaged = verification.damaged if verification is not None else {}
    return findings_of(app, hours, records, ledger.update_watch(change), dailies=dailies, damaged=damaged, now=now)
