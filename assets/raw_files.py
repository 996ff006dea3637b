"""Raw files as they lie in the archive: what one holds, and those that an hour's record does not name. Plain Python.

A run that is killed between storing a file and recording it leaves such a file; so does whoever loses a record. Not
here: asking for files and storing them (`fetch_hour.py`), and building messages with them (`verification/adopt.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from assets.conversion.gzip_file import DamagedFile
from assets.conversion.lines import count_lines
from assets.verification.expected import revision_at
from resources.archive.app_archive import AppArchive
from resources.archive.capture_record import CaptureRecord
from resources.archive.errors import ArchiveDamaged
from resources.archive.evidence import RawRevision
from resources.clock import Clock
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.limits import Limits
from resources.temporary_folder import temporary_folder

_INSPECT_AGAIN: Final = "Look at the hour again; after its deadline, run chat-archive adopt."


@dataclass(frozen=True, slots=True)
class FilesRead:
    """What some of an hour's raw files in the archive hold.

    Attributes:
        revisions: Those that hold the bytes their name says.
        refused: The keys of the others.
    """

    revisions: tuple[RawRevision, ...]
    refused: tuple[str, ...]


def lines_or_damage(path: Path, limits: Limits) -> tuple[int | None, str | None]:
    """Read a raw file through: how many lines it holds that are not blank, or why it cannot be read whole."""
    try:
        return count_lines(path, limits), None
    except DamagedFile as error:
        return None, str(error)
    except Exception as error:  # noqa: BLE001 - the file is kept, and that is written down whatever reading it meets
        return None, f"It could not be inspected: {type(error).__name__}. {_INSPECT_AGAIN}"


def read_unrecorded(hour: Hour, known: Iterable[RawRevision], archive: AppArchive) -> FilesRead:
    """List an hour's raw files, which is one request, and read those that are not known.

    Raises:
        ArchiveError: S3 cannot be read.
        LocalDiskError: A file cannot be kept on this machine while it is read.
    """
    layout, names = archive.layout, {revision.sha256 for revision in known}
    there = [
        (sha256, entry.written_at)
        for entry in archive.bucket.listed(layout.raw_hour(hour))
        if (sha256 := revision_at(entry.key, layout)) is not None and sha256 not in names
    ]
    return _read(hour, there, archive, adopted=True)


def read_damaged_again(hour: Hour, known: Iterable[RawRevision], archive: AppArchive) -> FilesRead:
    """Read those of an hour's known files again that could not be read whole: a limit may have been raised since.

    Raises:
        ArchiveError: S3 cannot be read.
        LocalDiskError: A file cannot be kept on this machine while it is read.
    """
    damaged = [(each.sha256, each.captured_at) for each in known if each.damage is not None]
    return _read(hour, damaged, archive, adopted=False)


def _read(hour: Hour, files: Collection[tuple[str, datetime]], archive: AppArchive, *, adopted: bool) -> FilesRead:
    revisions, refused = [], []
    for sha256, since in files:
        key = archive.layout.raw(hour, sha256)
        with temporary_folder() as folder:
            path = folder / "raw.jsonl.gz"
            try:
                with archive.bucket.arriving(key, path, sha256=sha256) as file:
                    file.read_to_end()
            except ArchiveDamaged:
                refused.append(key)
                continue
            lines, damage = lines_or_damage(path, archive.app.limits)
            size = path.stat().st_size
        revisions.append(
            RawRevision(sha256=sha256, bytes=size, lines=lines, captured_at=since, damage=damage, adopted=adopted)
        )
    return FilesRead(tuple(revisions), tuple(refused))


def record_files(hour: Hour, revisions: tuple[RawRevision, ...], archive: AppArchive, clock: Clock) -> CaptureRecord:
    """Record files of an hour that were read in the archive, and whether the hour is lost with them.

    Raises:
        ArchiveError: S3 cannot be read or written.
    """
    app, now = archive.app, clock.now()

    def change(record: CaptureRecord | None) -> CaptureRecord:
        record = archive.owned(record) or CaptureRecord.new(app.name, hour, app.policy, now)
        return record.with_adopted(revisions, now).with_next_look(hour, app.policy, now)

    record = archive.ledger.update_capture(hour, change)
    lost = {hour.key: record.reason} if record.state is HourState.EXPIRED else {}
    # That nobody looked when it was settled is for the watch to find.
    not_lost = {hour.key} if record.state is HourState.ARCHIVED else set[str]()
    archive.ledger.note_hours(app.name, lost=lost, not_lost=not_lost, now=now)
    return record
