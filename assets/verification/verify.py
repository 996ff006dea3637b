"""Verifying an app's hours, day by day: read the records, ask S3 what is there, compare; and again before it is said.

I/O and threads; what counts as wrong is `compare.py` and `record_checks.py`, reading bytes is `read_data.py`. Nothing
is written anywhere. Memory is bounded by one day's records and listings, and with data by the conversion of one hour
or the compaction of one day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain, repeat
from typing import Final, TypeVar

from assets.daily.closed_day import hours_that_matter, is_compacted, objects_of
from assets.verification.compare import Comparison, Seen, compare
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import ExpectedObject, expected_of_day, expected_of_hour
from assets.verification.read_data import Reading, read_day, read_hour
from assets.verification.record_checks import check_day, check_hour
from resources.archive.app_archive import AppArchive
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveDamaged, ArchiveError
from resources.archive.ledger import NO_RECORDS, HourRecords, RecordTimes
from resources.archive.objects import ListedObject
from resources.defects import defect_in_words
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.temporary_folder import LocalDiskError

_LOOKS: Final = 4
_ASKERS: Final = 16
_READERS: Final = 4
"""So many hours are on the disk at a time when data is read."""

Record = TypeVar("Record")
Listed = Mapping[Hour | None, Mapping[str, ListedObject]]
"""What lies in some folders, by the hour it belongs to and its key; under None what belongs to no hour."""

_NOTHING: Final[Mapping[str, ListedObject]] = {}


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at an hour, or at a day's object, found.

    Attributes:
        hour: The hour; of a day's object, the day's last.
        objects: How many objects the records name.
        bytes: How many bytes were read and found to be right.
        read_again: How many objects came with wrong bytes, and right at the second time.
        under_way: Keys of objects that a run is writing right now.
        discrepancies: What is not as it should be.
    """

    hour: Hour
    objects: int = 0
    bytes: int = 0
    read_again: int = 0
    under_way: tuple[str, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """The records of an hour, and those of them that cannot be read."""

    records: HourRecords
    unreadable: tuple[Discrepancy, ...] = ()


class Verifier:
    """Verifies one app's hours.

    Args:
        archive: The app's part of the archive.
        now: By this machine's clock: it decides which hours are due.
        read_data: Whether bytes are fetched and hours built again, or S3's word for sizes and digests is taken.
    """

    def __init__(self, archive: AppArchive, now: datetime, *, read_data: bool) -> None:
        self._archive = archive
        self._layout = archive.layout
        self._now = now
        self._s3_now = archive.bucket.time()
        self._read_data = read_data

    def verify(self, days: Mapping[Day, Sequence[Hour]]) -> Generator[list[Verified], None, None]:
        """Verify hours, and yield what was found, a day at a time and in the order given.

        Args:
            days: The hours of each day. The day's own object is verified with its last hour: a day that the archive
                begins in the middle of has that one too.

        Raises:
            ArchiveError: S3 cannot be read.
        """
        with ThreadPoolExecutor(_ASKERS) as askers, ThreadPoolExecutor(_READERS) as readers:
            for day, hours in days.items():
                listed = self._listed(askers.map(self._list, self._folders(day)))
                with_day = day.hours[-1] in hours
                needed = hours_that_matter(day) if with_day else hours
                known = dict(zip(needed, askers.map(partial(self._known, listed=listed), needed), strict=True))
                workers = readers if self._read_data else askers
                found = list(workers.map(self._hour, hours, [known[hour] for hour in hours], repeat(listed)))
                if with_day:
                    found.append(self._day(day, _readable(known), listed))
                yield found

    def _hour(self, hour: Hour, known: _Known, listed: Listed) -> Verified:
        try:
            return self._settled_look_at_hour(hour, known, listed)
        except (ArchiveError, LocalDiskError):
            raise
        except Exception as error:  # noqa: BLE001 - a defect; the other hours go on
            return _not_verified(Thing.MESSAGES, hour, self._layout.messages(hour), error)

    def _settled_look_at_hour(self, hour: Hour, known: _Known, listed: Listed) -> Verified:
        """Look at an hour; and again with its records read anew, until what is wrong is so by records that stayed."""
        found = self._look_at_hour(hour, known, listed)
        for _ in range(_LOOKS - 1):
            if not found.discrepancies:
                break
            before, known = known, self._known(hour)
            listed = self._listed(map(self._list, self._layout.folders_of_hour(hour)))
            found = self._look_at_hour(hour, known, listed)
            if known == before:
                break
        return found

    def _look_at_hour(self, hour: Hour, known: _Known, listed: Listed) -> Verified:
        if known.unreadable:  # without its record nothing is known of what should be there
            return Verified(hour, discrepancies=known.unreadable)
        expected = expected_of_hour(hour, known.records, self._layout)
        there = self._seen(expected, listed.get(hour, _NOTHING))
        at_work = self._has_ended(hour) or known.records != NO_RECORDS
        comparison = compare(hour.key, expected, there, self._layout, self._s3_now, a_run_may_write=at_work)
        reading = Reading()
        if self._read_data:
            reading = read_hour(hour, known.records, _sound(expected, comparison), self._archive)
        of_records = check_hour(hour, known.records, self._archive, self._now)
        return _verified(hour, expected, comparison, reading, of_records)

    def _day(self, day: Day, hours: Mapping[Hour, HourRecords], listed: Listed) -> Verified:
        try:
            return self._settled_look_at_day(day, hours, listed)
        except (ArchiveError, LocalDiskError):
            raise
        except Exception as error:  # noqa: BLE001 - a defect; the other days go on
            return _not_verified(Thing.DAY, day.hours[-1], self._layout.messages_daily(day), error)

    def _settled_look_at_day(self, day: Day, hours: Mapping[Hour, HourRecords], listed: Listed) -> Verified:
        """Look at what belongs to a day as a whole, and again as `_settled_look_at_hour` does."""
        try:
            record = self._archive.ledger.daily(day)
            found = self._look_at_day(day, record, hours, listed)
            for _ in range(_LOOKS - 1):
                if not found.discrepancies:
                    break
                before, record = record, self._archive.ledger.daily(day)
                hours = _readable({hour: self._known(hour) for hour in hours_that_matter(day)})
                listed = self._listed(map(self._list, self._folders(day)))
                found = self._look_at_day(day, record, hours, listed)
                if record == before:
                    break
        except ArchiveDamaged:
            unreadable = _unreadable(Thing.DAY_RECORD, day.hours[-1], self._layout.daily_record(day))
            return Verified(day.hours[-1], discrepancies=(unreadable,))
        return found

    def _look_at_day(
        self, day: Day, record: DailyRecord | None, hours: Mapping[Hour, HourRecords], listed: Listed
    ) -> Verified:
        last = day.hours[-1]
        expected = expected_of_day(day, record, self._layout)
        there = self._seen(expected, listed.get(None, _NOTHING))
        at_work = self._has_ended(last) or record is not None
        comparison = compare(last.key, expected, there, self._layout, self._s3_now, a_run_may_write=at_work)
        reading = Reading()
        if self._read_data and record is not None:
            objects = objects_of(day, hours)
            made_of = objects if is_compacted(record, objects) else {}
            reading = read_day(day, record, _sound(expected, comparison), made_of, self._archive)
        written = self._times_written(day, listed)
        of_records = check_day(day, record, hours, self._archive, written=written, now=self._s3_now)
        return _verified(last, expected, comparison, reading, of_records)

    def _has_ended(self, hour: Hour) -> bool:
        return hour < Hour.containing(self._now)

    def _times_written(self, day: Day, listed: Listed) -> RecordTimes:
        """Tell when the records were written that decide about a day, as far as a listing shows them."""
        layout = self._layout
        messages = {
            hour: entry.written_at
            for hour in hours_that_matter(day)
            if (entry := listed.get(hour, _NOTHING).get(layout.messages_record(hour))) is not None
        }
        daily = listed.get(None, _NOTHING).get(layout.daily_record(day))
        return RecordTimes(messages, {day: daily.written_at} if daily is not None else {})

    def _known(self, hour: Hour, listed: Listed | None = None) -> _Known:
        """Read an hour's records; those that a listing shows, or all when there is none."""
        ledger, unreadable = self._archive.ledger, []

        def read(thing: Thing, key: str, reader: Callable[[Hour], Record | None]) -> Record | None:
            if listed is not None and key not in listed.get(hour, _NOTHING):
                return None
            try:
                return reader(hour)
            except ArchiveDamaged:
                unreadable.append(_unreadable(thing, hour, key))
                return None

        capture = read(Thing.CAPTURE_RECORD, self._layout.capture_record(hour), ledger.capture)
        messages = read(Thing.MESSAGES_RECORD, self._layout.messages_record(hour), ledger.messages)
        return _Known(HourRecords(capture, messages), tuple(unreadable))

    def _folders(self, day: Day) -> tuple[str, ...]:
        """The prefixes of all that belongs to a day, and of the records of the hour before, which matter to it."""
        return (*self._layout.folders_of_day(day), self._layout.ledger_hour(day.hour_before))

    def _list(self, folder: str) -> list[ListedObject]:
        return list(self._archive.bucket.listed(folder))

    def _listed(self, folders: Iterable[list[ListedObject]]) -> Listed:
        listed: dict[Hour | None, dict[str, ListedObject]] = defaultdict(dict)
        for entry in chain.from_iterable(folders):
            listed[self._layout.place_of(entry.key)[1]][entry.key] = entry
        return listed

    def _seen(self, expected: Collection[ExpectedObject], there: Mapping[str, ListedObject]) -> dict[str, Seen]:
        """Ask for the digests of those objects that a record names: a listing does not tell them."""
        seen = {key: Seen(entry.bytes, entry.written_at) for key, entry in there.items()}
        for wanted in expected:
            head = self._archive.bucket.head(wanted.key) if wanted.key in seen else None
            if head is not None:
                seen[wanted.key] = Seen(head.bytes, seen[wanted.key].written_at, head.sha256)
        return seen


def _unreadable(thing: Thing, hour: Hour, key: str) -> Discrepancy:
    return Discrepancy(Wrong.CONTRADICTS, thing, hour.key, key, "it cannot be read as what this program writes")


def _sound(expected: Collection[ExpectedObject], comparison: Comparison) -> list[ExpectedObject]:
    """Return the objects that are there and of which S3 says what the record says."""
    doubtful = {each.key for each in comparison.discrepancies} | set(comparison.under_way)
    return [wanted for wanted in expected if wanted.key not in doubtful]


def _verified(
    hour: Hour,
    expected: Collection[ExpectedObject],
    comparison: Comparison,
    reading: Reading,
    of_records: Collection[Discrepancy],
) -> Verified:
    return Verified(
        hour,
        objects=len(expected),
        bytes=reading.bytes,
        read_again=reading.read_again,
        under_way=comparison.under_way,
        discrepancies=_joined((*of_records, *comparison.discrepancies, *reading.discrepancies)),
    )


def _readable(known: Mapping[Hour, _Known]) -> dict[Hour, HourRecords]:
    return {hour: each.records for hour, each in known.items() if not each.unreadable}


def _not_verified(thing: Thing, hour: Hour, key: str, error: Exception) -> Verified:
    found = Discrepancy(Wrong.NOT_VERIFIED, thing, hour.key, key, defect_in_words(error))
    return Verified(hour, discrepancies=(found,))


def _joined(discrepancies: Iterable[Discrepancy]) -> tuple[Discrepancy, ...]:
    """Name each thing once, with all that was found of it."""
    details: dict[Discrepancy, dict[str, None]] = defaultdict(dict)
    for each in discrepancies:
        details[replace(each, detail="")][each.detail] = None
    return tuple(replace(each, detail="; ".join(found)) for each, found in details.items())
