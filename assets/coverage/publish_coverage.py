"""Publishing coverage: read the whole ledger of every app, write the table and its picture. I/O only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pyarrow.parquet as pq

from assets.coverage.hour_status import HourStatus, status_of_app
from assets.coverage.page import coverage_page
from assets.coverage.table import CoveredHour, coverage_table
from assets.daily.closed_day import is_compacted, objects_of
from resources.archive import layout
from resources.archive.app_archive import AppArchive
from resources.archive.apps_stored import apps_left_out
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveSuperseded
from resources.archive.ledger import HourRecords
from resources.hours.day import Day
from resources.hours.hour import Hour, hours_between, last_finished_hour
from resources.runtime import Runtime

_TRIES: Final = 4
_ROW_GROUP_ROWS: Final = 65_536


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was published.

    Attributes:
        table: The key of the table.
        page: The key of the picture.
        hours: Every hour of every app, as the table has it.
        left_out: The slugs of apps that the archive holds too, and that these settings do not name.
    """

    table: str
    page: str
    hours: tuple[CoveredHour, ...]
    left_out: tuple[str, ...]

    @property
    def statuses(self) -> list[HourStatus]:
        """What is known of each hour."""
        return [covered.status for covered in self.hours]


def publish_coverage(runtime: Runtime) -> Coverage:
    """Rebuild the coverage of all apps of the settings from the ledger and replace table and picture.

    Raises:
        ArchiveError: S3 cannot be read or written.
    """
    for _ in range(_TRIES - 1):
        try:
            return _publish(runtime)
        except ArchiveSuperseded:  # another run was faster; what it read may be older than what this one did
            continue
    return _publish(runtime)


def _publish(runtime: Runtime) -> Coverage:
    bucket, prefix = runtime.bucket, runtime.bucket.prefix
    table_key, page_key = layout.coverage_table(prefix), layout.coverage_page(prefix)
    table_before, page_before = bucket.head(table_key), bucket.head(page_key)
    covered = tuple(hour for app in runtime.settings.apps for hour in _covered(runtime, runtime.archive(app)))
    content = BytesIO()
    pq.write_table(coverage_table(covered), content, compression="zstd", row_group_size=_ROW_GROUP_ROWS)
    bucket.put_bytes(
        table_key, content.getvalue(), content_type="application/vnd.apache.parquet", replaces=table_before
    )
    page = coverage_page([hour.status for hour in covered], runtime.clock.now())
    bucket.put_bytes(page_key, page.encode(), content_type="text/html; charset=utf-8", replaces=page_before)
    return Coverage(table_key, page_key, covered, apps_left_out(bucket, {app.slug for app in runtime.settings.apps}))


def _covered(runtime: Runtime, archive: AppArchive) -> list[CoveredHour]:
    now = runtime.clock.now()
    hours = list(hours_between(runtime.settings.archive.first_hour, last_finished_hour(now)))
    records = archive.ledger.records(hours)
    days = records.days()
    files = _files(archive, days, records.readable, archive.ledger.dailies(days).readable)
    statuses = status_of_app(archive.app, hours, records, archive.ledger.readable_watch(), now)
    return [
        CoveredHour(archive.app.slug, status, *files.get(hour, (False, None)))
        for hour, status in zip(hours, statuses, strict=True)
    ]


def _files(
    archive: AppArchive, days: Sequence[Day], records: Mapping[Hour, HourRecords], dailies: Mapping[Day, DailyRecord]
) -> dict[Hour, tuple[bool, str | None]]:
    """Return, for each hour with messages, whether its day is compacted, and the object they are to be read from."""
    files: dict[Hour, tuple[bool, str | None]] = {}
    for day in days:
        objects, record = objects_of(day, records), dailies.get(day)
        compacted = record is not None and is_compacted(record, objects)
        for hour in objects:
            if Day.of(hour) != day:
                continue
            # Where the archive keeps it, whatever key a record names: readers open what stands here.
            key = archive.layout.messages_daily(day) if compacted else archive.layout.messages(hour)
            files[hour] = (compacted, f"s3://{archive.bucket.name}/{key}")
    return files
