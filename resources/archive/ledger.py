"""The ledger: reading and replacing its records, so that no writer ever undoes another's work.

A record is read with its version and replaced only if it still is that version; whoever comes second reads again and
applies his change to what is there now. What each record holds lies in a file of its own, such as `capture_record.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from resources.archive.capture_record import CaptureRecord
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveDamaged, ArchiveSuperseded, RecordUnreadable
from resources.archive.layout import Layout
from resources.archive.messages_record import MessagesRecord
from resources.archive.objects import ArchiveBucket, ObjectHead
from resources.archive.retries import retrying
from resources.archive.verification_record import VerificationRecord
from resources.archive.watch_record import WatchRecord
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import Reason

_TRIES = 32
_READERS = 16
Record = TypeVar("Record", CaptureRecord, MessagesRecord, DailyRecord, WatchRecord, VerificationRecord)

_AFTER_DELETING: Final[dict[type[BaseModel], str]] = {
    CaptureRecord: "run chat-archive adopt of the hour: it records the raw files that are there",
    MessagesRecord: "run the messages asset of the hour: it is built again from the raw files",
    DailyRecord: "run messages_daily of the day: it is made again from its hours",
    WatchRecord: "acknowledge again what was acknowledged: losses are noticed anew",
    VerificationRecord: "wait: verifying writes it anew",
}
"""What brings a record back that cannot be restored: a record is made of what is stored, or of other records."""

Place = TypeVar("Place", Hour, Day)


@dataclass(frozen=True, slots=True)
class HourRecords:
    """An hour's two records; None where nothing has been written."""

    capture: CaptureRecord | None = None
    messages: MessagesRecord | None = None


NO_RECORDS: Final = HourRecords()
"""Of an hour of which nothing has been written."""


@dataclass(frozen=True, slots=True)
class UnreadableHour:
    """An hour of which a record cannot be read: nothing may be concluded from what that one would say.

    Attributes:
        readable: The hour's other record, where it can be read.
        capture: Why the capture record cannot be read; None when it can, or there is none.
        messages: Why the messages record cannot be read; likewise.
    """

    readable: HourRecords
    capture: RecordUnreadable | None = None
    messages: RecordUnreadable | None = None

    @property
    def errors(self) -> tuple[RecordUnreadable, ...]:
        """What is wrong with each record that cannot be read, and what to do."""
        return tuple(error for error in (self.capture, self.messages) if error is not None)


@dataclass(frozen=True, slots=True)
class HoursRead:
    """The records of hours; one that cannot be read does not keep the others from being known.

    Attributes:
        readable: The records of hours that have any, all of which can be read.
        unreadable: The other hours that have any.
    """

    readable: dict[Hour, HourRecords] = field(default_factory=dict)
    unreadable: dict[Hour, UnreadableHour] = field(default_factory=dict)

    def known(self, hour: Hour) -> HourRecords:
        """Return what can be read of an hour's records."""
        unreadable = self.unreadable.get(hour)
        return unreadable.readable if unreadable is not None else self.readable.get(hour, NO_RECORDS)

    def days(self) -> list[Day]:
        """Return the days of hours that have records, in order."""
        return sorted({Day.of(hour) for hour in (*self.readable, *self.unreadable)})

    def all_readable(self) -> dict[Hour, HourRecords]:
        """Return the records, for whoever must not go on without any of them.

        Raises:
            RecordUnreadable: One cannot be read.
        """
        first = next(iter(self.unreadable.values()), None)
        if first is not None:
            raise first.errors[0]
        return self.readable


