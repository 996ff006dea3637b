"""Fetching what the records name, proving its bytes, and handing it to `rebuild.py`: the costly half of verifying.

Bytes that were changed on the way are fetched again, and only an object that is wrong itself is told of. Files lie in
a private temporary folder, one hour's or one day's at a time for each worker, and are never in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from assets.daily.compaction import HourFile, folder_of
from assets.raw_files import lines_or_damage
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import ExpectedObject
from assets.verification.rebuild import (
    contradictions_of_day,
    contradictions_of_hour,
    differences,
    differences_of_day,
)
from resources.archive.app_archive import AppArchive
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveDamaged, ChangedOnTheWay
from resources.archive.ledger import HourRecords
from resources.archive.messages_record import PublishedObject
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.temporary_folder import temporary_folder

_ONE_AT_A_TIME: Final = Lock()
"""Conversions and compactions: each bounds its memory, and several would need several times as much."""


@dataclass(slots=True)
class Reading:
    """What reading an hour's or a day's objects brought.

    Attributes:
        discrepancies: What is not as it should be.
        bytes: How many bytes were fetched and found to be right.
        read_again: How many objects came with wrong bytes, and right at the second time.
    """

    discrepancies: list[Discrepancy] = field(default_factory=list)
    bytes: int = 0
    read_again: int = 0


def read_hour(hour: Hour, records: HourRecords, expected: Collection[ExpectedObject], archive: AppArchive) -> Reading:
    """Fetch an hour's objects, prove their bytes, and build the hour again from its raw files.

    Args:
        hour: The hour.
        records: What the ledger holds of it.
        expected: Those of the objects that are there and seem to be right.
        archive: Where they lie.

    Raises:
        ArchiveError: S3 cannot be read.
        LocalDiskError: The temporary folder cannot be used.
    """
    with temporary_folder() as folder:
        reading, files = _fetched(hour, expected, archive, folder)
        raw = {wanted.sha256: path for wanted, path in files.items() if wanted.thing is Thing.RAW}
        reading.discrepancies += _of_record(
            Thing.CAPTURE_RECORD, hour, archive.layout.capture_record(hour), _left_out(records, raw, archive)
        )
        messages = records.messages
        if messages is None or messages.messages is None:
            return reading
        stored: dict[Thing, Path] = {
            wanted.thing: path for wanted, path in files.items() if wanted.thing is not Thing.RAW
        }
        reading.discrepancies += _of_record(
            Thing.MESSAGES_RECORD, hour, archive.layout.messages_record(hour), contradictions_of_hour(messages, stored)
        )
        raw = {sha256: path for sha256, path in raw.items() if sha256 in messages.raw_revisions}
        if stored and len(raw) == len(messages.raw_revisions):
            again = folder / "again"
            again.mkdir()
            with _ONE_AT_A_TIME:
                reading.discrepancies += differences(hour, messages, archive, raw=raw, stored=stored, folder=again)
        return reading


def _left_out(records: HourRecords, raw: Mapping[str, Path], archive: AppArchive) -> Iterator[str]:
    """Yield where a record gives a reason for leaving a raw file out of the messages, and the file does not."""
    taken = records.messages.raw_revisions if records.messages is not None else ()
    for revision in records.capture.raw_revisions if records.capture is not None else ():
        if revision.sha256 in raw and revision.sha256 not in taken:
            lines, damage = lines_or_damage(raw[revision.sha256], archive.app.limits)
            if damage is None and lines != revision.lines:
                said = "is damaged" if revision.lines is None else f"holds {revision.lines:,} lines"
                yield f"it says that raw file {revision.sha256[:12]} {said}, and it holds {lines:,}"


def read_day(
    day: Day,
    record: DailyRecord,
    expected: Collection[ExpectedObject],
    hours: Mapping[Hour, PublishedObject],
    archive: AppArchive,
) -> Reading:
    """Fetch a day's object, prove its bytes, compare what it says of itself with its record, and compact it again.

    Args:
        day: The day.
        record: What was published.
        expected: Its object, if it is there and seems to be right.
        hours: The hourly objects it was made of; none when they are no longer there, so that nothing is compacted.
        archive: Where they lie.

    Raises:
        ArchiveError: S3 cannot be read.
        LocalDiskError: The temporary folder cannot be used.
    """
    hour = day.hours[-1]
    with temporary_folder() as folder:
        reading, files = _fetched(hour, expected, archive, folder)
        for path in files.values():
            reading.discrepancies += _of_record(
                Thing.DAY_RECORD, hour, archive.layout.daily_record(day), contradictions_of_day(record, path)
            )
            made_of = _hours_fetched(day, hours, archive, folder, reading)
            if made_of:
                with _ONE_AT_A_TIME:
                    reading.discrepancies += differences_of_day(day, archive, hours=made_of, stored=path, folder=folder)
        return reading


def _hours_fetched(
    day: Day, hours: Mapping[Hour, PublishedObject], archive: AppArchive, folder: Path, reading: Reading
) -> list[HourFile]:
    """Fetch the hourly objects of a day; nothing is returned if one is wrong, which is told with its hour."""
    files = []
    for hour, entry in hours.items():
        path = folder / folder_of(hour, day) / "messages.parquet"
        path.parent.mkdir()
        wanted = ExpectedObject(Thing.MESSAGES, archive.layout.messages(hour), entry.bytes, entry.sha256)
        reads = _reads_until_right(wanted, archive, path)
        if reads is None:
            return []
        files.append(HourFile(hour, entry.sha256, path))
        reading.bytes += wanted.bytes
        reading.read_again += reads > 1
    return files


def _of_record(thing: Thing, hour: Hour, key: str, details: Iterator[str]) -> list[Discrepancy]:
    return [Discrepancy(Wrong.CONTRADICTS, thing, hour.key, key, detail) for detail in details]


def _fetched(
    hour: Hour, expected: Collection[ExpectedObject], archive: AppArchive, folder: Path
) -> tuple[Reading, dict[ExpectedObject, Path]]:
    """Fetch objects into a folder; those whose bytes are right are returned with their files."""
    reading, files = Reading(), {}
    for wanted in expected:
        path = folder / wanted.key.rpartition("/")[2]
        reads = _reads_until_right(wanted, archive, path)
        if reads is None:
            detail = "its bytes do not have the SHA-256 that the record says, at two reads"
            reading.discrepancies.append(Discrepancy(Wrong.ALTERED, wanted.thing, hour.key, wanted.key, detail))
            continue
        files[wanted] = path
        reading.bytes += wanted.bytes
        reading.read_again += reads > 1
    return reading, files


def _reads_until_right(wanted: ExpectedObject, archive: AppArchive, path: Path) -> int | None:
    """Fetch an object; return how many reads it took, or None when the object itself is wrong."""
    try:
        try:
            _fetch(wanted, archive, path)
        except ChangedOnTheWay:
            _fetch(wanted, archive, path)
            return 2
    except ArchiveDamaged:  # it was fetched twice, to be told from what the way did
        return None
    return 1


def _fetch(wanted: ExpectedObject, archive: AppArchive, path: Path) -> None:
    with archive.bucket.arriving(wanted.key, path, sha256=wanted.sha256) as file:
        file.read_to_end()
