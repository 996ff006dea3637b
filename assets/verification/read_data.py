"""Fetching what the records name, proving its bytes, and handing it to `rebuild.py`: the costly half of verifying.

Bytes that were changed on the way are fetched again, and only an object that is wrong itself is told of. Files
lie in a private temporary folder, one hour's at a time for each worker, and are never in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import ExpectedObject
from assets.verification.rebuild import contradictions_of_day, contradictions_of_hour, differences
from resources.archive.app_archive import AppArchive
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveDamaged, ChangedOnTheWay
from resources.archive.records import MessagesRecord
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.temporary_folder import temporary_folder

_CHUNK: Final = 1 << 20
_ONE_AT_A_TIME: Final = Lock()
"""Conversions: each bounds its memory, and several would need several times as much."""


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


def read_hour(
    hour: Hour, messages: MessagesRecord | None, expected: Collection[ExpectedObject], archive: AppArchive
) -> Reading:
    """Fetch an hour's objects, prove their bytes, and build the hour again from its raw files.

    Args:
        hour: The hour.
        messages: What was published.
        expected: Those of the objects that are there and seem to be right.
        archive: Where they lie.

    Raises:
        ArchiveError: S3 cannot be read.
        LocalDiskError: The temporary folder cannot be used.
    """
    with temporary_folder() as folder:
        reading, files = _fetched(hour, expected, archive, folder)
        if messages is None or messages.messages is None:
            return reading
        stored: dict[Thing, Path] = {
            wanted.thing: path for wanted, path in files.items() if wanted.thing is not Thing.RAW
        }
        reading.discrepancies += _of_record(
            Thing.MESSAGES_RECORD, hour, archive.layout.messages_record(hour), contradictions_of_hour(messages, stored)
        )
        raw = {wanted.sha256: path for wanted, path in files.items() if wanted.sha256 in messages.raw_revisions}
        if stored and len(raw) == len(messages.raw_revisions):
            again = folder / "again"
            again.mkdir()
            with _ONE_AT_A_TIME:
                reading.discrepancies += differences(hour, messages, archive, raw=raw, stored=stored, folder=again)
        return reading


def read_day(day: Day, record: DailyRecord, expected: Collection[ExpectedObject], archive: AppArchive) -> Reading:
    """Fetch a day's object, prove its bytes, and compare what it says of itself with its record.

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
        return reading


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
        while file.read(_CHUNK):
            pass