@dataclass(frozen=True, slots=True)
class DaysRead:
    """The records of those days that have one, likewise."""

    readable: dict[Day, DailyRecord] = field(default_factory=dict)
    unreadable: dict[Day, RecordUnreadable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordTimes:
    """When records were last written, by S3's clock.

    Attributes:
        messages: The records of what conversion published, by hour.
        daily: The records of what compacting published, by day.
    """

    messages: dict[Hour, datetime]
    daily: dict[Day, datetime]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One app's part of the ledger."""

    bucket: ArchiveBucket
    layout: Layout

    def capture(self, hour: Hour) -> CaptureRecord | None:
        """Return what capturing knows of the hour."""
        return self._read(self.layout.capture_record(hour), CaptureRecord)[0]

    def readable_capture(self, hour: Hour) -> CaptureRecord | None:
        """Return the same; None also when it cannot be read, for whoever can do without it and only compares."""
        try:
            return self.capture(hour)
        except RecordUnreadable:
            return None

    def messages(self, hour: Hour) -> MessagesRecord | None:
        """Return what conversion published for the hour."""
        return self._read(self.layout.messages_record(hour), MessagesRecord)[0]

    def daily(self, day: Day) -> DailyRecord | None:
        """Return what compacting published for the day."""
        return self._read(self.layout.daily_record(day), DailyRecord)[0]

    def watch(self) -> WatchRecord | None:
        """Return what was noticed and told about the app's hours."""
        return self._read(self.layout.watch_record, WatchRecord)[0]

    def readable_watch(self) -> WatchRecord | None:
        """Return the watch record; None also when it cannot be read, for whoever can do without it and only shows."""
        try:
            return self.watch()
        except RecordUnreadable:
            return None

    def verification(self) -> VerificationRecord | None:
        """Return what verifying found and nobody has mended."""
        return self._read(self.layout.verification_record, VerificationRecord)[0]

    def update_watch(self, change: Callable[[WatchRecord | None], WatchRecord]) -> WatchRecord:
        """Apply a change to the watch record; everything else as `update_capture`."""
        return self._update(self.layout.watch_record, WatchRecord, change)

    def note_hours(self, app: str, *, lost: Mapping[str, Reason], not_lost: Collection[str], now: datetime) -> None:
        """Write into the watch record what has become of hours by their keys, as the watch reads old ones only once.

        One that cannot be read is left to whoever mends it, as everything in it is: the hours' own records stand.
        """
        with suppress(RecordUnreadable):
            self.update_watch(lambda watch: (watch or WatchRecord(app=app)).with_hours_seen(lost, not_lost, now))

    def update_verification(
        self, change: Callable[[VerificationRecord | None], VerificationRecord]
    ) -> VerificationRecord:
        """Apply a change to the verification record; everything else as `update_capture`."""
        return self._update(self.layout.verification_record, VerificationRecord, change)

    def update_capture(self, hour: Hour, change: Callable[[CaptureRecord | None], CaptureRecord]) -> CaptureRecord:
        """Apply a change to the capture record and return what was stored.

        `change` may be called again, with a newer record, when another writer was faster; it must not have effects.
        """
        return self._update(self.layout.capture_record(hour), CaptureRecord, change)

    def update_messages(self, hour: Hour, change: Callable[[MessagesRecord | None], MessagesRecord]) -> MessagesRecord:
        """Apply a change to the messages record; everything else as `update_capture`."""
        return self._update(self.layout.messages_record(hour), MessagesRecord, change)

    def update_daily(self, day: Day, change: Callable[[DailyRecord | None], DailyRecord]) -> DailyRecord:
        """Apply a change to a day's record; everything else as `update_capture`."""
        return self._update(self.layout.daily_record(day), DailyRecord, change)

    def records(self, hours: Collection[Hour]) -> HoursRead:
        """Return the records of those hours that have any, fetched side by side."""
        kinds = self._kinds_of_record(hours)
        with ThreadPoolExecutor(_READERS) as readers:
            found = list(zip(kinds, readers.map(lambda place: self._records_of(*place), kinds.items()), strict=True))
        return HoursRead(
            {hour: records for hour, records in found if isinstance(records, HourRecords)},
            {hour: records for hour, records in found if isinstance(records, UnreadableHour)},
        )

    def dailies(self, days: Collection[Day]) -> DaysRead:
        """Return the records of those days that have one, fetched side by side."""
        with ThreadPoolExecutor(_READERS) as readers:
            found = list(zip(days, readers.map(lambda day: _readable_or_not(self.daily, day), days), strict=True))
        return DaysRead(
            {day: record for day, record in found if isinstance(record, DailyRecord)},
            {day: record for day, record in found if isinstance(record, RecordUnreadable)},
        )

    def times_written(self) -> RecordTimes:
        """Tell when each record of messages and of days was last written, by S3's clock, without reading any."""
        hours: dict[Hour, datetime] = {}
        days: dict[Day, datetime] = {}
        for entry in self.bucket.listed(self.layout.ledger):
            place = self.layout.hour_of_record(entry.key)
            if place is not None and place[1] == "messages":
                hours[place[0]] = entry.written_at
            elif (day := self.layout.day_of_record(entry.key)) is not None:
                days[day] = entry.written_at
        return RecordTimes(hours, days)

    def captured_hours(self, hours: Collection[Hour]) -> frozenset[Hour]:
        """Return those of the hours that have a capture record, without reading any."""
        return frozenset(hour for hour, kinds in self._kinds_of_record(hours).items() if "capture" in kinds)

    def _kinds_of_record(self, hours: Collection[Hour]) -> dict[Hour, set[str]]:
        """List which records there are; S3 lists a thousand keys a request."""
        kinds: dict[Hour, set[str]] = defaultdict(set)
        if not hours:
            return kinds
        wanted, last = frozenset(hours), max(hours)
        for key in self.bucket.keys(self.layout.ledger, after=self.layout.before_day_in_ledger(min(wanted))):
            place = self.layout.hour_of_record(key)
            if place is None:
                continue
            hour, kind = place
            if hour > last:  # keys come in order of time
                break
            if hour in wanted:
                kinds[hour].add(kind)
        return kinds

    def _records_of(self, hour: Hour, kinds: set[str]) -> HourRecords | UnreadableHour:
        capture = _readable_or_not(self.capture, hour) if "capture" in kinds else None
        messages = _readable_or_not(self.messages, hour) if "messages" in kinds else None
        readable = HourRecords(
            capture=None if isinstance(capture, RecordUnreadable) else capture,
            messages=None if isinstance(messages, RecordUnreadable) else messages,
        )
        unreadable = UnreadableHour(
            readable,
            capture=capture if isinstance(capture, RecordUnreadable) else None,
            messages=messages if isinstance(messages, RecordUnreadable) else None,
        )
        return unreadable if unreadable.errors else readable

    def _read(self, key: str, kind: type[Record]) -> tuple[Record | None, ObjectHead | None]:
        uri = f"s3://{self.bucket.name}/{key}"
        try:
            stored = self.bucket.read(key)
        except ArchiveDamaged:
            detail, remedy = "its bytes do not have the SHA-256 it carries", f"What it was is gone: {_to_restore(kind)}"
            raise RecordUnreadable(uri, detail, remedy) from None
        if stored is None:
            return None, None
        content, head = stored
        try:
            return kind.model_validate_json(content), head
        except ValidationError as error:
            raise RecordUnreadable(uri, f"{error.error_count()} fields do not fit", _remedy(error, kind)) from None

    def _update(self, key: str, kind: type[Record], change: Callable[[Record | None], Record]) -> Record:
        # Whoever is overtaken starts again from what the other wrote, after a pause of his own: of sixteen writers that
        # come at once, the last is overtaken fifteen times.
        changed: Record = retrying(self.bucket.clock, _was_overtaken, tries=_TRIES)(self._replace, key, kind, change)
        return changed

    def _replace(self, key: str, kind: type[Record], change: Callable[[Record | None], Record]) -> Record:
        record, head = self._read(key, kind)
        changed = change(record)
        if changed != record:
            content = changed.model_dump_json(indent=1).encode()
            self.bucket.put_bytes(key, content, content_type="application/json", replaces=head)
        return changed


def _readable_or_not(read: Callable[[Place], Record | None], place: Place) -> Record | RecordUnreadable | None:
    try:
        return read(place)
    except RecordUnreadable as error:
        return error


def _remedy(error: ValidationError, kind: type[BaseModel]) -> str:
    """Say what to do about a record; not every newer one says that it is newer, as when it has a reason more."""
    version = next((each["input"] for each in error.errors() if each["loc"] == ("record_version",)), None)
    if isinstance(version, int) and version > 1:
        return "A newer version of this program wrote it: update this one."
    return f"If a newer version of this program wrote it, update this one. If not: {_to_restore(kind)}"


def _to_restore(kind: type[BaseModel]) -> str:
    return f"restore it from a bucket version or a backup; without one, delete it and {_AFTER_DELETING[kind]}."


def _was_overtaken(error: BaseException) -> bool:
    return isinstance(error, ArchiveSuperseded)
