"""What records say, against themselves and each other: conservation, places, gaps. Pure; no object is looked at.

What is told never repeats a word of a record: whoever edited it may have written anything there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from assets.conversion.schema import SCHEMA_VERSION
from assets.daily.closed_day import days_written_since, hours_that_matter, is_compacted, objects_of
from assets.verification.compare import LONGEST_RUN
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import is_sha256
from resources.archive.app_archive import AppArchive
from resources.archive.capture_record import CaptureRecord, messages_are_current
from resources.archive.daily_record import DailyRecord
from resources.archive.ledger import HourRecords, RecordTimes
from resources.archive.messages_record import MessagesRecord
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.hours.watched import CONVERSION_GRACE, LONGEST_LAG


def check_hour(hour: Hour, records: HourRecords, archive: AppArchive, now: datetime) -> list[Discrepancy]:
    """Return what is wrong with what an hour's records say.

    Args:
        hour: The hour.
        records: What the ledger holds of it.
        archive: Whose ledger it is.
        now: By this machine's clock.
    """
    layout = archive.layout
    capture, messages = records.capture, records.messages
    found: list[Discrepancy] = []
    if capture is not None:
        key = layout.capture_record(hour)
        found += [
            Discrepancy(Wrong.CONTRADICTS, Thing.CAPTURE_RECORD, hour.key, key, detail)
            for detail in _of_capture(hour, capture, archive)
        ]
    elif messages is not None:
        found.append(Discrepancy(Wrong.MISSING, Thing.CAPTURE_RECORD, hour.key, layout.capture_record(hour)))
    # Asked first whether it has ended: of what a stranger files under the year 9999 no later moment can be told.
    elif hour < Hour.containing(now) and now >= archive.app.policy.first_look_at(hour) + LONGEST_LAG:
        found.append(Discrepancy(Wrong.GAP, Thing.CAPTURE_RECORD, hour.key, layout.capture_record(hour)))
    if messages is not None:
        key = layout.messages_record(hour)
        found += [
            Discrepancy(Wrong.CONTRADICTS, Thing.MESSAGES_RECORD, hour.key, key, detail)
            for detail in _of_messages(hour, messages, capture, archive)
        ]
    if capture is not None and not messages_are_current(capture, messages):
        newest = max(revision.captured_at for revision in capture.intact_revisions)
        if now - newest > CONVERSION_GRACE:
            found.append(Discrepancy(Wrong.NOT_BUILT, Thing.MESSAGES, hour.key, layout.messages(hour)))
    return found


def _of_capture(hour: Hour, record: CaptureRecord, archive: AppArchive) -> Iterator[str]:
    if (record.app, record.hour) != (archive.app.name, hour.key):
        yield "it is of another app or hour"
    if record.state is HourState.ARCHIVED and not any(revision.lines for revision in record.intact_revisions):
        yield "it says archived, and names no file with lines"
    if record.state is HourState.EMPTY and any(revision.lines for revision in record.intact_revisions):
        yield "it says that nobody spoke, and names a file with lines"
    if not all(is_sha256(revision.sha256) for revision in record.raw_revisions):
        yield "it names a file by what is no SHA-256"


def _of_messages(
    hour: Hour, record: MessagesRecord, capture: CaptureRecord | None, archive: AppArchive
) -> Iterator[str]:
    layout, counts = archive.layout, record.counts
    if (record.app, record.hour) != (archive.app.name, hour.key):
        yield "it is of another app or hour"
    if not counts.add_up:
        yield (
            f"{counts.lines:,} lines are not {counts.messages:,} messages + {counts.duplicates:,} duplicates + "
            f"{counts.quarantined:,} quarantined + {counts.blank:,} blank"
        )
    if record.messages is not None and record.messages.key != layout.messages(hour):
        yield "it names a messages object that is not this hour's"
    if record.quarantine is not None and record.quarantine.key != layout.quarantine(hour):
        yield "it names a quarantine object that is not this hour's"
    if record.raw_revisions and record.messages is None:
        yield "it names raw files, and no messages made from them"
    if counts.quarantined and record.quarantine is None:
        yield f"it counts {counts.quarantined:,} quarantined lines, and names no object with them"
    if record.messages is not None and not _is_known(record.schema_version):
        yield f"it names the schema {record.schema_version}, which this program does not know"
    if capture is not None:
        yield from _of_messages_and_capture(record, capture)


def _of_messages_and_capture(record: MessagesRecord, capture: CaptureRecord) -> Iterator[str]:
    lines = {revision.sha256: revision.lines for revision in capture.raw_revisions}
    if not lines.keys() >= set(record.raw_revisions):
        yield "it names a raw file that the capture record does not know"
        return
    if not all(lines[sha256] for sha256 in record.raw_revisions):
        yield "it names a raw file of which the capture record says that no line can be read"
    # At least so many: a line on which several objects stand counts once for its file, and each of them for the hour.
    held = sum(lines[sha256] or 0 for sha256 in set(record.raw_revisions))
    not_blank = record.counts.lines - record.counts.blank
    if not_blank < held:
        yield f"it counts {not_blank:,} lines that are not blank, and its raw files hold {held:,}"


def _is_known(schema_version: int | None) -> bool:
    return schema_version is not None and 1 <= schema_version <= SCHEMA_VERSION


def check_day(
    day: Day,
    record: DailyRecord | None,
    hours: Mapping[Hour, HourRecords],
    archive: AppArchive,
    *,
    written: RecordTimes,
    now: datetime,
) -> list[Discrepancy]:
    """Return what is wrong with what a day's record says.

    Args:
        day: The day.
        record: What the ledger holds of it.
        hours: What the ledger holds of its hours and the one before; without those whose records cannot be read.
        archive: Whose ledger it is.
        written: When those records were written.
        now: By S3's clock.
    """
    key = archive.layout.daily_record(day)
    if record is None:
        return []
    last = day.hours[-1].key
    found = [
        Discrepancy(Wrong.CONTRADICTS, Thing.DAY_RECORD, last, key, detail)
        for detail in _of_day(day, record, hours, archive)
    ]
    gone = [hour.key for hour in day.hours if hour.key in record.hours and hour in hours and not _holds(hours[hour])]
    if gone:
        detail = f"it was made with {', '.join(gone)}, of which the ledger holds no messages any more"
        found.append(Discrepancy(Wrong.CONTRADICTS, Thing.DAY, last, archive.layout.messages_daily(day), detail))
    elif hours.keys() >= set(hours_that_matter(day)) and _is_left_behind(day, record, hours, written, now):
        detail = "it names other objects than its hours have, none was written since, so no run makes it again"
        found.append(Discrepancy(Wrong.CONTRADICTS, Thing.DAY_RECORD, last, key, detail))
    return found


def _is_left_behind(
    day: Day, record: DailyRecord, hours: Mapping[Hour, HourRecords], written: RecordTimes, now: datetime
) -> bool:
    """Tell whether a day holds other hours than there are, and not because it is to be compacted again."""
    if record.schema_version != SCHEMA_VERSION or is_compacted(record, objects_of(day, hours)):
        return False
    written_at = written.daily.get(day)
    may_be_under_way = written_at is None or now - written_at < LONGEST_RUN
    return not may_be_under_way and day not in days_written_since(written)


def _holds(records: HourRecords) -> bool:
    return records.messages is not None and records.messages.messages is not None


def _of_day(day: Day, record: DailyRecord, hours: Mapping[Hour, HourRecords], archive: AppArchive) -> Iterator[str]:
    if (record.app, record.date) != (archive.app.name, day.key):
        yield "it is of another app or day"
    if record.object.key != archive.layout.messages_daily(day):
        yield "it names an object that is not this day's"
    if not _is_known(record.schema_version):
        yield f"it names the schema {record.schema_version}, which this program does not know"
    rows = 0
    for hour in day.hours:
        messages = hours[hour].messages if hour in hours else None
        if hour.key in record.hours:
            if messages is None or messages.messages is None or messages.messages.sha256 != record.hours[hour.key]:
                return  # it is gone, which is named, or was revised since, and the day is due again: no sum to compare
            if not messages.counts.add_up:
                return  # that is named with the hour
            rows += messages.counts.messages
    if rows != record.messages + record.duplicates:
        yield (
            f"its hours hold {rows:,} messages, which are not {record.messages:,} + {record.duplicates:,} duplicates"
        )
