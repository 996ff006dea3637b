"""An hour's raw revisions become one Parquet file of messages and, if need be, one of quarantined lines.

The one entrance to this package. Where raw revisions come from and where the files go is not decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from assets.conversion.duplicates import SeenMessages, Sighting
from assets.conversion.json_line import to_json_text
from assets.conversion.lines import DEFAULT_LIMITS, Limits, read_lines
from assets.conversion.message import Message, decode_line
from assets.conversion.parquet_writer import RowWriter
from assets.conversion.schema import (
    MESSAGES_ORDER,
    MESSAGES_SCHEMA,
    QUARANTINE_ORDER,
    QUARANTINE_SCHEMA,
    SCHEMA_VERSION,
)
from assets.conversion.unreadable import Unreadable, UnreadableReason
from resources.archive.records import MessageCounts
from resources.hours.hour import Hour

NO_NAME: Final = "(none)"
OTHER_NAMES: Final = "(other)"

_NAMES_COUNTED = 100
_LONGEST_NAME_COUNTED = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RawRevisionFile:
    """A raw revision on the local disk.

    Attributes:
        sha256: The SHA-256 of its bytes, in hex: its name in the archive.
        path: Where it lies.
    """

    sha256: str
    path: Path


class ConservationBroken(Exception):
    """Raised when an hour's lines and what became of them do not add up: a defect of this program."""

    def __init__(self, app: str, hour: Hour, counts: MessageCounts) -> None:
        super().__init__(
            f"The lines of hour {hour} of {app} do not add up: {counts}. Nothing was written; please report this."
        )
        self.counts = counts


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion made.

    Attributes:
        counts: What became of the lines.
        first_message_at: The earliest timestamp, None when there is no message.
        last_message_at: The latest timestamp, None when there is no message.
        body_types: How many messages have each type of body, by name; `(none)` without one. Beyond the first hundred
            names, and for names of more than 64 characters, the count is under `(other)`.
        chat_types: How many messages have each chat type, likewise.
    """

    counts: MessageCounts
    first_message_at: datetime | None
    last_message_at: datetime | None
    body_types: dict[str, int]
    chat_types: dict[str, int]


def convert_revisions(
    revisions: Sequence[RawRevisionFile],
    *,
    app: str,
    hour: Hour,
    messages_path: Path,
    quarantine_path: Path,
    limits: Limits = DEFAULT_LIMITS,
) -> Conversion:
    """Convert the union of an hour's raw revisions.

    Both files are always written, with no rows if there is nothing to put into them; files that are there already are
    replaced. The same revisions, in any order, give the same bytes. Memory is bounded by one row group, plus two hashes
    of 16 bytes for each message.

    Raises:
        DamagedFile: A revision is not one whole, sound gzip file within the limits. No file is left behind.
        ConservationBroken: A line was lost on the way. No file is left behind.
    """
    revisions = sorted(revisions, key=lambda revision: revision.sha256)
    tally = _Tally(hour)
    with (
        RowWriter(messages_path, MESSAGES_SCHEMA, MESSAGES_ORDER) as messages,
        RowWriter(quarantine_path, QUARANTINE_SCHEMA, QUARANTINE_ORDER) as quarantine,
    ):
        for revision in revisions:
            _convert_one(revision, tally, messages, quarantine, limits)
        # The writers' own figures, not what was handed to them: the check is about what is in the files.
        counts = tally.counts(messages=messages.write_pending(), quarantined=quarantine.write_pending())
        if counts.lines != counts.messages + counts.duplicates + counts.quarantined + counts.blank:
            raise ConservationBroken(app, hour, counts)
        metadata = {
            "schema_version": str(SCHEMA_VERSION),
            "app": app,
            "hour": hour.key,
            "raw_revisions": to_json_text([revision.sha256 for revision in revisions]),
            "counts": to_json_text(counts.model_dump()),
        }
        quarantine.finish(metadata)
        messages.finish(metadata)
    return tally.conversion(counts)


def _convert_one(
    revision: RawRevisionFile, tally: _Tally, messages: RowWriter, quarantine: RowWriter, limits: Limits
) -> None:
    for line in read_lines(revision.path, limits):
        tally.lines += 1
        if line.blank:
            tally.blank += 1
            continue
        decoded = Unreadable(UnreadableReason.TOO_LONG) if line.too_long else decode_line(line.content)
        size = len(line.content)
        if isinstance(decoded, Unreadable):
            quarantine.add((revision.sha256, line.number, decoded.reason.value, line.content), size)
        elif tally.is_new(decoded):
            messages.add(decoded, size)


@dataclass(slots=True)
class _Tally:
    """Counts while lines go by."""

    hour: Hour
    lines: int = 0
    duplicates: int = 0
    conflicts: int = 0
    blank: int = 0
    outside_hour: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    body_types: Counter[str] = field(default_factory=Counter)
    chat_types: Counter[str] = field(default_factory=Counter)
    seen: SeenMessages = field(default_factory=SeenMessages)

    def is_new(self, message: Message) -> bool:
        """Count a message, and say whether it is to become a row."""
        sighting = self.seen.look_at(message)
        if sighting is Sighting.DUPLICATE:
            self.duplicates += 1
            return False
        self.conflicts += sighting is Sighting.CONFLICT
        moment = message.timestamp
        self.outside_hour += not self.hour.start <= _moment(moment) < self.hour.end
        self.first_ms = moment if self.first_ms is None else min(self.first_ms, moment)
        self.last_ms = moment if self.last_ms is None else max(self.last_ms, moment)
        _count(self.body_types, message.body_type)
        _count(self.chat_types, message.chat_type)
        return True

    def counts(self, *, messages: int, quarantined: int) -> MessageCounts:
        return MessageCounts(
            lines=self.lines,
            messages=messages,
            duplicates=self.duplicates,
            conflicts=self.conflicts,
            quarantined=quarantined,
            blank=self.blank,
            outside_hour=self.outside_hour,
        )

    def conversion(self, counts: MessageCounts) -> Conversion:
        return Conversion(
            counts=counts,
            first_message_at=None if self.first_ms is None else _moment(self.first_ms),
            last_message_at=None if self.last_ms is None else _moment(self.last_ms),
            body_types=dict(sorted(self.body_types.items())),
            chat_types=dict(sorted(self.chat_types.items())),
        )


def _moment(milliseconds: int) -> datetime:
    # Not `fromtimestamp`: it goes through a float.
    return _EPOCH + milliseconds * _ONE_MILLISECOND


def _count(names: Counter[str], name: str | None) -> None:
    """Count a name that a stranger chose, without letting strangers fill memory or metadata."""
    if name is None:
        name = NO_NAME
    elif name not in names and (len(names) >= _NAMES_COUNTED or len(name) > _LONGEST_NAME_COUNTED):
        name = OTHER_NAMES
    names[name] += 1
