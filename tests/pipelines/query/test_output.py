"""An answer comes as it was asked for, whole, and harmless to the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipelines.query.form import Form
from pipelines.query.output import ROWS_SHOWN, NotAFile, answer


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def printed(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    console = Console(file=StringIO(), width=120, force_terminal=False)
    answer(connection, query, Form.TABLE, None, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_table_shows_names_values_and_what_is_null(connection: duckdb.DuckDBPyConnection) -> None:
    assert printed(connection, "SELECT 1 AS one, 'x' AS two, NULL AS three").split() == [
        "one",
        "two",
        "three",
        "1",
        "x",
        "∅",
    ]


def test_a_long_answer_ends_with_what_to_do_for_all_of_it(connection: duckdb.DuckDBPyConnection) -> None:
    text = printed(connection, "SELECT * FROM range(1000)")
    assert "--format csv" in text
    assert len(text.splitlines()) == ROWS_SHOWN + 2


def test_what_strangers_wrote_cannot_steer_the_terminal(connection: duckdb.DuckDBPyConnection) -> None:
    text = printed(connection, "SELECT chr(27) || '[31m[bold]x[/bold]' || chr(8238) || chr(7) AS t")
    assert "[bold]x[/bold]" in text
    assert not {"\x1b", "\u202e", "\x07"} & set(text)


@pytest.mark.parametrize("form", [Form.CSV, Form.JSON])
def test_what_is_written_for_programs_cannot_steer_a_terminal_either(
    connection: duckdb.DuckDBPyConnection, form: Form
) -> None:
    console = Console(file=StringIO(), force_terminal=True)
    answer(connection, "SELECT chr(27) || ']8;;https://evil.test' || chr(8238) || '=1+1' AS t", form, None, console)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "=1+1" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_a_plan_that_quotes_control_characters_cannot_steer_the_terminal(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("CREATE TABLE t AS SELECT 'x' AS t")
    assert "\x1b" not in printed(connection, "EXPLAIN SELECT * FROM t WHERE t = 'a\x1b[31m'")


QUESTION = "SELECT 1 AS a, 'x,\"y' AS b"


@pytest.mark.parametrize("query", [QUESTION, f"{QUESTION}; ", f"{QUESTION} -- why"])
def test_files_hold_the_answer(connection: duckdb.DuckDBPyConnection, tmp_path: Path, query: str) -> None:
    console = Console(file=StringIO())
    for form, name in ((Form.CSV, "a's.csv"), (Form.JSON, "a.json"), (Form.PARQUET, "a.parquet")):
        answer(connection, query, form, tmp_path / name, console)
    assert (tmp_path / "a's.csv").read_text() == 'a,b\n1,"x,""y"\n'
    assert json.loads((tmp_path / "a.json").read_text()) == [{"a": 1, "b": 'x,"y'}]
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == [{"a": 1, "b": 'x,"y'}]


@pytest.mark.parametrize("query", ["DESCRIBE t", "SHOW TABLES", "SUMMARIZE t", "SELECT * FROM t; -- all", "FROM t"])
def test_whatever_has_rows_can_be_written(connection: duckdb.DuckDBPyConnection, tmp_path: Path, query: str) -> None:
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    answer(connection, query, Form.CSV, tmp_path / "a.csv", Console(file=StringIO()))
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2


def test_many_columns_are_shown_row_by_row(connection: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(f"{n} AS column_{n}" for n in range(20))
    text = printed(connection, f"SELECT {columns}, NULL AS nothing")
    assert text.split()[:4] == ["row", "1", "column_0", "0"]
    assert "nothing" not in text


def test_a_plan_is_shown_as_it_is_drawn(connection: duckdb.DuckDBPyConnection) -> None:
    assert "┌──" in printed(connection, "EXPLAIN SELECT 1")


def test_of_several_statements_the_last_one_answers(connection: duckdb.DuckDBPyConnection) -> None:
    assert printed(connection, "CREATE TEMP TABLE t AS SELECT 7 AS n; SELECT n + 1 AS m FROM t").split() == ["m", "8"]


@pytest.mark.parametrize(
    ("form", "output", "query", "words"),
    [
        (Form.PARQUET, None, "SELECT 1", "--output"),
        (Form.TABLE, Path("x"), "SELECT 1", "--format"),
        (Form.TABLE, None, " ", "no question"),
        (Form.CSV, Path("x"), "CREATE TEMP TABLE u AS SELECT 1", "no answer"),
    ],
)
def test_what_cannot_be_done_is_said(
    connection: duckdb.DuckDBPyConnection, form: Form, output: Path | None, query: str, words: str
) -> None:
    with pytest.raises(NotAFile, match=words):
        answer(connection, query, form, output, Console(file=StringIO()))


def test_a_statement_without_an_answer_prints_nothing_much(connection: duckdb.DuckDBPyConnection) -> None:
    assert "error" not in printed(connection, "CREATE TEMP TABLE t AS SELECT 1").lower()
