"""How a catch-up shows: what it is about to do, a progress bar, and what became of it. Words and colours only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from assets.coverage.looks import LOOKS
from pipelines.catch_up import Outcome, TaskResult
from pipelines.findings import AT_RISK
from pipelines.planner import PlannedTask, time_for
from resources.hours.due import Task
from resources.hours.state import HourState
from resources.printable import printable_lines

_STYLES = {
    Outcome.ARCHIVED: LOOKS[HourState.ARCHIVED].style,
    Outcome.EMPTY: LOOKS[HourState.EMPTY].style,
    Outcome.PENDING: LOOKS[HourState.PENDING].style,
    Outcome.FAILED: LOOKS[HourState.FAILED].style,
    Outcome.NEWLY_LOST: LOOKS[HourState.EXPIRED].style,
    Outcome.STILL_LOST: LOOKS[HourState.EXPIRED].style,
}
_IN_WORDS = {
    Task.LOOK: "to look at",
    Task.CONVERT: "to build again from raw files",
    Task.RECORD_LOSS: "to record as lost, because nobody asked in time",
}
_HOURS_NAMED = 5


def announce(console: Console, tasks: Sequence[PlannedTask]) -> None:
    """Say what is about to be done, and how long the platform's rate limit makes it take."""
    if not tasks:
        console.print("Nothing is due: every hour is done, or too young to be asked for.")
        return
    counts = Counter(task.task for task in tasks)
    parts = [f"{counts[task]:,} {words}" for task, words in _IN_WORDS.items() if counts[task]]
    console.print(f"{len(tasks):,} {'hour is' if len(tasks) == 1 else 'hours are'} due: {', '.join(parts)}.")
    needed = time_for(tasks)
    if needed >= timedelta(minutes=1):
        console.print(f"The apps' request budgets make this take about {round(needed.total_seconds() / 60):,} minutes.")


@contextmanager
def progress_of(console: Console, total: int) -> Iterator[Progress]:
    """Show a progress bar with the time that is left; its one task has number 0."""
    columns = (
        TextColumn("{task.description:<36}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, expand=True, disable=total == 0) as progress:
        progress.add_task("starting", total=total)
        yield progress


def summarise(console: Console, results: Sequence[TaskResult]) -> None:
    """Say what became of the hours, and, once for each problem, what to do about it."""
    if not results:
        return
    counts = Counter(result.outcome for result in results)
    summary = Text("Done: ")
    for index, outcome in enumerate(outcome for outcome in Outcome if counts[outcome]):
        summary.append(", " if index else "")
        summary.append(f"{counts[outcome]:,} {outcome}", style=_STYLES[outcome])
    console.print(summary + Text("."))
    _tell_the_smallest_margin(console, results)
    problems: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in results:
        if result.failed:
            hour = result.task.hour.key
            sentence = (result.problem or "").replace(hour, "…")
            problems[result.task.app.name, sentence].append(hour)
    for (app, sentence), hours in problems.items():
        told = f"{app} {_some_of(hours)}: {printable_lines(sentence)}"
        console.print(Text(told, style=_STYLES[Outcome.FAILED]))
    lost = [result for result in results if result.outcome is Outcome.NEWLY_LOST]
    if lost:
        named = _some_of([f"{result.task.app.name} {result.task.hour}" for result in lost])
        console.print(
            Text(
                f"Lost: {named}. The platform had deleted these hours before they were asked for; nothing brings them "
                f"back. If your plan keeps more than 72 hours, raise retention_hours and run this again.",
                style=_STYLES[Outcome.NEWLY_LOST],
            ),
        )


def _tell_the_smallest_margin(console: Console, results: Sequence[TaskResult]) -> None:
    """Say which hour came nearest to being lost, if any came near at all."""
    close = [
        (result.margin, f"{result.task.app.name} {result.task.hour}")
        for result in results
        if result.margin is not None and timedelta(0) <= result.margin < AT_RISK
    ]
    if close:
        margin, hour = min(close)
        minutes = margin // timedelta(minutes=1)
        console.print(Text(f"Nearest to being lost was {hour}, saved {minutes:,} minutes before its deadline."))


def _some_of(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_HOURS_NAMED])
    return shown if len(names) <= _HOURS_NAMED else f"{shown} and {len(names) - _HOURS_NAMED:,} more"
