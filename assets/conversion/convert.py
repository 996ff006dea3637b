"""An hour's raw revisions become one Parquet file of messages and, if need be, one of quarantined lines.

The one entrance to this package. Where raw revisions come from and where the files go is not decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from assets.conversion.columns import RowParts, columns_of_messages
from assets.conversion.decoding import DecodedBlock, decode_block
from assets.conversion.drift import Drift
from assets.conversion.gzip_file import Readable, inflate
from assets.conversion.json_line import to_json_text
from assets.conversion.known_patterns import KnownPatterns
from assets.conversion.lines import Block, blocks_of
from assets.conversion.messages_file import MessagesFile
from assets.conversion.parquet_writer import TableWriter
from assets.conversion.schema import (
    MESSAGES_ORDER,
    MESSAGES_SCHEMA,
    QUARANTINE_ORDER,
    QUARANTINE_SCHEMA,
    SCHEMA_VERSION,
)
from assets.conversion.stages import Behind, ahead, stage, without_garbage_collection
from assets.conversion.tally import Tally
from assets.conversion.unreadable import Unreadable
from resources.archive.messages_record import MessageCounts, Oddity
from resources.hours.hour import Hour
from resources.limits import DEFAULT_LIMITS, Limits

_QUARANTINE_ROWS: Final = 65_536
_QUARANTINE_BYTES: Final = 64 << 20
_LARGEST_BLOCK_KEPT: Final = 16 << 20


class Revision(Protocol):
    """A raw revision, wherever it lies."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes, in hex: its name in the archive."""

    def open(self) -> AbstractContextManager[Readable]:
        """Give its bytes, from the beginning."""


