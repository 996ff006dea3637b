"""Writing rows as Parquet: bounded batches, a fixed order, fixed options, so that the same rows give the same bytes.

What the rows mean is nobody's business here. Bytes are the same for the same version of pyarrow, whose name and version
every Parquet file carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW_GROUP_ROWS: Final = 65_536
ROW_GROUP_BYTES: Final = 128 << 20
"""A row group also ends when its lines reach this size: rows alone do not bound memory."""

_NEVER_REPEATED: Final = frozenset({"msg_id", "timestamp", "text", "file_url", "thumbnail_url", "ext", "extra", "line"})
"""Columns in which a dictionary would only hold every value twice."""


class RowWriter:
    """Writes one Parquet file. The file exists from the first row group on, or from `finish` when there is none.

    A file that is there already is removed on entering the `with` block. Leaving the block without `finish`, by an
    error or otherwise, leaves no file behind.

    Args:
        path: The file.
        schema: Its columns.
        order: The columns by which each row group is sorted, ascending, nulls last; equal rows keep their order.
    """

    def __init__(self, path: Path, schema: pa.Schema, order: Sequence[str]) -> None:
        self._path = path
        self._schema = schema
        self._order: list[tuple[str, Literal["ascending", "descending"]]] = [(name, "ascending") for name in order]
        self._pending: list[tuple[Any, ...]] = []
        self._pending_bytes = 0
        self._rows_written = 0
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
            finally:
                self._path.unlink()

    def add(self, row: tuple[Any, ...], size: int) -> None:
        """Add a row.

        Args:
            row: One value per column, in the schema's order.
            size: About how many bytes the row takes; memory is bounded by it.
        """
        self._pending.append(row)
        self._pending_bytes += size
        if len(self._pending) >= ROW_GROUP_ROWS or self._pending_bytes >= ROW_GROUP_BYTES:
            self._write_row_group()

    def write_pending(self) -> int:
        """Write the rows still held, and return how many rows the file then has."""
        if self._pending:
            self._write_row_group()
        return self._rows_written

    def finish(self, metadata: Mapping[str, str]) -> None:
        """Complete the file with key-value metadata."""
        self.write_pending()
        writer = self._opened()
        writer.add_key_value_metadata(dict(metadata))
        writer.close()
        self._writer = None

    def _write_row_group(self) -> None:
        columns = [
            pa.array(values, type=field.type)
            for field, values in zip(self._schema, zip(*self._pending, strict=True), strict=True)
        ]
        self._pending = []
        self._pending_bytes = 0
        table = pa.Table.from_arrays(columns, schema=self._schema)
        table = table.take(pc.sort_indices(table, sort_keys=self._order))
        self._opened().write_table(table, row_group_size=table.num_rows)
        self._rows_written += table.num_rows

    def _opened(self) -> pq.ParquetWriter:
        if self._writer is None:
            # Named though most are defaults: a new default must not change the bytes of an hour that is rebuilt.
            self._writer = pq.ParquetWriter(
                self._path,
                self._schema,
                version="2.6",
                data_page_version="1.0",
                compression="zstd",
                compression_level=3,
                use_dictionary=[  # type: ignore[arg-type]  # the stubs know only true and false
                    name for name in self._schema.names if name not in _NEVER_REPEATED
                ],
                write_statistics=True,
                write_page_index=True,
                store_schema=True,
                sorting_columns=pq.SortingColumn.from_ordering(self._schema, self._order),
            )
        return self._writer
