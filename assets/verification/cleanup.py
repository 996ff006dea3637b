"""Cleaning up: list, then read the ledger, then remove what `leftovers.py` allows, each after one more look. I/O only.

The order matters. The ledger is read after the listing, so whatever was recorded meanwhile counts as known; ages are
told by S3's clock, read before the listing, so nothing seems older than it is; and right before an object goes, the
records of its place are read once more, and the object has to be the one that was listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from assets.verification.expected import expected_of_day, expected_of_hour
from assets.verification.leftovers import (
    Known,
    Leftovers,
    Standing,
    doubtful_days,
    is_silent,
    is_to_come,
    leftovers_of,
    standing_of,
)
from resources.archive.app_archive import AppArchive
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveDamaged
from resources.archive.layout import Layout
from resources.archive.ledger import NO_RECORDS, HourRecords
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
    places = [layout.place_of(key) for key in (*bucket.keys(layout.ledger), *(entry.key for entry in listed))]
    days = {day: day.hours for day in sorted({day for day, _ in places if day is not None})}
    known = _known(archive, days, [entry.key for entry in listed if entry.key.startswith(layout.raw_folder)], now)
    return leftovers_of(listed, uploads, known, layout, now=now, older_than=older_than)


def remove(archive: AppArchive, leftovers: Leftovers, *, unfounded: bool) -> Iterator[ListedObject | UnfinishedUpload]:
    """Remove what was found, and yield each thing that is gone. What has changed since it was listed stays.

    Args:
        archive: The app's part of the archive.
        leftovers: What was found.
        unfounded: Whether what is unfounded goes as well: a person has to have said so.

    Raises:
        ArchiveRefused: These credentials may not remove anything; nothing is harmed.
        ArchiveError: S3 cannot be asked. What was not removed yet is still there.
    """
    removal = archive.bucket.removal
    removable = [(Standing.STRANGE, entry) for entry in leftovers.strange]
    if unfounded:
        removable += [(Standing.UNFOUNDED, entry) for entry in leftovers.unfounded]
    for standing, entry in removable:
        if _standing_by_now(archive, entry.key) is standing and removal.delete(entry.key, entry.written_at):
            yield entry
    for upload in leftovers.uploads:
        if removal.abort(upload):
            yield upload


def _known(archive: AppArchive, hours: Mapping[Day, Collection[Hour]], raw_keys: Iterable[str], now: datetime) -> Known:
    """Read the records of days and of hours of them; `raw_keys` are those of all raw files there."""
    ledger, layout = archive.ledger, archive.layout
    named: set[str] = set()
    silent: set[Hour] = set()
    for day, hours_of_day in hours.items():
        known = ledger.records(hours_of_day).all_readable()
        for hour in hours_of_day:
            records = known.get(hour, NO_RECORDS)
            named |= _keys_of_hour(hour, records, layout)
            if is_silent(records.capture) or is_to_come(hour, records, now):
                silent.add(hour)
        named |= _keys_of_day(day, ledger.daily(day), layout)
    return Known(frozenset(named), frozenset(silent), doubtful_days(raw_keys, named, layout))


def _standing_by_now(archive: AppArchive, key: str) -> Standing:
    """Tell how an object stands to the records of its place; if they cannot be read, it may be needed."""
    layout = archive.layout
    day, hour = layout.place_of(key)
    if day is None:  # no record is about such a place
        return standing_of(key, Known(frozenset(), frozenset(), frozenset()), layout)
    raw_folder, *_ = layout.folders_of_day(day) if hour is None else layout.folders_of_hour(hour)
    raw_keys, now = list(archive.bucket.keys(raw_folder)), archive.bucket.time()
    try:
        known = _known(archive, {day: day.hours if hour is None else (hour,)}, raw_keys, now)
    except ArchiveDamaged:
        return Standing.NEEDED
    return standing_of(key, known, layout)


def _keys_of_hour(hour: Hour, records: HourRecords, layout: Layout) -> set[str]:
    """Return every key that an hour's records name, and where the layout puts what they name."""
    made = (records.messages.messages, records.messages.quarantine) if records.messages is not None else ()
    said = {each.key for each in made if each is not None}
    return said | {wanted.key for wanted in expected_of_hour(hour, records, layout)}


def _keys_of_day(day: Day, record: DailyRecord | None, layout: Layout) -> set[str]:
    said = {record.object.key} if record is not None else set()
    return said | {wanted.key for wanted in expected_of_day(day, record, layout)}
