"""What is archived against what was said: every message by id and content, every hour's state, every record's sums.

What was said comes from the simulated platform itself, and what a line becomes from the reference converter of the
conversion's own tests. Faults are off by now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from assets.daily.closed_day import hours_that_matter, is_compacted, objects_of, open_hours
from pipelines.days_due import days_due
from pipelines.due_now import due_now
from resources.archive.capture_record import CaptureRecord
from resources.archive.ledger import NO_RECORDS, HourRecords
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.simulated_platform import Version
from resources.simulated_platform.hour_files import gzip_files, version_at
from tests.assets.conversion.agreement import EPOCH, rows_of
from tests.assets.conversion.reference import convert_slowly
from tests.chaos.world import BEGIN, ChaosWorld

Row = dict[str, Any]


@dataclass(slots=True)
class Audit:
    """What was found; everything below `days` has to be 0 or empty.

    Attributes:
        hours: How many hours are in each state.
        expired_before: Of the expired hours, those the platform had deleted before the campaign began.
        unconfirmed_silence: Hours in which nobody spoke and of which a damaged file is kept: since the file may have
            held messages, no answer makes such an hour empty. A false alarm, and no loss.
        messages: How many messages there are, each counted once.
        days: How many days were compacted.
        open_days: Of them, those of which an hour may change again, so that readers take the hours: one that a damaged
            file has opened, for example.
        lost: Messages that were said and are not there.
        doubled: Messages that are there more often than they were said.
        altered: Messages whose row is not what their line says.
        conservation: Hours whose record, files and sums do not agree.
        daily: Days whose object does not hold the rows that their hours hold, each as often and to the letter.
        wrong_states: Hours in a state that is not the truth, in words.
        still_due: Tasks that are due although everything was done.
    """

    hours: Counter[str] = field(default_factory=Counter)
    expired_before: int = 0
    unconfirmed_silence: int = 0
    messages: int = 0
    days: int = 0
    open_days: int = 0
    lost: int = 0
    doubled: int = 0
    altered: int = 0
    conservation: list[str] = field(default_factory=list)
    daily: list[str] = field(default_factory=list)
    wrong_states: list[str] = field(default_factory=list)
    still_due: int = 0


def audit(world: ChaosWorld, apps: Sequence[AppSettings]) -> Audit:
    """Look at everything that is archived of some apps."""
    found = Audit()
    for app in apps:
        _AppAudit(world, app, found).look()
        runtime, now = Runtime(world.settings, world.clock, folder=world.folder), world.clock.now()
        found.still_due += len(due_now(runtime, app, now)) + len(days_due(runtime, app, now))
    return found


def compare(expected: Sequence[Row], actual: Sequence[Row]) -> tuple[int, int, int]:
    """Return how many of the expected rows are lost, how many are there too often, and how many are altered.

    Lost and doubled are by `msg_id`; a row that is there under its id with other content is altered.
    """
    said, archived = (Counter(row["msg_id"] for row in rows) for rows in (expected, actual))
    lost, doubled = (said - archived).total(), (archived - said).total()
    unchanged = Counter(map(repr, expected)) & Counter(map(repr, actual))
    return lost, doubled, len(expected) - lost - unchanged.total()


@dataclass(frozen=True)
class _AppAudit:
    """The audit of one app."""

    world: ChaosWorld
    app: AppSettings
    found: Audit

    def look(self) -> None:
        hours = self.world.ended_hours()
        archive = self.world.archive(self.app)
        records = archive.ledger.records([hours[0].plus(-1), *hours]).all_readable()
        rows = {hour: self._look_at_hour(hour, records.get(hour, NO_RECORDS)) for hour in hours}
        for day, record in archive.ledger.dailies(sorted({Day.of(hour) for hour in hours})).readable.items():
            known = {hour: records[hour] for hour in hours_that_matter(day) if hour in records}
            compacted = self._rows(archive.layout.messages_daily(day))
            # What the day's table adds to a row is the hour it is filed under; everything else is the hour's own row.
            expected = [row | {"hour": hour.start.hour} for hour in day.hours for row in rows.get(hour, ())]
            same = _as_multiset(compacted) == _as_multiset(expected)
            self.found.days += 1
            if open_hours(day, self.app.policy, known, self.world.clock.now()):
                self.found.open_days += 1
            elif not is_compacted(record, objects_of(day, known)) or not same:
                self.found.daily.append(f"{self.app.name} {day}")

    def _look_at_hour(self, hour: Hour, records: HourRecords) -> list[Row]:
        """Hold one hour against the truth and return its rows."""
        expected, name = self._expected(hour), f"{self.app.name} {hour}"
        capture = records.capture
        state = capture.state if capture is not None else None
        self.found.hours[state or "unknown"] += 1
        if state is HourState.EXPIRED and self.app.policy.deadline(hour) <= BEGIN:
            self.found.expired_before += 1
            return []
        actual = self._rows(self.world.archive(self.app).layout.messages(hour))
        lost, doubled, altered = compare(expected, actual)
        self.found.messages += len(actual)
        self.found.lost += lost
        self.found.doubled += doubled
        self.found.altered += altered
        if not expected and capture is not None and _has_damage(capture):
            self.found.unconfirmed_silence += 1
        elif state is not (HourState.ARCHIVED if expected else HourState.EMPTY):
            self.found.wrong_states.append(f"{name} is {state}{_why(capture)}")
        if not self._adds_up(hour, records, actual):
            self.found.conservation.append(name)
        return actual

    def _expected(self, hour: Hour) -> list[Row]:
        """The rows of all that the platform has said of the hour by now."""
        app = self.world.simulated(self.app)
        version = version_at(app, hour, self.world.clock.now())
        files = gzip_files(app, hour, Version.SETTLED if version is Version.DELETED else version)
        return convert_slowly(files, hour_start_ms=(hour.start - EPOCH) // timedelta(milliseconds=1)).rows

    def _rows(self, key: str) -> list[Row]:
        stored = self.world.bucket.read(key)
        if stored is None:
            return []
        file = Path(self.world.folder / "looked-at.parquet")
        file.write_bytes(stored[0])
        return rows_of(file)

    def _adds_up(self, hour: Hour, records: HourRecords, actual: list[Row]) -> bool:
        """Tell whether the hour's records, its objects and their sums agree."""
        archive, messages = self.world.archive(self.app), records.messages
        for revision in records.capture.raw_revisions if records.capture is not None else ():
            raw = self.world.bucket.read(archive.layout.raw(hour, revision.sha256))
            if raw is None or sha256(raw[0]).hexdigest() != revision.sha256:
                return False
        if messages is None or messages.messages is None:
            return not actual
        counts = messages.counts
        head = self.world.bucket.head(messages.messages.key)
        quarantined = self._rows(messages.quarantine.key) if messages.quarantine is not None else []
        return (
            counts.lines == counts.messages + counts.duplicates + counts.quarantined + counts.blank
            and counts.messages == len(actual)
            and counts.quarantined == len(quarantined)
            and head is not None
            and head.sha256 == messages.messages.sha256
        )


def _as_multiset(rows: Iterable[Row]) -> Counter[str]:
    """Count whole rows, whatever the order of their columns."""
    return Counter(repr(sorted(row.items())) for row in rows)


def _why(capture: CaptureRecord | None) -> str:
    """Say what the looks at an hour met: a lost one may have had no look that faults left alone."""
    if capture is None:
        return ""
    looks = (f"{look.asked_at:%d %H:%M} {look.problem or look.reason}" for look in capture.looks)
    return f" ({capture.reason}). Its looks: {'; '.join(looks) or 'none'}"


def _has_damage(capture: CaptureRecord) -> bool:
    return any(revision.damage is not None for revision in capture.raw_revisions)
