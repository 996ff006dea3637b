"""Publishing an hour's messages: fetch its raw revisions, convert, replace the objects whole, write the record last.

No request to the platform is ever made here. Not here: what a line becomes (`conversion/`), and how Dagster shows it
(`app_assets.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assets.conversion.convert import ConservationBroken, Conversion, convert_revisions
from assets.conversion.gzip_file import DamagedFile, Readable
from assets.conversion.schema import SCHEMA_VERSION
from resources.archive.app_archive import AppArchive
from resources.archive.capture_record import CaptureRecord
from resources.archive.errors import ArchiveDamaged, ArchiveError, ArchiveSuperseded
from resources.archive.evidence import RawRevision
from resources.archive.messages_record import MessagesRecord, PublishedObject
from resources.archive.objects import ObjectHead
from resources.clock import Clock
from resources.defects import defect_in_words
from resources.digests import digests_of
from resources.hours.hour import Hour
from resources.temporary_folder import LocalDiskError, temporary_folder

_TRIES = 4
_PARQUET = "application/vnd.apache.parquet"

LARGE_HOUR_BYTES = 8 << 20
"""Raw revisions of so many bytes in all, some 100,000 lines, are worth threads of their own."""


class NotCaptured(Exception):
    """Raised when messages are to be built of an hour that nothing is known of."""


class ConversionFailed(Exception):
    """Raised when an hour's raw revisions could not be made into messages. The raw revisions are unharmed."""


def publish_messages(hour: Hour, archive: AppArchive, clock: Clock) -> tuple[CaptureRecord, MessagesRecord | None]:
    """Build an hour's messages from all of its raw revisions and publish them.

    What would not change is left alone, so a rerun that changes nothing writes nothing. When another run publishes the
    same hour at the same time, whoever comes second starts again from what is there.

    Returns:
        The capture record the messages were built from, and the record of what was published; None instead of the
        latter when the hour has nothing to publish and never had.

    Raises:
        NotCaptured: The hour has no capture record.
        ConversionFailed: The lines could not be converted, or the capture record has forgotten revisions whose lines
            are published; the failure is in the ledger.
        ArchiveError: S3 cannot be read or written, or the hour there is another app's.
    """
    for _ in range(_TRIES - 1):
        try:
            return _publish(hour, archive, clock)
        except ArchiveSuperseded:  # another run published meanwhile, perhaps from more revisions
            continue
    return _publish(hour, archive, clock)


def _publish(hour: Hour, archive: AppArchive, clock: Clock) -> tuple[CaptureRecord, MessagesRecord | None]:
    # What is published is read before the revisions. Revisions only grow, so whoever manages to replace a version has
    # read at least the revisions that went into it.
    bucket, layout, ledger = archive.bucket, archive.layout, archive.ledger
    messages_before = bucket.head(layout.messages(hour))
    quarantine_before = bucket.head(layout.quarantine(hour))
    # A record that cannot be read may be a newer version's: so may its objects.
    published_before = archive.owned(ledger.messages(hour))
    capture = archive.owned(ledger.capture(hour))
    if capture is None:
        raise NotCaptured(f"Nothing is known of hour {hour} of {archive.app.name} yet. Run its raw_history first.")
    revisions = tuple(revision for revision in capture.intact_revisions if revision.lines)
    _refuse_to_forget(hour, archive, published_before, revisions, clock)
    if not revisions:
        return capture, published_before
    conversion, messages, quarantine = _built(
        hour, archive, revisions, clock, messages_before=messages_before, quarantine_before=quarantine_before
    )
    record = _record(
        hour,
        archive,
        conversion,
        revisions=revisions,
        messages=messages,
        quarantine=quarantine,
        now=clock.now(),
    )
    kept = ledger.update_messages(hour, lambda before: _newer_of(before, record))
    if kept.messages != messages:
        # Another run built more, and wrote before this one. A server that ignores the condition of an upload by parts,
        # as Ceph before 20 does, may have let this one's object replace its: whoever sees that publishes anew.
        raise ArchiveSuperseded(
            f"Hour {hour} of {archive.app.name} was published by another run meanwhile, from more raw revisions.",
            "Run it again; it will start from what is there now.",
        )
    return capture, kept


