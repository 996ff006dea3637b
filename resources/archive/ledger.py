"""The ledger: reading and replacing its records, so that no writer ever undoes another's work.

A record is read with its version and replaced only if it still is that version; whoever comes second reads again and
applies his change to what is there now. What the records hold lies in `records.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from pydantic import ValidationError

from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveDamaged, ArchiveSuperseded
from resources.archive.layout import Layout
from resources.archive.objects import ArchiveBucket, ObjectHead
from resources.archive.records import CaptureRecord, MessagesRecord
from resources.archive.retries import retrying
from resources.archive.verification_record import VerificationRecord
from resources.archive.watch_record import WatchRecord
from resources.hours.day import Day
from resources.hours.hour import Hour

_TRIES = 32
_READERS = 16
Record = TypeVar("Record", CaptureRecord, MessagesRecord, DailyRecord, WatchRecord, VerificationRecord)


@dataclass(frozen=True, slots=True)
class HourRecords:
    """An hour's two records; None where nothing has been written."""

    capture: CaptureRecord | None = None
    messages: MessagesRecord | None = None


NO_RECORDS: Final = HourRecords()
"""Of an hour of which nothing has been written."""


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

    def messages(self, hour: Hour) -> MessagesRecord | None:
        """Return what conversion published for the hour."""
        return self._read(self.layout.messages_record(hour), MessagesRecord)[0]

    def daily(self, day: Day) -> DailyRecord | None:
        """Return what compacting published for the day."""
        return self._read(self.layout.daily_record(day), DailyRecord)[0]

    def watch(self) -> WatchRecord | None:
        """Return what was noticed and told about the app's hours."""
        return self._read(self.layout.watch_record, WatchRecord)[0]

    def verification(self) -> VerificationRecord | None:
        """Return what verifying found and nobody has mended."""
        return self._read(self.layout.verification_record, VerificationRecord)[0]

    def update_watch(self, change: Callable[[WatchRecord | None], WatchRecord]) -> WatchRecord:
        """Apply a change to the watch record; everything else as `update_capture`."""
        return self._update(self.layout.watch_record, WatchRecord, change)

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

    def records(self, hours: Collection[Hour]) -> dict[Hour, HourRecords]:
        """Return the records of those hours that have any, fetched side by side."""
        kinds = self._kinds_of_record(hours)
        with ThreadPoolExecutor(_READERS) as readers:
            found = readers.map(lambda place: self._records_of(*place), kinds.items())
            return dict(zip(kinds, found, strict=True))

    def dailies(self, days: Collection[Day]) -> dict[Day, DailyRecord]:
        """Return the records of those days that have one, fetched side by side."""
        with ThreadPoolExecutor(_READERS) as readers:
            found = zip(days, readers.map(self.daily, days), strict=True)
            return {day: record for day, record in found if record is not None}

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

    def _records_of(self, hour: Hour, kinds: set[str]) -> HourRecords:
        return HourRecords(
            capture=self.capture(hour) if "capture" in kinds else None,
            messages=self.messages(hour) if "messages" in kinds else None,
        )

    def _read(self, key: str, kind: type[Record]) -> tuple[Record | None, ObjectHead | None]:
        stored = self.bucket.read(key)
        if stored is None:
            return None, None
        content, head = stored
        try:
            return kind.model_validate_json(content), head
        except ValidationError as error:
            raise ArchiveDamaged(
                f"The record s3://{self.bucket.name}/{key} cannot be read: {error.error_count()} fields do not fit.",
                "It was edited, or written by a newer version of this program: restore it, or run that version.",
            ) from None

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


def _was_overtaken(error: BaseException) -> bool:
    return isinstance(error, ArchiveSuperseded)
