"""Adopting raw files: what lies in an hour's folder and no record names is recorded, and the messages become the union.

A run that is killed between storing a file and recording it leaves such a file. Inside the window the next look gives
the same bytes and records them; after it, this is how they come back. So do files that a record has forgotten, as when
an older one was put back, and those that are recorded as damaged because a limit was too low. Nothing is asked of the
platform, and nothing is removed.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.publish_messages import publish_messages
from assets.raw_files import read_damaged_again, read_unrecorded, record_files
from resources.archive.app_archive import AppArchive
from resources.archive.capture_record import CaptureRecord, messages_are_current
from resources.archive.evidence import RawRevision
from resources.archive.messages_record import MessagesRecord
from resources.clock import Clock
from resources.hours.hour import Hour


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was adopted for an hour.

    Attributes:
        hour: The hour.
        adopted: The files that are recorded now.
        read_again: Files that were recorded as damaged, as they read now.
        refused: Keys of files that do not hold the bytes their name says; nothing was recorded of them.
        messages: What was published afterwards; None when the hour has nothing to publish.
    """

    hour: Hour
    adopted: tuple[RawRevision, ...]
    read_again: tuple[RawRevision, ...]
    refused: tuple[str, ...]
    messages: MessagesRecord | None


def adopt(hour: Hour, archive: AppArchive, clock: Clock) -> Adoption:
    """Record what no record names of an hour's raw files, or calls damaged by mistake, and build its messages with it.

    Raises:
        ConversionFailed: The files are recorded, and the messages could not be built from them.
        ArchiveError: S3 cannot be read or written.
    """
    capture = archive.owned(archive.ledger.capture(hour))
    known = capture.raw_revisions if capture is not None else ()
    found, again = read_unrecorded(hour, known, archive), read_damaged_again(hour, known, archive)
    refused = found.refused + again.refused
    mended = tuple(revision for revision in again.revisions if revision.damage is None)
    if not found.revisions and not mended and not (capture and _was_left_half_done(hour, capture, archive)):
        return Adoption(hour, (), again.revisions, refused, None)
    record_files(hour, found.revisions + mended, archive, clock)
    _, messages = publish_messages(hour, archive, clock)
    return Adoption(hour, found.revisions, again.revisions, refused, messages)


def _was_left_half_done(hour: Hour, capture: CaptureRecord, archive: AppArchive) -> bool:
    """Tell whether what is recorded already may be all that a killed run came to: then the rest is done again."""
    was_adopted = any(revision.adopted for revision in capture.raw_revisions)
    return was_adopted or not messages_are_current(capture, archive.ledger.messages(hour))
