from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.conversion.parquet_writer import TableWriter

FIELDS: list[pa.Field[Any]] = [pa.field("name", pa.string()), pa.field("number", pa.int64())]
SCHEMA = pa.schema(FIELDS)
ROWS = pa.table({"name": ["a", "b", "b", None], "number": [9, 1, 2, 0]}, schema=SCHEMA)
NO_ROWS = SCHEMA.empty_table()


def written(path: Path, *tables: pa.Table, **options: Any) -> pq.ParquetFile:
    with TableWriter(path, SCHEMA, ["name", "number"], **options) as writer:
        for table in tables:
            writer.write(table)
        assert writer.rows == sum(map(len, tables))
        writer.finish({"counts": "{}"})
    return pq.ParquetFile(path)


def test_a_file_says_how_its_row_groups_are_sorted(tmp_path: Path) -> None:
    sorting = written(tmp_path / "file", ROWS).metadata.row_group(0).sorting_columns
    assert [(column.column_index, column.descending, column.nulls_first) for column in sorting] == [
        (0, False, False),
        (1, False, False),
    ]


def test_a_table_becomes_row_groups_of_its_own(tmp_path: Path) -> None:
    metadata = written(tmp_path / "file", ROWS, NO_ROWS, ROWS, row_group_rows=3).metadata
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [3, 1, 3, 1]


def test_bloom_filters_are_written_for_the_columns_that_are_to_have_one(tmp_path: Path) -> None:
    plain = bloom_filters_in(written(tmp_path / "plain", ROWS))
    filtered = bloom_filters_in(written(tmp_path / "filtered", ROWS, bloom_filters={"name": 4}))
    assert plain == [False, False]
    assert filtered == [True, False]


def bloom_filters_in(file: pq.ParquetFile) -> list[bool]:
    group: Any = file.metadata.row_group(0)
    return [group.column(index).bloom_filter_offset is not None for index in range(group.num_columns)]


def test_a_file_may_have_no_row(tmp_path: Path) -> None:
    file = written(tmp_path / "file", NO_ROWS)
    assert file.metadata.num_rows == 0
    assert file.schema_arrow.equals(SCHEMA)


def test_no_pandas_metadata_is_written(tmp_path: Path) -> None:
    metadata = written(tmp_path / "file", ROWS).metadata.metadata
    assert metadata is not None
    assert set(metadata) == {b"ARROW:schema", b"counts"}


def test_an_unfinished_file_is_not_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"of an earlier run")
    with TableWriter(path, SCHEMA, ["name"]) as writer:
        assert not path.exists()
        writer.write(ROWS)
        assert path.exists()
    assert not path.exists()
