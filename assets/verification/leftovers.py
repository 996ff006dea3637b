"""What may be cleaned up, and what may not, whatever it looks like. Pure.

A record is written last, so a run that was killed leaves objects that no record names. Are they orphans?

- **A raw file** may be all that is left of an hour: the run was killed between storing it and writing its record, and
  by the time somebody looks the platform may have deleted the hour. So nothing under `raw/` is ever removed, whatever
  its name. `chat-archive adopt` brings such files into the ledger; a stranger's object there is a person's business.
- **The ledger** is never touched.
- **Messages, quarantine, a day's object, at the place where the archive keeps them**, are replaced by the next run,
  which then records them. No run replaces them where the ledger says that nobody spoke or all is lost, and no file was
  kept: the archive never made them, or somebody has deleted what it made them of, and they are the only copy. Where the
  hour has not even ended, and nothing is recorded of it, no run has made them either. They are *unfounded*, and go only
  when a person says so once more.
- **Objects under names that the archive never writes**, beside the messages, the quarantine and the days, are copies,
  parts of other tools, what somebody put there by hand. Whoever reads the folder reads them as messages. These are
  removed, once they are old enough and if no record names them after all.
- **Uploads by parts that were never completed** are no objects, and nobody can read them; but their parts are paid for.
  They are aborted once they are older than any run can be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from assets.verification.discrepancy import Thing
from assets.verification.expected import folder_of, revision_at, what_lies_at
from resources.archive.capture_record import CaptureRecord
from resources.archive.layout import Layout
from resources.archive.ledger import NO_RECORDS, HourRecords
from resources.archive.objects import ListedObject
from resources.archive.removal import UnfinishedUpload
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState

_REMOVABLE = frozenset({Thing.MESSAGES, Thing.QUARANTINE, Thing.DAY})
_SILENT = frozenset({HourState.EMPTY, HourState.EXPIRED})


class Standing(Enum):
    """How an object stands to the ledger."""

    NEEDED = auto()
    """A record names it, a run will replace it, or it is none of the data's."""

    NOT_RECORDED = auto()
    """A raw file that no record names."""

    STRANGE = auto()
    """The archive never writes under this name."""

    UNFOUNDED = auto()
    """Made of no file, as far as the ledger knows, and no run will replace it soon."""


@dataclass(frozen=True, slots=True)
class Known:
    """What records and raw files tell about the objects that may be removed.

    Attributes:
        named: The keys that records name.
        silent: The hours that are settled without a file that has any line, or are still to come.
        doubtful: The days with something under `raw/` that no record names. What was said in them is not known.
    """

    named: frozenset[str]
    silent: frozenset[Hour]
    doubtful: frozenset[Day]


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What nobody needs, and what only looks like it.

    Attributes:
        strange: May be removed: the archive never wrote them.
        unfounded: May be removed by a person who has looked at them.
        uploads: May be aborted.
        not_recorded: Raw files that no record names: they are kept.
        young: How many objects and uploads were left out because they are too young.
    """

    strange: tuple[ListedObject, ...] = ()
    unfounded: tuple[ListedObject, ...] = ()
    uploads: tuple[UnfinishedUpload, ...] = ()
    not_recorded: tuple[ListedObject, ...] = ()
    young: int = 0


def is_silent(capture: CaptureRecord | None) -> bool:
    """Tell whether an hour is over and done with, and no file of it has anything in it."""
    return (
        capture is not None
        and capture.state in _SILENT
        and all(revision.damage is None and not revision.lines for revision in capture.raw_revisions)
    )


def is_to_come(hour: Hour, records: HourRecords, now: datetime) -> bool:
    """Tell whether an hour has not ended by S3's clock, and no machine whose clock is ahead has been there either."""
    return records == NO_RECORDS and hour >= Hour.containing(now)


def standing_of(key: str, known: Known, layout: Layout) -> Standing:
    """Tell how an object of an app's data stands to the ledger, whatever its age."""
    if key in known.named:
        return Standing.NEEDED
    if revision_at(key, layout) is not None:
        return Standing.NOT_RECORDED
    if folder_of(key, layout) not in _REMOVABLE:
        return Standing.NEEDED
    if what_lies_at(key, layout) is None:
        return Standing.STRANGE
    day, hour = layout.place_of(key)
    if day is None or day in known.doubtful:
        return Standing.NEEDED
    hours = day.hours if hour is None else (hour,)
    return Standing.UNFOUNDED if known.silent.issuperset(hours) else Standing.NEEDED


def leftovers_of(
    listed: Iterable[ListedObject],
    uploads: Iterable[UnfinishedUpload],
    known: Known,
    layout: Layout,
    *,
    now: datetime,
    older_than: timedelta,
) -> Leftovers:
    """Tell what may be removed of an app's data.

    Args:
        listed: All objects in the app's folders of data.
        uploads: All uploads to there that are neither completed nor aborted.
        known: What the ledger tells, read after both.
        layout: Where the archive keeps what.
        now: By S3's clock, read before both.
        older_than: What is younger is left alone.
    """
    found: dict[Standing, list[ListedObject]] = defaultdict(list)
    abortable: list[UnfinishedUpload] = []
    young = 0
    for entry in listed:
        standing = standing_of(entry.key, known, layout)
        if standing is Standing.NEEDED:
            continue
        if now - entry.written_at < older_than:
            young += 1
        else:
            found[standing].append(entry)
    for upload in uploads:
        if not upload.key.startswith(layout.data_folders):
            continue
        if now - upload.begun_at < older_than:
            young += 1
        else:
            abortable.append(upload)
    return Leftovers(
        strange=tuple(found[Standing.STRANGE]),
        unfounded=tuple(found[Standing.UNFOUNDED]),
        uploads=tuple(abortable),
        not_recorded=tuple(found[Standing.NOT_RECORDED]),
        young=young,
    )


def doubtful_days(raw_keys: Iterable[str], named: Collection[str], layout: Layout) -> frozenset[Day]:
    """Return the days that have something under `raw/` that no record names."""
    days = (layout.place_of(key)[0] for key in raw_keys if key not in named)
    return frozenset(day for day in days if day is not None)
