"""The interactive SQL shell: reads statements, shows answers, forgives mistakes. What there is to ask is `views.py`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import duckdb
from rich.console import Console
from rich.text import Text

from pipelines.query.errors import of_a_question
from pipelines.query.output import show
from pipelines.query.views import VIEWS
from resources.printable import printable_lines

_COMMENT_AT_THE_END: Final = re.compile(r"--[^\n;]*$")
_HELP: Final = "End a statement with ; and Enter. .tables, .columns VIEW, .help, .quit (or Ctrl-D)."


def run_shell(
    connection: duckdb.DuckDBPyConnection,
    console: Console,
    read_line: Callable[[str], str] = input,
    now: Callable[[], float] = time.perf_counter,
) -> None:
    """Answer until the person leaves.

    Args:
        connection: A DuckDB with the views.
        console: Where answers go.
        read_line: Asks for a line; raises EOFError at the end and KeyboardInterrupt when a statement is given up.
        now: Seconds, for telling how long an answer took.
    """
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415 - gives `input` a history and arrow keys where the system has it
    _show_views(console)
    console.print(_HELP, style="dim")
    waiting = ""
    while True:
        try:
            line = read_line("     ... " if waiting else "archive> ")
        except EOFError:
            console.print()
            return
        except KeyboardInterrupt:
            console.print()
            waiting = ""
            continue
        if not waiting and line.strip().startswith("."):
            if not _command(connection, console, line.strip()):
                return
            continue
        waiting = f"{waiting}\n{line}" if waiting else line
        if _COMMENT_AT_THE_END.sub("", waiting).rstrip().endswith(";"):
            _ask(connection, console, waiting, now)
            waiting = ""
        elif not waiting.strip():
            waiting = ""


def _ask(connection: duckdb.DuckDBPyConnection, console: Console, query: str, now: Callable[[], float]) -> None:
    started = now()
    try:
        show(connection.execute(query), console)
    except duckdb.Error as error:
        console.print(Text(printable_lines(of_a_question(error)), style="bold red"))  # it may quote what people wrote
    except KeyboardInterrupt:
        connection.interrupt()
        console.print("Given up.", style="dim")
    else:
        console.print(f"{now() - started:.2f} s", style="dim")


def _command(connection: duckdb.DuckDBPyConnection, console: Console, line: str) -> bool:
    """Do what a line with a dot asks for; False when the person wants to leave."""
    name, _, argument = line.partition(" ")
    if name in {".quit", ".exit"}:
        return False
    if name == ".tables":
        _show_views(console)
    elif name == ".columns" and argument.strip() in VIEWS:
        show(connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {argument.strip()})"), console)
    else:
        console.print(_HELP, style="dim")
    return True


def _show_views(console: Console) -> None:
    for name, meaning in VIEWS.items():
        console.print(Text.assemble((f"{name:<12}", "bold"), meaning))
