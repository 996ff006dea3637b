"""Cleaning up: list, then read the ledger, then remove what `leftovers.py` allows, each after one more look. I/O only.

The order matters. The ledger is read after the listing, so whatever was recorded meanwhile counts as known; ages are
told by S3's clock, read before the listing, so nothing seems older than it is; and right before an object goes, the
records of its hour are read once more, and the object has to be the one that was listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from assets.verification.expected import expected_of_day, expected_of_hour
from assets.verification.leftovers import Leftovers, leftovers_of
from resources.archive.app_archive import AppArchive
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveDamaged
from resources.archive.ledger import HourRecords
from resources.archive.objects import ListedObject
from resources.archive.removal import UnfinishedUpload
from resources.hours.day import Day
from resources.hours.hour import Hour


def find_leftovers(archive: AppArchive, older_than: timedelta) -> Leftovers:
    """Return what may be removed of an app's data, and what looks like it.

    Raises:
        ArchiveDamaged: A record cannot be read, so it is not known what it names.
        ArchiveError: S3 cannot be read.
    """
    bucket, layout = archive.bucket, archive.layout
    now = bucket.time()
    uploads = [upload for folder in layout.data_folders for upload in bucket.removal.unfinished_uploads(folder)]
    listed = [entry for folder in layout.data_folders for entry in bucket.listed(folder)]
    return leftovers_of(listed, uploads, _named(archive), layout, now=now, older_than=older_than)


def remove(archive: AppArchive, leftovers: Leftovers) -> Iterator[ListedObject | UnfinishedUpload]:
    """Remove what was found, and yield each thing that is gone. What has changed since it was listed stays.

    Raises:
        ArchiveRefused: These credentials may not remove anything; nothing is harmed.
        ArchiveError: S3 cannot be asked. What was not removed yet is still there.
    """
    removal = archive.bucket.removal
    for entry in leftovers.objects:
        if not _is_named_by_now(archive, entry.key) and removal.delete(entry.key, entry.written_at):
            yield entry
    for upload in leftovers.uploads:
        if removal.abort(upload):
            yield upload


def _named(archive: AppArchive) -> set[str]:
    """Return every key that any of the app's records names, and where the layout puts what they name."""
    layout, ledger = archive.layout, archive.ledger
    places = [layout.place_of(key) for key in archive.bucket.keys(layout.ledger)]
    named: set[str] = set()
    for day in sorted({day for day, _ in places if day is not None}):
        for hour, records in ledger.records(day.hours).items():
            named |= _keys_of_hour(hour, records, archive)
        named |= _keys_of_day(day, ledger.daily(day), archive)
    return named


def _is_named_by_now(archive: AppArchive, key: str) -> bool:
    """Tell whether the records of the place where a key lies name it; if they cannot be read, they may."""
    day, hour = archive.layout.place_of(key)
    try:
        named = _keys_of_day(day, archive.ledger.daily(day), archive) if day is not None else set()
        if hour is not None:
            named |= _keys_of_hour(hour, archive.ledger.records([hour]).get(hour, HourRecords()), archive)
    except ArchiveDamaged:
        return True
    return key in named


def _keys_of_hour(hour: Hour, records: HourRecords, archive: AppArchive) -> set[str]:
    made = (records.messages.messages, records.messages.quarantine) if records.messages is not None else ()
    said = {each.key for each in made if each is not None}
    return said | {wanted.key for wanted in expected_of_hour(hour, records, archive.layout)}


def _keys_of_day(day: Day, record: DailyRecord | None, archive: AppArchive) -> set[str]:
    said = {record.object.key} if record is not None else set()
    return said | {wanted.key for wanted in expected_of_day(day, record, archive.layout)}
