"""Each engine's snippet, run as it stands on the page, counts the same: everything, once."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from pipelines.query.form import Form
from pipelines.query.output import answer
from resources.duckdb_settings import open_duckdb
from tests.docs.answers import MESSAGES_PER_HOUR, plain
from tests.docs.archive import LocalArchive
from tests.docs.page import block

BY_SQL = ("chat-archive sql", "DuckDB, SQL")
SNIPPETS = ("DuckDB, Python", "Polars", "pyarrow.dataset", "pandas")


def run(heading: str, archive: LocalArchive) -> Any:
    """Run a Python snippet and return its `counts`."""
    names: dict[str, Any] = {}
    exec(compile(block(heading, "python").at(archive.root), heading, "exec"), names)  # noqa: S102 - our own page
    return names["counts"]


def test_the_command_line_counts_everything_once(
    views: duckdb.DuckDBPyConnection, archive: LocalArchive, tmp_path: Path
) -> None:
    program, command, query = shlex.split(block("chat-archive sql", "console").at(archive.root).removeprefix("$ "))
    assert (program, command) == ("chat-archive", "sql")
    output = tmp_path / "answer.parquet"
    answer(views, query, Form.PARQUET, output, Console())
    assert plain(duckdb.read_parquet(str(output)).fetchall()) == MESSAGES_PER_HOUR


def test_duckdb_counts_everything_once_in_sql(archive: LocalArchive) -> None:
    with open_duckdb() as connection:
        result = connection.execute(block("DuckDB, SQL", "sql").at(archive.root))
        assert plain(result.fetchall()) == MESSAGES_PER_HOUR


def test_duckdb_counts_everything_once_in_python(archive: LocalArchive) -> None:
    assert plain(run("DuckDB, Python", archive).fetchall()) == MESSAGES_PER_HOUR


def test_polars_counts_everything_once(archive: LocalArchive) -> None:
    pytest.importorskip("polars", reason="polars is not installed: it is in the extra dev")
    assert plain(run("Polars", archive).rows()) == MESSAGES_PER_HOUR


def test_pyarrow_counts_everything_once(archive: LocalArchive) -> None:
    rows = [tuple(row.values()) for row in run("pyarrow.dataset", archive).to_pylist()]
    assert sorted(plain(rows)) == MESSAGES_PER_HOUR


def test_pandas_counts_everything_once(archive: LocalArchive) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed: it is in the extra dev")
    assert plain(run("pandas", archive).itertuples(index=False)) == MESSAGES_PER_HOUR
