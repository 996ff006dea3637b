"""An answer in the form that was asked for: a table for people, CSV, JSON or Parquet for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.query.form import Form
from resources.printable import printable, printable_lines
from resources.temporary_folder import temporary_folder

ROWS_SHOWN: Final = 200
"""A table for people ends here; whoever wants more wants a file."""

_RECORDS_SHOWN: Final = 20
_NARROWEST_COLUMN: Final = 8
_LONGEST_CELL: Final = 120
_OF_EXPLAIN: Final = ["explain_key", "explain_value"]
_ANSWER: Final = "answer_to_be_written"
_NUMBERS: Final = ("INT", "DOUBLE", "FLOAT", "DECIMAL")
_STANDARD_OUTPUT: Final = Path("/dev/stdout")


class NotAFile(Exception):
    """Raised when an answer cannot be given in this form at this place."""


def answer(
    connection: duckdb.DuckDBPyConnection, query: str, form: Form, output: Path | None, console: Console
) -> None:
    """Ask a question, or several separated by semicolons, and give the last one's answer.

    Args:
        connection: A DuckDB with the views.
        query: SQL.
        form: In which form.
        output: A file; standard output when left out.
        console: Where tables go.

    Raises:
        NotAFile: Parquet was asked for without a file, or a table with one.
        duckdb.Error: The question cannot be answered.
    """
    if form is Form.PARQUET and output is None:
        raise NotAFile("Parquet is not for terminals: name a file with --output.")
    if form is Form.TABLE and output is not None:
        raise NotAFile("A table is for people: choose --format csv, json or parquet for a file.")
    statements = connection.extract_statements(query)
    if not statements:
        raise NotAFile("There is no question. Write SQL, for example: select * from coverage limit 5")
    for statement in statements[:-1]:
        connection.execute(statement)
    if form is Form.TABLE:
        show(connection.execute(statements[-1]), console)
        return
    relation = connection.sql(statements[-1])
    if relation is None:
        raise NotAFile("The last statement has no answer that could be written.")
    # Handed to a second connection: DESCRIBE and its like have rows too, and cannot stand in a COPY themselves.
    with connection.cursor() as writing:
        writing.register(_ANSWER, relation.to_arrow_reader())
        if output is None and console.is_terminal:
            _write_for_eyes(writing, form, console)
        else:
            write(writing, f"FROM {_ANSWER}", form, output or _STANDARD_OUTPUT)


def _write_for_eyes(connection: duckdb.DuckDBPyConnection, form: Form, console: Console) -> None:
    """Write what is meant for programs onto a terminal, which would obey what people wrote."""
    with temporary_folder() as folder:
        path = folder / "answer"
        write(connection, f"FROM {_ANSWER}", form, path)
        with path.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                console.file.write(printable(line.removesuffix("\n").expandtabs()) + "\n")


def write(
    connection: duckdb.DuckDBPyConnection, query: str, form: Form, path: Path, parameters: dict[str, Any] | None = None
) -> int:
    """Write a query's answer to a file and return how many rows it has."""
    options = {
        Form.CSV: "FORMAT csv, HEADER",
        Form.JSON: "FORMAT json, ARRAY true",
        Form.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    }[form]
    place = str(path).replace("'", "''")
    # A line feed before the bracket: the query may end in a comment.
    written = connection.execute(f"COPY ({query}\n) TO '{place}' ({options})", parameters or {}).fetchone()
    return int(written[0]) if written else 0


def show(result: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Print an answer as a table; row by row where its columns have no room beside each other."""
    description = result.description
    if not description:
        return
    names = [printable(name) for name, *_ in description]
    rows = result.fetchmany(ROWS_SHOWN + 1)
    if names == _OF_EXPLAIN:
        for _, plan in rows:
            console.print(Text(printable_lines(str(plan))))
        return
    most = ROWS_SHOWN
    if len(names) * _NARROWEST_COLUMN > console.width:
        most = _RECORDS_SHOWN
        console.print(_records(names, rows[:most]))
    else:
        console.print(_table(names, [str(kind) for _, kind, *_ in description], rows[:most]))
    if len(rows) > most:
        console.print(f"... and more rows. The first {most} are shown; --format csv gives them all.")


def _table(names: Sequence[str], kinds: Sequence[str], rows: Sequence[tuple[object, ...]]) -> Table:
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="bold")
    for name, kind in zip(names, kinds, strict=True):
        table.add_column(Text(name), justify="right" if kind.startswith(_NUMBERS) else "left")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _records(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> Table:
    """Show each row as a list of names and values, without what is null."""
    table = Table.grid(padding=(0, 2))
    for number, row in enumerate(rows, 1):
        table.add_row(Text(f"row {number}", style="bold"))
        for name, value in zip(names, row, strict=True):
            if value is not None:
                table.add_row(Text(name, style="dim"), _cell(value))
    return table


def _cell(value: object) -> Text:
    if value is None:
        return Text("∅", style="dim")
    text = printable(str(value))
    return Text(text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…")
