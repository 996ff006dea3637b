"""What an operator types beside `catch-up` and `status`: plan, acknowledge, reconcile. Thin; no decisions.

Registered on the command line in `command_line.py`; the options and errors they share are in `command_options.py`.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.due_now import due_now
from pipelines.finding import FindingKind
from pipelines.planner import PlannedTask, in_order, time_for
from pipelines.watch import look_through
from resources.archive.watch_record import WatchRecord
from resources.hours.due import Task
from resources.hours.hour import Hour
from resources.printable import printable
from resources.runtime import Runtime
from resources.settings import AppSettings

_TASKS_SHOWN = 40
_TOLD_WITH_A_PLAN = frozenset(
    {
        FindingKind.HOURS_LOST,
        FindingKind.HOURS_AT_RISK,
        FindingKind.HOURS_FAILING,
        FindingKind.RECORDS_UNREADABLE,
    }
)
_TASKS_IN_WORDS = {
    Task.LOOK: "look",
    Task.CONVERT: "build messages again",
    Task.RECORD_LOSS: "record the loss",
}


def show_plan(console: Console, runtime: Runtime, apps: tuple[AppSettings, ...]) -> None:
    """Say what would be asked now, in which order, how long it takes, what is at risk and what is already lost."""
    now = runtime.clock.now()
    tasks = in_order([task for app in apps for task in due_now(runtime, app, now)], now)
    if tasks:
        console.print(_table_of(tasks, now))
        if len(tasks) > _TASKS_SHOWN:
            console.print(f"... and {len(tasks) - _TASKS_SHOWN:,} more.")
        needed = time_for(tasks)
        console.print(f"{len(tasks):,} due. The request budgets make this take {_in_words(needed)}.")
    else:
        console.print("Nothing is due: every hour is done, or too young to be asked for.")
    for app in apps:
        for finding in look_through(runtime, app, now):
            if finding.kind in _TOLD_WITH_A_PLAN:
                sentence = f"{app.name}: {finding.kind.value}: {finding.hours_in_words}. {finding.sentence}"
                console.print(Text(sentence, style="bold red"))


def _table_of(tasks: list[PlannedTask], now: datetime) -> Table:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for name in ("", "app", "hour (UTC)", "what", "deleted in"):
        table.add_column(name, no_wrap=True)
    for number, task in enumerate(tasks[:_TASKS_SHOWN], 1):
        left = task.deadline - now
        deleted_in = _in_words(left) if left > timedelta(0) else "deleted"
        table.add_row(str(number), task.app.name, task.hour.key, _TASKS_IN_WORDS[task.task], deleted_in)
    return table


def _in_words(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes == 0:
        return "under a minute"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - minutes


def acknowledge_losses(
    console: Console,
    runtime: Runtime,
    app: AppSettings,
    hours: list[Hour],
    because: str,
) -> None:
    """Quiet the loss of hours, and keep it: their state, their record and the reason stay.

    Raises:
        typer.BadParameter: None of the hours is lost and unacknowledged.
    """
    now = runtime.clock.now()
    look_through(runtime, app, now)  # a loss that nobody has noticed yet can be acknowledged too
    ledger = runtime.archive(app).ledger
    chosen = {hour.key for hour in hours}
    lost = chosen.intersection((ledger.watch() or WatchRecord(app=app.name)).unacknowledged)
    if not lost:
        raise typer.BadParameter(
            f"None of these hours of {app.name} is lost and unacknowledged.",
            param_hint="--hours",
        )

    def change(watch: WatchRecord | None) -> WatchRecord:
        return (watch or WatchRecord(app=app.name)).with_acknowledged(lost, because, now)

    ledger.update_watch(change)
    counted = f"{len(lost):,} lost {'hour' if len(lost) == 1 else 'hours'}"
    console.print(Text(f"{counted} of {app.name} acknowledged: {printable(because)}"))


def reconcile(console: Console, runtime: Runtime, apps: tuple[AppSettings, ...]) -> None:
    """Rebuild Dagster's picture from the ledger.

    Raises:
        typer.BadParameter: There is no lasting Dagster instance to report to, or it cannot be opened.
    """
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        raise typer.BadParameter("DAGSTER_HOME is not set: there is no Dagster whose picture could be rebuilt.")
    import dagster as dg  # noqa: PLC0415 - a second that only this command should pay

    from pipelines.reconcile import reconcile_app  # noqa: PLC0415

    try:
        opened = dg.DagsterInstance.get()
    except Exception as error:  # whatever a database, its driver or Dagster's settings come up with
        raise typer.BadParameter(
            f"Dagster's instance in DAGSTER_HOME ({home}) cannot be opened: {type(error).__name__}. Nothing was "
            f"reported to it. `dagster instance info` says what is wrong.",
        ) from error
    with opened as instance:
        for app in apps:
            result = reconcile_app(runtime, app, instance)
            console.print(f"{app.name}: {result.reported:,} materializations reported from the ledger.")
            if result.unfounded:
                console.print(
                    Text(
                        f"{app.name}: Dagster shows {len(result.unfounded):,} hours as done which the ledger does not "
                        f"know as done: {', '.join(result.unfounded[:12])}. The ledger is right; they stay due.",
                        style="bold red",
                    ),
                )
            if result.unreadable:
                console.print(
                    Text(
                        f"{app.name}: {len(result.unreadable):,} hours were left out, for a record of each cannot be "
                        f"read: {', '.join(result.unreadable[:12])}. chat-archive status says what to do.",
                        style="bold red",
                    ),
                )
