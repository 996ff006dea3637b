"""Adopting raw files: what lies in an hour's folder and no record names is recorded, and the messages become the union.

A run that is killed between storing a file and recording it leaves such a file. Inside the window the next look gives
the same bytes and records them; after it, this is how they come back. Nothing is asked of the platform, and nothing is
removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assets.capture import lines_or_damage
from assets.publish_messages import publish_messages
from assets.verification.expected import revision_at
from resources.archive.app_archive import AppArchive
from resources.archive.errors import ArchiveDamaged
from resources.archive.objects import ListedObject
from resources.archive.records import CaptureRecord, MessagesRecord, RawRevision
from resources.archive.watch_record import WatchRecord
from resources.clock import Clock
from resources.hours.hour import Hour
from resources.temporary_folder import temporary_folder

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was adopted for an hour.

    Attributes:
        hour: The hour.
        adopted: The files that are recorded now.
        refused: Keys of files that do not hold the bytes their name says; they stay, unrecorded.
        messages: What was published afterwards; None when the hour has nothing to publish.
    """

    hour: Hour
    adopted: tuple[RawRevision, ...]
    refused: tuple[str, ...]
    messages: MessagesRecord | None


def adopt(hour: Hour, archive: AppArchive, clock: Clock) -> Adoption:
    """Record what no record names of an hour's raw files, and build its messages with it.

    Raises:
        ConversionFailed: The files are recorded, and the messages could not be built from them.
        ArchiveError: S3 cannot be read or written.
    """
    layout = archive.layout
    capture = archive.ledger.capture(hour)
    known = {revision.sha256 for revision in capture.raw_revisions} if capture is not None else set()
    adopted, refused = [], []
    for entry in archive.bucket.listed(layout.raw_hour(hour)):
        sha256 = revision_at(entry.key, layout)
        if sha256 is None or sha256 in known:
            continue
        revision = _inspected(entry, sha256, archive)
        if revision is None:
            refused.append(entry.key)
        else:
            adopted.append(revision)
    # A file that is recorded as adopted already may be all that a killed run came to: the rest is done again.
    if not adopted and not (capture and any(revision.adopted for revision in capture.raw_revisions)):
        return Adoption(hour, (), tuple(refused), None)
    _record(hour, tuple(adopted), archive, clock)
    _, messages = publish_messages(hour, archive, clock)
    return Adoption(hour, tuple(adopted), tuple(refused), messages)


def _inspected(entry: ListedObject, sha256: str, archive: AppArchive) -> RawRevision | None:
    """Fetch a file and see what it holds; None if it does not hold the bytes its name says."""
    with temporary_folder() as folder:
        path = folder / "raw.jsonl.gz"
        try:
            with archive.bucket.arriving(entry.key, path, sha256=sha256) as file:
                while file.read(_CHUNK):
                    pass
        except ArchiveDamaged:
            return None
        lines, damage = lines_or_damage(path, archive.app.limits)
        return RawRevision(
            sha256=sha256,
            bytes=path.stat().st_size,
            lines=lines,
            captured_at=entry.written_at,
            damage=damage,
            adopted=True,
        )


def _record(hour: Hour, adopted: tuple[RawRevision, ...], archive: AppArchive, clock: Clock) -> None:
    app, now = archive.app, clock.now()

    def change(record: CaptureRecord | None) -> CaptureRecord:
        record = record or CaptureRecord.new(app.name, hour, app.policy, now)
        return record.with_adopted(adopted, now).with_next_look(hour, app.policy, now)

    record = archive.ledger.update_capture(hour, change)
    if any(revision.lines for revision in record.intact_revisions):
        # The hour is not lost after all. That nobody looked when it was settled is for the watch to find.
        archive.ledger.update_watch(
            lambda watch: (watch or WatchRecord(app=app.name)).with_hours_seen({}, {hour.key}, now)
        )
