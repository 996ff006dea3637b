"""The shell answers, forgives, and lets go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from itertools import count

import duckdb
import pytest
from rich.console import Console

from pipelines.query.shell import run_shell


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW messages AS SELECT 'hello' AS text")
        yield connection


def typed(*lines: str | type[BaseException]) -> Callable[[str], str]:
    waiting = iter(lines)

    def read_line(_prompt: str) -> str:
        line = next(waiting, EOFError)
        if isinstance(line, str):
            return line
        raise line

    return read_line


def shown(connection: duckdb.DuckDBPyConnection, *lines: str | type[BaseException]) -> str:
    console = Console(file=StringIO(), width=120)
    seconds = count()
    run_shell(connection, console, typed(*lines), lambda: float(next(seconds)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_statement_may_take_several_lines(connection: duckdb.DuckDBPyConnection) -> None:
    text = shown(connection, "select text", "from messages", ";")
    assert "hello" in text
    assert "1.00 s" in text


def test_a_comment_may_follow_a_statement(connection: duckdb.DuckDBPyConnection) -> None:
    assert "hello" in shown(connection, "select text from messages; -- all of it")


def test_a_mistake_is_explained_and_the_next_statement_answered(connection: duckdb.DuckDBPyConnection) -> None:
    text = shown(connection, "selec 1;", "select 42 as n;")
    assert "syntax error" in text
    assert "42" in text


def test_a_mistake_that_quotes_a_message_cannot_steer_the_terminal(connection: duckdb.DuckDBPyConnection) -> None:
    text = shown(connection, "select (chr(27) || '[31m[bold]x' || chr(8238))::int;")
    assert "[bold]x" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_ctrl_c_gives_a_statement_up_and_not_the_shell(connection: duckdb.DuckDBPyConnection) -> None:
    assert "42" in shown(connection, "select 1,", KeyboardInterrupt, "select 42 as n;")


@pytest.mark.parametrize("word", [".quit", ".exit"])
def test_it_ends_when_asked_to(connection: duckdb.DuckDBPyConnection, word: str) -> None:
    assert "42" not in shown(connection, word, "select 42 as n;")


def test_it_says_what_there_is_to_ask(connection: duckdb.DuckDBPyConnection) -> None:
    text = shown(connection, ".columns messages", ".nonsense")
    assert "quarantine" in text
    assert "VARCHAR" in text
    assert text.count(".columns VIEW") == 2


def test_empty_lines_do_no_harm(connection: duckdb.DuckDBPyConnection) -> None:
    assert "42" in shown(connection, "", "  ", "select 42 as n;")
