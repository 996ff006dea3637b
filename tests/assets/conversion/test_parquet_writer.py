from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.conversion import parquet_writer
from assets.conversion.parquet_writer import TableWriter

FIELDS: list[pa.Field[Any]] = [pa.field("name", pa.string()), pa.field("number", pa.int64())]
SCHEMA = pa.schema(FIELDS)
ROWS = pa.table({"name": ["a", "b", "b", None], "number": [9, 1, 2, 0]}, schema=SCHEMA)
NO_ROWS = SCHEMA.empty_table()


def written(path: Path, *tables: pa.Table) -> pq.ParquetFile:
    with TableWriter(path, SCHEMA, ["name", "number"]) as writer:
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


def test_a_table_becomes_row_groups_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_writer, "ROW_GROUP_ROWS", 3)
    metadata = written(tmp_path / "file", ROWS, NO_ROWS, ROWS).metadata
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [3, 1, 3, 1]


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
