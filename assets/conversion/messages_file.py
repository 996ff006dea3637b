"""The messages file of an hour in the making: rows gather in windows, and each window is written without repetitions.

A window is sorted as a whole. Where lines come from, and what becomes of those that are no messages, is `convert.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from assets.conversion.columns import POSITION, RowParts, joined, rows_at
from assets.conversion.duplicates import Duplicates
from assets.conversion.lines import Integers
from assets.conversion.parquet_writer import ROW_GROUP_ROWS, TableWriter
from assets.conversion.schema import MESSAGES_ORDER
from assets.conversion.stages import Behind
from assets.conversion.tally import Tally

WINDOW_ROWS: Final = 3 * ROW_GROUP_ROWS
WINDOW_BYTES: Final = 256 << 20
"""A window also ends when its lines reach this size: rows alone do not bound memory."""

_Order = list[tuple[str, Literal["ascending", "descending"]]]
_ORDER: Final[_Order] = [(name, "ascending") for name in MESSAGES_ORDER]
_ORDER_WITH_TIES: Final[_Order] = [*_ORDER, (POSITION, "ascending")]


class MessagesFile:
    """Takes rows and writes them, window by window.

    Args:
        writer: The Parquet file.
        tally: Counts what is written.
        folder: A private, empty folder.
        behind: Does the writing.
    """

    def __init__(self, writer: TableWriter, tally: Tally, folder: Path, behind: Behind) -> None:
        self._writer = writer
        self._tally = tally
        self._behind = behind
        self._duplicates = Duplicates(folder, WINDOW_ROWS)
        self._gathered: list[RowParts] = []
        self._rows = 0
        self._bytes = 0

    @property
    def duplicates(self) -> int:
        """Rows that were the same as an earlier one."""
        return self._duplicates.duplicates

    @property
    def conflicts(self) -> int:
        """Rows that have the msg_id of an earlier one."""
        return self._duplicates.conflicts

    def add(self, parts: Sequence[RowParts], size: int) -> None:
        """Add rows, made of lines of so many bytes in all."""
        if self._rows >= WINDOW_ROWS or self._bytes >= WINDOW_BYTES:
            self._end_window(more=True)
        self._gathered += parts
        self._rows += sum(part.envelope.num_rows for part in parts)
        self._bytes += size

    def finish(self) -> None:
        """Write what is left."""
        self._end_window(more=False)
        self._behind.finish()

    def _end_window(self, *, more: bool) -> None:
        self._behind.call(self._write_window, self._gathered, more=more)
        self._gathered = []
        self._rows = self._bytes = 0

    def _write_window(self, gathered: list[RowParts], *, more: bool) -> None:
        if gathered:
            window = joined(gathered)
            gathered.clear()
            self._write(rows_at(window, _sorted(window, self._duplicates.admit(window))), more=more)
        late = self._duplicates.late_rows(more=more)
        self._write(late.take(pc.sort_indices(late, sort_keys=_ORDER)), more=more)

    def _write(self, rows: pa.Table, *, more: bool) -> None:
        if len(rows):
            self._writer.write(rows)
            self._tally.add(rows)
            if more:
                self._duplicates.remember(rows)


def _sorted(window: RowParts, places: Integers) -> Integers:
    """Return places of a window in the order of the file; what is equal in that keeps the order of the lines."""
    keys = window.envelope.select([*MESSAGES_ORDER, POSITION]).take(places)
    order: Integers = places[pc.sort_indices(keys, sort_keys=_ORDER_WITH_TIES).to_numpy()]
    return order
