"""The command line, `chat-archive`: what a person can ask for, and with which exit code it ends. Thin; no decisions."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from pipelines.analyst_commands import coverage, export, sql
from pipelines.command_options import (
    AppOption,
    HoursOption,
    chosen_apps,
    chosen_hours,
    explained,
    opened_runtime,
)
from pipelines.integrity_commands import adopt, cleanup, verify
from resources.hours.state import REASONS_IN_WORDS
from resources.printable import printable_lines

_DAYS_SHOWN = 7

app = typer.Typer(
    name="chat-archive",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # a traceback with variables would show what secrets they hold
    help=(
        "Save every hour of your apps' chat history before the platform deletes it.\n\n"
        "The settings file is named by the environment variable [bold]CHAT_ARCHIVE_CONFIG[/bold]. Hours are written "
        "YYYYMMDDHH, in UTC.\n\n"
        "Begin with [bold]chat-archive catch-up[/bold], then look at [bold]chat-archive status[/bold]."
    ),
)


@app.command("catch-up")
def catch_up(app_name: AppOption = None, hours: HoursOption = None) -> None:
    """Archive what is due now, in the foreground, through the same Dagster job as a scheduled run.

    Without --hours: every hour that is due, nearest deadline first. With --hours: look at those hours again, as a rerun
    from the UI does; nothing that is archived can get lost by it.

    Works without DAGSTER_HOME; with it, the runs show in the Dagster UI. If it cannot be used, everything is done even
    so.

    Exit code 0: no hour failed. 1: some hour or app failed, people could not be told, or DAGSTER_HOME cannot be used.
    2: usage or configuration; nothing was asked of the platform. 3: none failed, but hours were newly found lost,
    whether or not people could be told.
    """
    # Dagster takes a second to import; --help and status do not wait for it.
    from pipelines.catch_up_command import CatchUp  # noqa: PLC0415

    with explained(), opened_runtime() as runtime:
        chosen = chosen_hours(runtime, hours) if hours is not None else None
        code = CatchUp(Console(), runtime, chosen_apps(runtime, app_name)).run(chosen)
    if code:
        raise typer.Exit(code)


@app.command()
def status(
    app_name: AppOption = None,
    hours: HoursOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array with an entry per app and hour.")] = False,
) -> None:
    """Show what the archive knows of every hour: a grid of days and hours, or JSON.

    Without --hours the grid shows the last seven days and JSON everything since the archive's first hour.

    Exit code 0. 1: S3 cannot be reached. 2: usage or configuration.
    """
    from assets.coverage.hour_status import status_of_app  # noqa: PLC0415
    from assets.coverage.terminal_grid import coverage_grid  # noqa: PLC0415
    from pipelines.planner import hours_of_the_archive  # noqa: PLC0415

    with explained(), opened_runtime() as runtime:
        now = runtime.clock.now()
        chosen = (
            hours_of_the_archive(runtime.settings.archive.first_hour, now)
            if hours is None
            else chosen_hours(runtime, hours)
        )
        if hours is None and not as_json:
            chosen = chosen[-24 * _DAYS_SHOWN :]
        statuses = []
        for chosen_app in chosen_apps(runtime, app_name):
            ledger = runtime.archive(chosen_app).ledger
            statuses += status_of_app(chosen_app, chosen, ledger.records(chosen), ledger.readable_watch(), now)
    if as_json:
        sys.stdout.write(json.dumps([entry.as_json() for entry in statuses], indent=1) + "\n")
        return
    console = Console()
    console.print(coverage_grid(statuses))
    for entry in statuses:
        sentences = [REASONS_IN_WORDS[entry.doubt]] if entry.doubt is not None else []
        sentences += [printable_lines(entry.problem)] if entry.problem is not None else []
        if sentences:
            console.print(Text(f"{entry.app} {entry.hour}: {' '.join(sentences)}"), style="dim")


@app.command()
def plan(app_name: AppOption = None) -> None:
    """Show what would be asked now, in which order, how long it takes, what is at risk and what is already lost.

    The platform is not asked.

    Exit code 0. 1: S3, or a record in it, cannot be read. 2: usage or configuration.
    """
    from pipelines.operator_commands import show_plan  # noqa: PLC0415

    with explained(), opened_runtime() as runtime:
        show_plan(Console(), runtime, chosen_apps(runtime, app_name))


@app.command()
def acknowledge(
    app_name: Annotated[str, typer.Option("--app", metavar="ORG/APP", help="The app whose hours are lost.")],
    hours: Annotated[str, typer.Option("--hours", metavar="A..B", help="From hour A to hour B, both included.")],
    reason: Annotated[str, typer.Option("--reason", help="Why this is known and accepted; kept in the ledger.")],
) -> None:
    """Quiet the alarm about hours that are lost, or that nobody saw settled, without hiding it.

    The hours stay as they are in status, grid and ledger; the checks hours_lost and hours_unsettled no longer fail for
    them.

    Exit code 0. 1: S3, or a record in it, cannot be read. 2: usage or configuration, also when there is nothing to
    acknowledge.
    """
    from pipelines.operator_commands import acknowledge_losses  # noqa: PLC0415

    if not reason.strip():
        raise typer.BadParameter("Write a reason that somebody will understand in a year.", param_hint="--reason")
    with explained(), opened_runtime() as runtime:
        (chosen_app,) = chosen_apps(runtime, app_name)
        acknowledge_losses(Console(), runtime, chosen_app, chosen_hours(runtime, hours), reason.strip())


@app.command()
def reconcile(app_name: AppOption = None) -> None:
    """Rebuild Dagster's picture from the ledger, after its database was lost or pruned. Needs DAGSTER_HOME.

    Exit code 0. 1: S3 cannot be reached. 2: usage or configuration.
    """
    from pipelines.operator_commands import reconcile as rebuild  # noqa: PLC0415

    with explained(), opened_runtime() as runtime:
        rebuild(Console(), runtime, chosen_apps(runtime, app_name))


# In the order in which they are needed: whoever operates, whoever doubts, whoever asks.
app.command()(verify)
app.command()(adopt)
app.command()(cleanup)
app.command()(coverage)
app.command()(sql)
app.command()(export)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
