"""`python -m tests.benchmarks.layout_variant WRITTEN OUTPUT_FOLDER LAYOUT`: one layout, written and queried.

The rows are those of a file this project wrote. Which layouts there are is `questions/layout.py`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

QUERIES: Final = {
    "one user": "SELECT * FROM read_parquet($file) WHERE sender = $sender",
    "one conversation": "SELECT * FROM read_parquet($file) WHERE conversation_id = $conversation_id",
    "one msg_id": "SELECT * FROM read_parquet($file) WHERE msg_id = $msg_id",
    "counts by type": "SELECT chat_type, body_type, count(*) FROM read_parquet($file) GROUP BY ALL",
    "text search": "SELECT count(*) FROM read_parquet($file) WHERE contains(text, 'parcel')",
}

_CALLS = 5
_FALSE_POSITIVES = 0.01
_PLACE_AMONG_THE_BUSY = 100
_NO_DICTIONARY = frozenset({"msg_id", "timestamp", "text", "file_url", "thumbnail_url", "ext", "extra"})
_IO_COUNTERS = Path("/proc/self/io")


class Order(StrEnum):
    """In which order rows stand."""

    CONVERSATION = "conversation"
    TIME = "time"
    AS_WRITTEN = "as_written"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out.

    Attributes:
        order: The order of its rows.
        row_group_rows: So many rows in a row group.
        page_index: Whether it has one.
        bloom: The columns with a bloom filter.
        encodings: Columns with an encoding of their own.
        zstd: The level of compression.
    """

    order: Order = Order.CONVERSATION
    row_group_rows: int = 131_072
    page_index: bool = True
    bloom: tuple[str, ...] = ()
    encodings: Mapping[str, str] = field(default_factory=dict)
    zstd: int = 3


def main(written: str, output_folder: str, layout_text: str) -> None:
    """Write and query, and tell the figures."""
    layout = Layout(**json.loads(layout_text))
    table = _in_order(pq.read_table(written).combine_chunks(), layout.order)
    file = Path(output_folder) / "messages.parquet"
    write_seconds = _write(table, file, layout)
    values = {
        "sender": _busy(table, "sender"),
        "conversation_id": _busy(table, "conversation_id"),
        "msg_id": table["msg_id"][table.num_rows // 2].as_py(),
    }
    del table
    queries = {name: _ask(query, file, values) for name, query in QUERIES.items()}
    sys.stdout.write(json.dumps({"write_seconds": write_seconds, "queries": queries}) + "\n")


def _in_order(table: pa.Table, order: Order) -> pa.Table:
    if order == Order.AS_WRITTEN:
        return table
    names = ["timestamp", "msg_id"] if order == Order.TIME else ["conversation_id", "timestamp", "msg_id"]
    return table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names])).combine_chunks()


def _write(table: pa.Table, file: Path, layout: Layout) -> float:
    options: dict[str, Any] = {
        "row_group_size": layout.row_group_rows,
        "use_dictionary": [
            name for name in table.column_names if name not in _NO_DICTIONARY and name not in layout.encodings
        ],
        "compression": "zstd",
        "compression_level": layout.zstd,
        "write_page_index": layout.page_index,
        "column_encoding": dict(layout.encodings) or None,
        "bloom_filter_options": {name: _bloom_filter(table, name, layout) for name in layout.bloom} or None,
    }
    started = time.perf_counter()
    pq.write_table(table, file, **options)
    return time.perf_counter() - started


def _bloom_filter(table: pa.Table, name: str, layout: Layout) -> dict[str, float]:
    distinct = pc.count_distinct(table[name]).as_py()
    return {"ndv": min(distinct, layout.row_group_rows), "fpp": _FALSE_POSITIVES}


def _busy(table: pa.Table, name: str) -> str:
    """Return a value that stands in many rows, but not in the most."""
    counts = (
        table.group_by(name)
        .aggregate([(name, "count")])
        .sort_by([(f"{name}_count", "descending"), (name, "ascending")])
    )
    value: str = counts[name][min(_PLACE_AMONG_THE_BUSY, counts.num_rows - 1)].as_py()
    return value


def _ask(query: str, file: Path, values: Mapping[str, str]) -> dict[str, float]:
    parameters = {"file": str(file)} | {name: value for name, value in values.items() if f"${name}" in query}
    seconds = []
    # DuckDB would keep what it has read; an analyst's first query has nothing kept.
    with duckdb.connect(config={"threads": 2, "enable_external_file_cache": False}) as connection:
        before = _bytes_read()
        connection.execute(query, parameters).fetchall()
        read = _bytes_read() - before
        for _ in range(_CALLS):
            started = time.perf_counter()
            connection.execute(query, parameters).fetchall()
            seconds.append(time.perf_counter() - started)
    return {"seconds": statistics.median(seconds), "bytes": read}


def _bytes_read() -> int:
    """Return how many bytes this process has asked files for, whether from the disk or from the page cache."""
    return int(_IO_COUNTERS.read_text(encoding="ascii").split()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
