"""The watch: look through an app's ledger, write down losses, and tell people what is new, each thing once.

What is wrong is decided in `findings.py`; how it is sent in `resources/alerts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pipelines.findings import WARNINGS, Finding, findings_of, is_safe
from pipelines.planner import hours_of_the_archive
from resources.archive.ledger import NO_RECORDS
from resources.archive.watch_record import WatchRecord
from resources.hours.day import Day
from resources.hours.state import HourState, Reason
from resources.hours.watched import watched_from
from resources.runtime import Runtime
from resources.settings import AppSettings

Send = Callable[[str, str], bool]
"""Sends a title and a text; tells whether there was anybody to tell."""


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


def tell_what_is_new(runtime: Runtime, app: AppSettings, findings: list[Finding], now: datetime, send: Send) -> int:
    """Send an alert for each finding with hours that were not told yet, and return how many alerts were sent.

    An alert is remembered after it was sent: if the machine stops in between it is sent twice rather than never.

    Raises:
        ArchiveError: The watch record cannot be read or written.
        AlertNotSent: As `send` raises it; what was not sent is tried again at the next watch.
    """
    ledger = runtime.archive(app).ledger
    sent = 0
    for finding in findings:
        if finding.kind in WARNINGS:
            continue
        told = (ledger.watch() or WatchRecord(app=app.name)).told
        new = tuple(hour for hour in finding.hours if f"{finding.kind}:{hour}" not in told)
        if not new:
            continue
        news = Finding(finding.kind, new, finding.sentence)
        title = f"Chat archive, {app.name}: {len(new):,} {'hour' if len(new) == 1 else 'hours'}, {finding.kind.value}"
        if not send(title, f"{news.hours_in_words} (UTC). {news.sentence}"):
            return 0
        _remember(runtime, app, [f"{finding.kind}:{hour}" for hour in new], now)
        sent += 1
    return sent


def _remember(runtime: Runtime, app: AppSettings, news: list[str], now: datetime) -> None:
    def change(watch: WatchRecord | None) -> WatchRecord:
        return (watch or WatchRecord(app=app.name)).with_told(news, now)

    runtime.archive(app).ledger.update_watch(change)