def _built(
    hour: Hour,
    archive: AppArchive,
    revisions: Sequence[RawRevision],
    clock: Clock,
    *,
    messages_before: ObjectHead | None,
    quarantine_before: ObjectHead | None,
) -> tuple[Conversion, PublishedObject, PublishedObject | None]:
    """Convert the revisions, and replace the objects that were there before. A failure is written down."""
    layout = archive.layout
    try:
        with temporary_folder() as folder:
            messages_file, quarantine_file = folder / "messages.parquet", folder / "lines.parquet"
            conversion = convert_revisions(
                [_ArrivingRevision(hour, archive, revision.sha256, folder) for revision in revisions],
                app=archive.app.name,
                hour=hour,
                messages_path=messages_file,
                quarantine_path=quarantine_file,
                limits=archive.app.limits,
                # Replaced by an empty table when a better reader has emptied the quarantine: nothing is ever deleted.
                empty_quarantine=quarantine_before is not None,
                threaded=sum(revision.bytes for revision in revisions) >= LARGE_HOUR_BYTES,
            )
            quarantine = None
            if conversion.counts.quarantined or quarantine_before is not None:
                quarantine = put_parquet(archive, layout.quarantine(hour), quarantine_file, quarantine_before)
            messages = put_parquet(archive, layout.messages(hour), messages_file, messages_before)
            return conversion, messages, quarantine
    except (DamagedFile, ConservationBroken, ArchiveDamaged, LocalDiskError) as error:
        _record_failure(hour, archive, str(error), clock.now())
        raise ConversionFailed(f"Hour {hour} of {archive.app.name} was not converted. {error}") from None
    except (ArchiveError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - a defect, whose own words may quote what people wrote
        problem = f"{defect_in_words(error)} The raw files are safe; please report this."
        _record_failure(hour, archive, problem, clock.now())
        raise ConversionFailed(f"Hour {hour} of {archive.app.name} was not converted. {problem}") from None


@dataclass(frozen=True, slots=True)
class _ArrivingRevision:
    """A raw revision that is read while it arrives from S3."""

    hour: Hour
    archive: AppArchive
    sha256: str
    folder: Path

    @contextmanager
    def open(self) -> Iterator[Readable]:
        key = self.archive.layout.raw(self.hour, self.sha256)
        path = self.folder / f"{self.sha256}.jsonl.gz"
        with self.archive.bucket.arriving(key, path, sha256=self.sha256) as file:
            try:
                yield file
            except DamagedFile:
                # It was sound when it was captured. If these are other bytes, that is what has to be told.
                file.read_to_end()
                raise
        path.unlink()


def put_parquet(archive: AppArchive, key: str, file: Path, before: ObjectHead | None) -> PublishedObject:
    """Replace an object by a file, unless it holds the same bytes already.

    Raises:
        ArchiveError: S3 cannot be written, or the object is no longer the one that was there before.
    """
    with file.open("rb") as content:
        digests = digests_of(content)
    if before is None or not before.holds(digests):
        archive.bucket.put_file(key, file, digests, content_type=_PARQUET, replaces=before)
    return PublishedObject(key=key, bytes=digests.bytes, sha256=digests.sha256)


def _record(
    hour: Hour,
    archive: AppArchive,
    conversion: Conversion,
    *,
    revisions: tuple[RawRevision, ...],
    messages: PublishedObject,
    quarantine: PublishedObject | None,
    now: datetime,
) -> MessagesRecord:
    return MessagesRecord(
        app=archive.app.name,
        hour=hour.key,
        schema_version=SCHEMA_VERSION,
        raw_revisions=tuple(sorted(revision.sha256 for revision in revisions)),
        counts=conversion.counts,
        messages=messages,
        quarantine=quarantine,
        first_message_at=conversion.first_message_at,
        last_message_at=conversion.last_message_at,
        body_types=conversion.body_types,
        drift=conversion.drift,
        quarantined_as=conversion.quarantined_as,
        built_at=now,
        updated_at=now,
    )


def _refuse_to_forget(
    hour: Hour,
    archive: AppArchive,
    published: MessagesRecord | None,
    revisions: Collection[RawRevision],
    clock: Clock,
) -> None:
    """Refuse to replace messages that were made from more than the given revisions; it is written down."""
    forgotten = sorted(set(published.raw_revisions if published else ()) - {each.sha256 for each in revisions})
    if not forgotten:
        return
    problem = (
        f"Its messages are made from raw revisions that its capture record does not name as readable, such as "
        f"{forgotten[0]}: an older record was put back, or one was lost. Nothing was replaced. Run chat-archive adopt "
        f"of the hour: it records the raw files that are there, and builds the messages from all of them."
    )
    _record_failure(hour, archive, problem, clock.now())
    raise ConversionFailed(f"Hour {hour} of {archive.app.name} was not converted. {problem}")


def _newer_of(before: MessagesRecord | None, record: MessagesRecord) -> MessagesRecord:
    """Keep the record there is when it says the same, or was built, by a faster run, from more revisions."""
    if before is None:
        return record
    same = before.model_copy(update={"built_at": record.built_at, "updated_at": record.updated_at}) == record
    more = set(before.raw_revisions) > set(record.raw_revisions)
    return before if same or more else record


def _record_failure(hour: Hour, archive: AppArchive, problem: str, now: datetime) -> None:
    def change(before: MessagesRecord | None) -> MessagesRecord:
        record = before or MessagesRecord(app=archive.app.name, hour=hour.key, updated_at=now)
        return record.model_copy(
            update={
                "failures_in_a_row": record.failures_in_a_row + 1,
                "last_failure_at": now,
                "problem": problem,
                "updated_at": now,
            },
        )

    archive.ledger.update_messages(hour, change)