@dataclass(frozen=True, slots=True)
class RawRevisionFile:
    """A raw revision on the local disk.

    Attributes:
        sha256: The SHA-256 of its bytes, in hex: its name in the archive.
        path: Where it lies.
    """

    sha256: str
    path: Path

    def open(self) -> AbstractContextManager[Readable]:
        """Open the file."""
        return self.path.open("rb")


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
        body_types: How many messages have each type of body, by name, as `Tally` counts them.
        drift: What the lines hold that the documentation does not.
        quarantined_as: How many lines are in the quarantine for each reason.
    """

    counts: MessageCounts
    first_message_at: datetime | None
    last_message_at: datetime | None
    body_types: dict[str, int]
    drift: tuple[Oddity, ...]
    quarantined_as: dict[str, int]


def convert_revisions(
    revisions: Sequence[Revision],
    *,
    app: str,
    hour: Hour,
    messages_path: Path,
    quarantine_path: Path,
    limits: Limits = DEFAULT_LIMITS,
    empty_quarantine: bool = False,
    threaded: bool = False,
) -> Conversion:
    """Convert the union of an hour's raw revisions.

    The file of messages is always written, that of quarantined lines if there are any; files that are there already
    are removed or replaced. The same revisions, in any order and with or without threads, give the same bytes. Memory
    is bounded by two windows of rows, plus 8 bytes for each message of an hour that has more than one; such an hour
    also needs temporary disk space of the size of its rows, about that of its inflated lines.

    Args:
        revisions: All of them.
        app: For the file's metadata.
        hour: Likewise, and to tell which messages lie outside it.
        messages_path: Where the messages go.
        quarantine_path: Where the other lines go.
        limits: What is refused.
        empty_quarantine: Whether to write a file of quarantined lines even if there are none.
        threaded: Whether to inflate ahead and write behind in threads of their own: for large hours.

    Raises:
        DamagedFile: A revision is not one whole, sound gzip file within the limits. No file is left behind.
        ConservationBroken: A line was lost on the way. No file is left behind.
    """
    _let_freed_memory_be_kept()
    revisions = sorted(revisions, key=lambda revision: revision.sha256)
    tally, drift = Tally(hour), Drift()
    with ExitStack() as stack:
        messages = stack.enter_context(TableWriter(messages_path, MESSAGES_SCHEMA, MESSAGES_ORDER))
        quarantine = stack.enter_context(TableWriter(quarantine_path, QUARANTINE_SCHEMA, QUARANTINE_ORDER))
        # Beside the files that are made: whoever removes their folder after a crash removes these rows too.
        folder = stack.enter_context(TemporaryDirectory(prefix="rows-", dir=messages_path.parent))
        stack.enter_context(without_garbage_collection())
        inflating = stack.enter_context(stage(threaded=threaded))
        writing = stack.enter_context(stage(threaded=threaded))
        lines = _Lines(MessagesFile(messages, tally, Path(folder), Behind(writing)), quarantine, drift, limits)
        for revision in revisions:
            with revision.open() as file:
                blocks = blocks_of(inflate(file, revision.sha256, limits), limits)
                lines.add_revision(revision.sha256, ahead(blocks, inflating))
        lines.finish()
        # The writers' own figures, not what was handed to them: the check is about what is in the files.
        counts = lines.counts(messages=messages.rows, quarantined=quarantine.rows, tally=tally)
        if not counts.add_up:
            raise ConservationBroken(app, hour, counts)
        metadata = {
            "schema_version": str(SCHEMA_VERSION),
            "app": app,
            "hour": hour.key,
            "raw_revisions": to_json_text([revision.sha256 for revision in revisions]),
            "counts": to_json_text(counts.model_dump()),
        }
        if counts.quarantined or empty_quarantine:
            quarantine.finish(metadata)
        messages.finish(metadata)
    return Conversion(
        counts=counts,
        first_message_at=tally.first_message_at,
        last_message_at=tally.last_message_at,
        body_types=dict(sorted(tally.body_types.items())),
        drift=drift.report,
        quarantined_as=dict(sorted(lines.quarantined_as.items())),
    )


@cache
def _let_freed_memory_be_kept() -> None:
    """Free a large block, once: glibc then keeps blocks of up to that size instead of handing each back to the kernel.

    Otherwise every block of lines would be given back and asked for again, page by page.
    """
    bytes(_LARGEST_BLOCK_KEPT)


class _Lines:
    """Where each line of an hour goes: to the messages, to the quarantine, or nowhere because it is blank."""

    def __init__(self, messages: MessagesFile, quarantine: TableWriter, drift: Drift, limits: Limits) -> None:
        self._messages = messages
        self._quarantine = quarantine
        self._drift = drift
        self._limits = limits
        self._patterns = KnownPatterns()
        self._position = 0
        self._lines = 0
        self._blank = 0
        self._quarantined: list[tuple[str, int, str, bytes]] = []
        self._quarantined_bytes = 0
        self.quarantined_as: Counter[str] = Counter()

    def add_revision(self, sha256: str, blocks: Iterator[Block]) -> None:
        for block in blocks:
            decoded = decode_block(block, self._position, self._limits, self._patterns)
            self._position += block.count
            self._lines += decoded.lines
            self._blank += decoded.blank
            parts = decoded.common + self._parts_of_odd(decoded, sha256, block.first, self._position - block.count)
            self._messages.add(parts, len(block.content))
            if len(self._quarantined) >= _QUARANTINE_ROWS or self._quarantined_bytes >= _QUARANTINE_BYTES:
                self._write_quarantined()

    def _parts_of_odd(self, decoded: DecodedBlock, sha256: str, first_line: int, position: int) -> list[RowParts]:
        messages, positions = [], []
        for odd in decoded.odd:
            if isinstance(odd.decoded, Unreadable):
                line = (sha256, first_line + odd.place, odd.decoded.reason.value, odd.content)
                self._quarantined.append(line)
                self._quarantined_bytes += len(odd.content)
            else:
                messages.append(odd.decoded)
                positions.append(position + odd.place)
                self._drift.note(odd.decoded, sha256, first_line + odd.place)
        return [columns_of_messages(messages, np.array(positions, np.int64))] if messages else []

    def _write_quarantined(self) -> None:
        columns: list[Any] = list(zip(*self._quarantined, strict=True))
        arrays = [pa.array(column, field.type) for column, field in zip(columns, QUARANTINE_SCHEMA, strict=True)]
        self.quarantined_as.update(reason for _, _, reason, _ in self._quarantined)
        self._quarantine.write(pa.Table.from_arrays(arrays, schema=QUARANTINE_SCHEMA))
        self._quarantined = []
        self._quarantined_bytes = 0

    def finish(self) -> None:
        if self._quarantined:
            self._write_quarantined()
        self._messages.finish()

    def counts(self, *, messages: int, quarantined: int, tally: Tally) -> MessageCounts:
        return MessageCounts(
            lines=self._lines,
            messages=messages,
            duplicates=self._messages.duplicates,
            conflicts=self._messages.conflicts,
            quarantined=quarantined,
            blank=self._blank,
            outside_hour=tally.outside_hour,
            id_time_differs=tally.id_time_differs,
        )
