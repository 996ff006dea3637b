"""A day's hourly files become one, sorted as a whole, a message that several hours hold only once. Local files only.

DuckDB sorts, in bounded memory and on disk beyond that; Arrow writes, since DuckDB has neither a page index nor the
encodings of `parquet_writer.py`. Which hours go in, and where the file goes, is `publish_daily.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.conversion.json_line import to_json_text
from assets.conversion.parquet_writer import TableWriter
from assets.conversion.schema import MESSAGES_ORDER, MESSAGES_SCHEMA, SCHEMA_VERSION
from assets.conversion.stages import ahead, stage
from assets.daily.schema import DAILY_SCHEMA
from resources.duckdb_settings import open_duckdb
from resources.hours.day import Day
from resources.hours.hour import Hour

SMALLEST_ROW_GROUP: Final = 32_768
LARGEST_ROW_GROUP: Final = 131_072
_ROW_GROUPS_A_DAY: Final = 32
"""Small row groups spare bytes, few row groups spare requests; a bucket takes 20 ms for each of those."""

LARGEST_ROW_GROUP_BYTES: Final = 256 << 20
_PIECE_ROWS: Final = 8_192
"""Four times what DuckDB works in: smaller ones take longer, larger ones more memory where rows are large."""

_BLOOM_FILTER: Final = "msg_id"
"""Ids carry the time, so they tell days apart, but not the row groups of a day that is sorted by conversation."""

_MEMORY: Final = "512MB"
_MOST_THREADS: Final = 4
"""Each thread that sorts takes a share of the memory."""

_COLUMNS: Final = ", ".join(MESSAGES_SCHEMA.names)

_REPEATED_IDS: Final = """
CREATE TEMP TABLE repeated AS SELECT msg_id FROM hours GROUP BY msg_id HAVING min(hour) < max(hour)"""

# The hour before the day has the number -1: what it holds is a row of its own day.
# SQL holds 0.0 and -0.0 for one value, which the hours' own rows do not: hence the two casts.
_FIRST_OF_EACH: Final = f"""
CREATE TEMP TABLE first_of_each AS
SELECT {_COLUMNS}, min(hour) AS hour, arg_min(file_row_number, hour) AS file_row_number,
    count(*) FILTER (hour >= 0) AS copies
FROM hours SEMI JOIN repeated USING (msg_id)
GROUP BY {_COLUMNS}, latitude::VARCHAR, longitude::VARCHAR"""  # noqa: S608 - nothing but names of columns

_DUPLICATES: Final = "SELECT coalesce(sum(copies - (hour >= 0)::INTEGER), 0)::BIGINT FROM first_of_each"

_IN_ORDER: Final = f"""
SELECT {", ".join(DAILY_SCHEMA.names)} FROM (
    SELECT {_COLUMNS}, hour, file_row_number FROM hours ANTI JOIN repeated USING (msg_id)
    UNION ALL
    SELECT {_COLUMNS}, hour, file_row_number FROM first_of_each)
WHERE hour >= 0
ORDER BY {", ".join(f"{name} ASC NULLS LAST" for name in MESSAGES_ORDER)}, hour, file_row_number"""  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class HourFile:
    """One hour's messages on the local disk.

    Attributes:
        hour: The hour.
        sha256: Of the file's bytes.
        path: Where it lies: in a folder called as `folder_of` tells.
    """

    hour: Hour
    sha256: str
    path: Path


@dataclass(frozen=True, slots=True)
class Compaction:
    """What compacting made.

    Attributes:
        messages: Rows in the file.
        duplicates: Rows that were dropped: the same in every column as a row of an earlier hour.
    """

    messages: int
    duplicates: int


class CompactionFailed(Exception):
    """Raised when a day's hours could not be made into one file. The hours are unharmed."""


def compact(files: Sequence[HourFile], output: Path, *, app: str, day: Day, folder: Path) -> Compaction:
    """Write a day's file. The same hours give the same bytes.

    Within an hour nothing is repeated (conversion saw to that), so only an id that stands in several hours is looked
    at, and all columns are compared. Memory is bounded by half a gigabyte for sorting and two row groups.

    Args:
        files: The day's hours that have messages, and the hour before if it has any; its messages are not written.
        output: Where the file goes; one that is there is replaced. None is left behind after an error.
        app: For the file's metadata.
        day: Likewise.
        folder: A private folder for what does not fit into memory.

    Raises:
        CompactionFailed: The hours could not be sorted or written, or their rows do not add up.
    """
    try:
        return _compact(files, output, app, day, folder)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        # Not the words of the error: DuckDB quotes values, and those are what people wrote.
        reason = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise CompactionFailed(
            f"The hours of {day} of {app} could not be sorted and written ({reason}). Nothing was published. Look for "
            f"room in the temporary folder, or for an hour of an older schema, whose messages asset can be run again."
        ) from None


