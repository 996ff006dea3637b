"""Writing tables as one Parquet file, with fixed options, so that the same rows give the same bytes.

What the rows mean, and their order, is nobody's business here. The bytes are those of one version of pyarrow, which
every Parquet file names. `make bench ONLY=layout` tries such options one by one; its table in docs/performance.md is
what row groups, encodings and bloom filters were chosen by, and that zstd is worth a level between 1 and 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS: Final = 65_536

_FALSE_POSITIVES: Final = 0.01

_ENCODINGS: Final = {
    "msg_id": "DELTA_BYTE_ARRAY",  # ids of neighbours share their first digits, which carry the time
    "timestamp": "DELTA_BINARY_PACKED",
    "file_url": "DELTA_BYTE_ARRAY",  # and URLs their host and path
    "thumbnail_url": "DELTA_BYTE_ARRAY",
}
_NEVER_REPEATED: Final = frozenset({*_ENCODINGS, "text", "file_name", "file_size", "ext", "extra", "line"})
"""Columns in which a dictionary would only hold every value twice."""


_NOT_COMPARED: Final = frozenset(
    {"text", "file_name", "file_url", "thumbnail_url", "address", "custom_params", "ext", "extra", "line"}
)
"""Columns that nobody compares by less and greater: their smallest and largest values would only fill the footer, and
a footer of more than 16 KiB costs DuckDB another request for each file."""


class TableWriter:
    """Writes one Parquet file. The file exists from the first rows on, or from `finish` when there are none.

    A file that is there already is removed on entering the `with` block. Leaving the block without `finish`, by an
    error or otherwise, leaves no file behind.

    Args:
        path: The file.
        schema: Its columns.
        order: The columns by which every table that is written is sorted, ascending, nulls last.
        row_group_rows: Most rows of a row group.
        bloom_filters: The columns that have one, with how many distinct values a row group is expected to hold.

    Attributes:
        rows: How many rows were written.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        order: Sequence[str],
        *,
        row_group_rows: int = ROW_GROUP_ROWS,
        bloom_filters: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._path = path
        self._schema = schema
        self._order = order
        self._row_group_rows = row_group_rows
        self._bloom_filters = bloom_filters
        self._writer: pq.ParquetWriter | None = None
        self.rows = 0

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

    def write(self, table: pa.Table) -> None:
        """Add rows, as row groups of their own."""
        if len(table):
            self._opened().write_table(table, row_group_size=self._row_group_rows)
            self.rows += len(table)

    def finish(self, metadata: Mapping[str, str]) -> None:
        """Complete the file with key-value metadata."""
        writer = self._opened()
        writer.add_key_value_metadata(dict(metadata))
        writer.close()
        self._writer = None

    def _opened(self) -> pq.ParquetWriter:
        if self._writer is None:
            # Named though most are defaults: a new default must not change the bytes of an hour that is rebuilt.
            self._writer = pq.ParquetWriter(
                self._path,
                self._schema,
                version="2.6",
                data_page_version="1.0",
                compression="zstd",
                compression_level=2,
                use_dictionary=[  # type: ignore[arg-type]  # the stubs know only true and false
                    name for name in self._schema.names if name not in _NEVER_REPEATED
                ],
                column_encoding={name: code for name, code in _ENCODINGS.items() if name in self._schema.names},
                write_statistics=[name for name in self._schema.names if name not in _NOT_COMPARED],
                write_page_index=True,
                store_schema=True,
                bloom_filter_options={
                    name: {"ndv": distinct, "fpp": _FALSE_POSITIVES} for name, distinct in self._bloom_filters.items()
                }
                or None,
                sorting_columns=pq.SortingColumn.from_ordering(
                    self._schema, [(name, "ascending") for name in self._order]
                ),
            )
        return self._writer
