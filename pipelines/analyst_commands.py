"""What an analyst types: coverage, sql, export. Thin; what is asked and written lies in `query/`.

Registered on the command line in `command_line.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from pipelines.command_options import (
    SOME_HOUR_FAILED,
    USAGE_OR_CONFIGURATION,
    chosen_apps,
    end,
    explained,
    opened_runtime,
)
from pipelines.query.form import FORMS_OF_FILES, Form
from resources.hours.day import Day
from resources.hours.hour import Hour, last_finished_hour
from resources.runtime import Runtime

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pipelines.query.export import Export, Wanted

# DuckDB and Arrow take half a second to import; --help does not wait for them.
_HOURS_SHOWN = 24 * 14
_MISSING_SHOWN = 12


def coverage() -> None:
    """Rebuild the coverage table and its picture from the ledger, and show the last fortnight.

    Apps that the archive holds and the settings do not name are left out, which is said.

    The daemon and catch-up do it by themselves.

    Exit code 0. 1: S3 cannot be reached. 2: usage or configuration.
    """
    from assets.coverage.publish_coverage import publish_coverage  # noqa: PLC0415
    from assets.coverage.terminal_grid import coverage_grid  # noqa: PLC0415

    with explained(), opened_runtime() as runtime:
        published = publish_coverage(runtime)
        newest: dict[str, list[str]] = {}
        for status in published.statuses:
            newest.setdefault(status.app, []).append(status.hour)
        shown = {(app, hour) for app, hours in newest.items() for hour in hours[-_HOURS_SHOWN:]}
        console = Console()
        console.print(coverage_grid([each for each in published.statuses if (each.app, each.hour) in shown]))
        bucket = runtime.bucket.name
        console.print(Text(f"\nTable: s3://{bucket}/{published.table}\nPicture: s3://{bucket}/{published.page}"))
        if published.left_out:
            told = f"Left out, for these settings do not name them: {', '.join(published.left_out)}."
            console.print(Text(told, style="bold yellow"))


def sql(
    query: Annotated[
        str | None, typer.Argument(help="SQL; without it, a shell, or what comes on standard input.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How the answer is given.")] = Form.TABLE,
    output: Annotated[Path | None, typer.Option(help="A file for the answer.")] = None,
) -> None:
    """Ask the archive with DuckDB's SQL: views messages, coverage, quarantine.

    Reads from S3 what the query needs: filter on app and date, and name the columns you want.

    Exit code 0. 1: the query failed, or S3 cannot be reached. 2: usage or configuration.
    """
    import duckdb  # noqa: PLC0415

    from pipelines.query.errors import of_a_question  # noqa: PLC0415
    from pipelines.query.output import NotAFile, answer  # noqa: PLC0415
    from pipelines.query.shell import run_shell  # noqa: PLC0415

    console = Console()
    with explained(), opened_runtime() as runtime, _connected(runtime) as connection:
        if query is None and sys.stdin.isatty():
            run_shell(connection, console)
            return
        try:
            answer(connection, query if query is not None else sys.stdin.read(), form, output, console)
        except NotAFile as error:
            end(str(error), USAGE_OR_CONFIGURATION)
        except duckdb.Error as error:
            end(of_a_question(error), SOME_HOUR_FAILED)


def export(
    output: Annotated[Path, typer.Option(help="The file: .csv, .json or .parquet.")],
    user: Annotated[str | None, typer.Option(help="A user id: what it sent, and what was sent to it alone.")] = None,
    conversation: Annotated[str | None, typer.Option(help="A conversation_id.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="First day (2026-11-01) or hour (2026110107), UTC.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="WHEN", help="Last day or hour, included.")] = None,
    app_name: Annotated[
        str | None, typer.Option("--app", metavar="ORG/APP", help="The app; needed when there are several.")
    ] = None,
) -> None:
    """Write what a person or a conversation said to a file, and beside it the hours in that range that are missing.

    A message is in the range when it was sent in it, or is filed under an hour of it.

    Exit code 0, also when hours are missing. 1: it failed. 2: usage or configuration.
    """
    import duckdb  # noqa: PLC0415

    from pipelines.query.errors import of_the_archive  # noqa: PLC0415
    from pipelines.query.export import Wanted  # noqa: PLC0415
    from pipelines.query.export import export as write_export  # noqa: PLC0415

    if user is None and conversation is None:
        raise typer.BadParameter("Name a --user, a --conversation, or both.")
    if output.suffix not in FORMS_OF_FILES:
        raise typer.BadParameter(f"The file's name must end in {', '.join(FORMS_OF_FILES)}.", param_hint="--output")
    with explained(), opened_runtime() as runtime:
        apps = chosen_apps(runtime, app_name)
        if len(apps) > 1:
            raise typer.BadParameter("There are several apps in the settings: name one.", param_hint="--app")
        wanted = Wanted(
            apps[0].slug,
            _first_hour(first, "--from") if first else runtime.settings.archive.first_hour,
            _last_hour(last, "--to") if last else last_finished_hour(runtime.clock.now()),
            user,
            conversation,
        )
        if wanted.last < wanted.first:
            raise typer.BadParameter("--from must not come after --to.")
        with _connected(runtime) as connection:
            try:
                written = write_export(connection, wanted, output)
            except OSError as error:
                end(f"Nothing was exported. {error}", SOME_HOUR_FAILED)
            except duckdb.Error as error:
                end(f"Nothing was exported. {of_the_archive(error)}", SOME_HOUR_FAILED)
    _tell_what_was_written(written, wanted, output)


def _tell_what_was_written(written: Export, wanted: Wanted, output: Path) -> None:
    console = Console()
    console.print(Text(f"{written.messages:,} messages from {wanted.first} to {wanted.last} (UTC): {output}"))
    if written.sent_outside:
        console.print(f"{written.sent_outside:,} of them are filed in this range and carry a time outside of it.")
    if not written.missing:
        console.print("No hour of this range is missing.", style="bold green")
        return
    console.print(
        Text(f"{len(written.missing):,} hours of this range are missing or not whole: {written.missing_file}"),
        style="bold red",
    )
    for each in written.missing[:_MISSING_SHOWN]:
        console.print(Text(f"  {each.hour} {each.state}: {each.reason}"))
    if len(written.missing) > _MISSING_SHOWN:
        console.print(f"  ... and {len(written.missing) - _MISSING_SHOWN:,} more.")


def _connected(runtime: Runtime) -> DuckDBPyConnection:
    import duckdb  # noqa: PLC0415

    from pipelines.query.errors import of_the_archive  # noqa: PLC0415
    from pipelines.query.views import NoCoverage, connect  # noqa: PLC0415
    from resources.duckdb_settings import NoCredentials  # noqa: PLC0415

    try:
        return connect(runtime)
    except (NoCoverage, NoCredentials) as error:
        end(str(error), USAGE_OR_CONFIGURATION)
    except duckdb.Error as error:
        end(f"The archive cannot be queried. {of_the_archive(error)}", SOME_HOUR_FAILED)


def _first_hour(written: str, option: str) -> Hour:
    return _hours(written, option)[0]


def _last_hour(written: str, option: str) -> Hour:
    return _hours(written, option)[-1]


def _hours(written: str, option: str) -> tuple[Hour, ...]:
    try:
        return Day.from_key(written).hours if "-" in written else (Hour.from_key(written),)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