def _compact(files: Sequence[HourFile], output: Path, app: str, day: Day, folder: Path) -> Compaction:
    rows = sum(pq.read_metadata(file.path).num_rows for file in files if file.hour in day.hours)
    group_rows = row_group_rows(rows)
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    filters = {_BLOOM_FILTER: group_rows}
    with (
        open_duckdb(memory_limit=_MEMORY, temp_directory=str(folder), threads=threads) as connection,
        TableWriter(output, DAILY_SCHEMA, MESSAGES_ORDER, row_group_rows=group_rows, bloom_filters=filters) as writer,
        stage(threaded=True) as sorting,
    ):
        _define_hours(connection, files)
        connection.execute(_REPEATED_IDS)
        connection.execute(_FIRST_OF_EACH)
        ((duplicates,),) = connection.execute(_DUPLICATES).fetchall()
        sorted_rows = _pieces(connection.sql(_IN_ORDER).to_arrow_reader(_PIECE_ROWS))
        for group in ahead(row_groups(sorted_rows, group_rows), sorting):
            writer.write(group)
        # The writer's own figure, not what was handed to it: the check is about what is in the file.
        if rows != writer.rows + duplicates:
            raise CompactionFailed(
                f"The hours of {day} of {app} have {rows:,} rows; {writer.rows:,} were written and {duplicates:,} are "
                f"duplicates. Nothing was published; please report this."
            )
        writer.finish(
            {
                "schema_version": str(SCHEMA_VERSION),
                "app": app,
                "date": day.key,
                "hours": to_json_text({file.hour.key: file.sha256 for file in files}),
                "counts": to_json_text({"messages": writer.rows, "duplicates": duplicates}),
            }
        )
    return Compaction(writer.rows, duplicates)


def _define_hours(connection: duckdb.DuckDBPyConnection, files: Sequence[HourFile]) -> None:
    """Define the view `hours`: all rows, each with its own number and, from the folder's name, its hour's."""
    # One scan of all files: a union of one for each takes memory for each at once, more than there is.
    scan = connection.read_parquet([str(file.path) for file in files], file_row_number=True, hive_partitioning=True)
    scan.project(f"{_COLUMNS}, file_row_number, hour::INTEGER AS hour").create_view("hours")


def folder_of(hour: Hour, day: Day) -> str:
    """Return how the folder of an hour's file has to be called: `hour=0` to `hour=23`; `hour=-1` is the hour before."""
    return f"hour={(hour.start - day.hours[0].start) // timedelta(hours=1)}"


def row_group_rows(rows: int) -> int:
    """Return how many rows a row group of a day has that has so many rows: a multiple of a piece."""
    wanted = min(max(rows // _ROW_GROUPS_A_DAY, SMALLEST_ROW_GROUP), LARGEST_ROW_GROUP)
    return wanted // _PIECE_ROWS * _PIECE_ROWS


def _pieces(batches: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield pieces of equal length, however the rows are handed over: what is cut at pieces is always cut alike."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += len(batch)
        if rows >= _PIECE_ROWS:
            table = pa.Table.from_batches(waiting).cast(DAILY_SCHEMA)
            whole = rows // _PIECE_ROWS * _PIECE_ROWS
            for start in range(0, whole, _PIECE_ROWS):
                yield table.slice(start, _PIECE_ROWS)
            rows -= whole
            waiting = pa.Table.from_batches(waiting).slice(whole).to_batches()
    if rows:
        yield pa.Table.from_batches(waiting).cast(DAILY_SCHEMA)


def row_groups(pieces: Iterable[pa.Table], group_rows: int) -> Iterator[pa.Table]:
    """Gather pieces to row groups, which end early when they grow large: rows alone do not bound memory.

    Args:
        pieces: All rows, in order, in pieces of equal length.
        group_rows: Most rows of a group, a multiple of that length.
    """
    group: list[pa.Table] = []
    rows = size = 0
    for piece in pieces:
        if group and (rows + len(piece) > group_rows or size + piece.nbytes > LARGEST_ROW_GROUP_BYTES):
            yield pa.concat_tables(group)
            group, rows, size = [], 0, 0
        group.append(piece)
        rows += len(piece)
        size += piece.nbytes
    if group:
        yield pa.concat_tables(group)
