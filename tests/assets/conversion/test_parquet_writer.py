from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.conversion import parquet_writer
from assets.conversion.parquet_writer import RowWriter

FIELDS: list[pa.Field[Any]] = [pa.field("name", pa.string()), pa.field("number", pa.int64())]
SCHEMA = pa.schema(FIELDS)
ROWS = [("b", 2), (None, 0), ("a", 9), ("b", 1)]


def written(path: Path, rows: list[tuple[str | None, int]]) -> pq.ParquetFile:
    with RowWriter(path, SCHEMA, ["name", "number"]) as writer:
        for row in rows:
            writer.add(row, 10)
        assert writer.write_pending() == len(rows)
        writer.finish({"counts": "{}"})
    return pq.ParquetFile(path)


def test_a_row_group_is_sorted_with_nulls_last_and_says_so(tmp_path: Path) -> None:
    file = written(tmp_path / "file", ROWS)
    assert [tuple(row.values()) for row in file.read().to_pylist()] == [("a", 9), ("b", 1), ("b", 2), (None, 0)]
    sorting = file.metadata.row_group(0).sorting_columns
    assert [(column.column_index, column.descending, column.nulls_first) for column in sorting] == [
        (0, False, False),
        (1, False, False),
    ]


@pytest.mark.parametrize(("limit", "value"), [("ROW_GROUP_ROWS", 3), ("ROW_GROUP_BYTES", 30)])
def test_a_row_group_ends_at_its_rows_or_its_bytes(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_writer, limit, value)
    metadata = written(tmp_path / "file", ROWS).metadata
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [3, 1]


def test_a_file_may_have_no_row(tmp_path: Path) -> None:
    file = written(tmp_path / "file", [])
    assert file.metadata.num_rows == 0
    assert file.schema_arrow.equals(SCHEMA)


def test_no_pandas_metadata_is_written(tmp_path: Path) -> None:
    metadata = written(tmp_path / "file", ROWS).metadata.metadata
    assert metadata is not None
    assert set(metadata) == {b"ARROW:schema", b"counts"}


def test_an_unfinished_file_is_not_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"of an earlier run")
    with RowWriter(path, SCHEMA, ["name"]) as writer:
        assert not path.exists()
        writer.add(("a", 1), 1)
        writer.write_pending()
        assert path.exists()
    assert not path.exists()
