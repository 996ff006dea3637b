"""Publishing a closed day: fetch its hourly objects, compact them, replace the day's object, write the record last.

When a day is closed is `closed_day.py`'s business, how its rows are laid out `compaction.py`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assets.conversion.schema import SCHEMA_VERSION
from assets.daily.closed_day import hours_that_matter, is_compacted, objects_of, open_hours
from assets.daily.compaction import CompactionFailed, HourFile, compact, folder_of
from assets.publish_messages import put_parquet
from resources.archive.app_archive import AppArchive
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveSuperseded
from resources.archive.messages_record import PublishedObject
from resources.archive.objects import ObjectHead
from resources.clock import Clock
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.temporary_folder import LocalDiskError, temporary_folder

_TRIES: Final = 4


class DayNotClosed(Exception):
    """Raised when a day is to be compacted whose hours may still change."""


def publish_daily(day: Day, archive: AppArchive, clock: Clock) -> DailyRecord | None:
    """Compact a closed day and publish it. A rerun that changes nothing writes nothing.

    Returns:
        The day's record; None for a day without any message.

    Raises:
        DayNotClosed: An hour of the day may still change by itself.
        CompactionFailed: The day could not be sorted and written, or its rows do not add up.
        ArchiveError: S3 cannot be read or written, a record cannot be read, or an hourly object is not what the ledger
            says.
    """
    for _ in range(_TRIES - 1):
        try:
            return _publish(day, archive, clock)
        except ArchiveSuperseded:  # another run was faster, perhaps with a newer hour
            continue
    return _publish(day, archive, clock)


def _publish(day: Day, archive: AppArchive, clock: Clock) -> DailyRecord | None:
    # The object's version is read before the hours are, so an older compaction cannot replace a newer one.
    key = archive.layout.messages_daily(day)
    before = archive.bucket.head(key)
    records = archive.ledger.records(hours_that_matter(day)).all_readable()
    still_open = open_hours(day, archive.app.policy, records, clock.now())
    if still_open:
        raise DayNotClosed(
            f"{day} of {archive.app.name} is not closed: {len(still_open)} of its hours may still change, the first of "
            f"them {still_open[0]}. It is compacted by itself when they are finished, or at the latest when the "
            f"platform has deleted them; until then its hours are there to be read."
        )
    for each in records.values():
        archive.owned(each.messages)
    objects, record = objects_of(day, records), archive.owned(archive.ledger.daily(day))
    gone = sorted(set(record.hours) - {hour.key for hour, each in records.items() if each.messages}) if record else []
    if gone:
        raise CompactionFailed(
            f"{day} of {archive.app.name}: the messages of {', '.join(gone)} are in the day's object, and their record "
            f"is gone. The day is not made again without them: restore the hours (chat-archive verify names them)."
        )
    if not objects or (is_compacted(record, objects) and _is_stored(record, before)):
        return record
    try:
        with temporary_folder() as folder:
            files = [_fetched(day, hour, entry, archive, folder) for hour, entry in objects.items()]
            output = folder / "messages.parquet"
            compaction = compact(files, output, app=archive.app.name, day=day, folder=folder)
            published = put_parquet(archive, key, output, before)
    except LocalDiskError as error:
        raise CompactionFailed(f"{day} of {archive.app.name}: {error} Nothing was published.") from None
    record = DailyRecord(
        app=archive.app.name,
        date=day.key,
        schema_version=SCHEMA_VERSION,
        hours={hour.key: entry.sha256 for hour, entry in objects.items()},
        messages=compaction.messages,
        duplicates=compaction.duplicates,
        object=published,
        built_at=clock.now(),
    )
    _check_hours(day, archive, record)  # before, so that a run killed here leaves the day due
    kept = archive.ledger.update_daily(day, lambda _: record)
    _check_hours(day, archive, record)  # and after, since one may have been published in between
    return kept


def _check_hours(day: Day, archive: AppArchive, record: DailyRecord) -> None:
    """Refuse a day of which an hour was published anew while it was compacted: by its times it would not be due again.

    Raises:
        ArchiveSuperseded: An hour is no longer what was compacted.
    """
    if not is_compacted(record, objects_of(day, archive.ledger.records(hours_that_matter(day)).all_readable())):
        raise ArchiveSuperseded(
            f"An hour of {day} of {archive.app.name} was published anew while the day was compacted.",
            "Run messages_daily again; it will start from what is there now.",
        )


def _is_stored(record: DailyRecord | None, there: ObjectHead | None) -> bool:
    """Tell whether the object is what its record says; a rerun mends one that was deleted or overwritten."""
    return (
        record is not None
        and there is not None
        and (there.bytes, there.sha256) == (record.object.bytes, record.object.sha256)
    )


def _fetched(day: Day, hour: Hour, entry: PublishedObject, archive: AppArchive, folder: Path) -> HourFile:
    """Fetch an hour's object, its bytes proven."""
    path = folder / folder_of(hour, day) / "messages.parquet"
    path.parent.mkdir()
    with archive.bucket.arriving(entry.key, path, sha256=entry.sha256) as file:
        file.read_to_end()
    return HourFile(hour, entry.sha256, path)
