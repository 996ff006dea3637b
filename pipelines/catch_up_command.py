"""What `chat-archive catch-up` does, one thing after the other: plan, run, keep up, tell people.

Nothing that goes wrong with one app or hour keeps the others from their turn, or people from being told; at the end the
exit code says it. Each step lies in a file of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.text import Text

from pipelines.catch_up import Outcome, Patience, TaskResult, run_tasks
from pipelines.catch_up_report import announce, progress_of, summarise
from pipelines.command_options import HOURS_NEWLY_LOST, SOME_HOUR_FAILED, USAGE_OR_CONFIGURATION
from pipelines.due_now import due_now
from pipelines.finding import FindingKind
from pipelines.planner import PlannedTask, in_order, looks_by_hand
from pipelines.runs_in_process import RunsInProcess
from pipelines.telling import watch_and_tell
from pipelines.upkeep import keep_up
from resources.alerts import alert_services
from resources.archive.errors import ArchiveError, ArchiveRefused
from resources.credentials import MissingSecret
from resources.defects import defect_in_words
from resources.hours.due import Task
from resources.hours.hour import Hour
from resources.local_state import LocalStateError
from resources.printable import printable_lines
from resources.runtime import Runtime
from resources.settings import AppSettings


class CatchUp:
    """One catch-up.

    Args:
        console: Where it shows.
        runtime: The archive and the platform.
        apps: The apps that are caught up.
    """

    def __init__(self, console: Console, runtime: Runtime, apps: Sequence[AppSettings]) -> None:
        self._console = console
        self._runtime = runtime
        self._apps = apps
        self._patience = Patience()
        self._problems: dict[str, None] = {}
        self._is_configured = self._all_is_told = True

    def run(self, hours: Collection[Hour] | None) -> int:
        """Do what is due, or look at those hours, and return the exit code."""
        results: list[TaskResult] = []
        try:
            planned = [task for app in self._apps for task in self._planned(app, hours)]
            tasks = in_order(planned, self._runtime.clock.now())
            with RunsInProcess(self._say) as runs:
                results = self._run(tasks, runs)
                if not self._patience.is_over:
                    self._keep_up(runs)
        finally:
            self._tell_people()
        return self._exit_code(results)

    def _planned(self, app: AppSettings, hours: Collection[Hour] | None) -> list[PlannedTask]:
        if self._patience.is_over:
            return []
        try:
            tasks = (
                due_now(self._runtime, app, self._runtime.clock.now()) if hours is None else looks_by_hand(app, hours)
            )
            self._patience.notice(None)
        except ArchiveError as error:
            self._patience.notice(error)
            self._meet(error)
            return []
        except Exception as error:  # noqa: BLE001 - a defect that one app's records bring to light
            self._say(f"What is due for {app.name} is not known. {defect_in_words(error)} Please report this.")
            return []
        try:
            if any(task.task is Task.LOOK for task in tasks):
                self._runtime.platform(app)
        except (MissingSecret, LocalStateError) as error:  # told once, instead of at each of the app's hours
            self._meet(error)
            return [task for task in tasks if task.task is not Task.LOOK]
        return tasks

    def _run(self, tasks: Sequence[PlannedTask], runs: RunsInProcess) -> list[TaskResult]:
        if tasks or not self._problems:
            announce(self._console, tasks)
        with progress_of(self._console, len(tasks)) as progress:

            def advance(result: TaskResult) -> None:
                described = f"{result.task.app.name} {result.task.hour} {result.outcome}"
                progress.update(progress.task_ids[0], advance=1, description=described)

            results = run_tasks(tasks, self._runtime, runs, self._patience, advance)
        summarise(self._console, results)
        if self._patience.is_over:
            self._say(
                f"S3 was out of reach several times in a row, so {len(tasks) - len(results):,} hours and what follows "
                f"them are left to the next catch-up."
            )
        return results

    def _keep_up(self, runs: RunsInProcess) -> None:
        upkeep = keep_up(self._runtime, runs)
        for problem in upkeep.problems:
            self._say(problem)
        if upkeep.compacted:
            self._console.print(f"Compacted: {', '.join(upkeep.compacted)}.")

    def _tell_people(self) -> None:
        """Send what is new to the alert URLs, for archives that run without Dagster's sensors."""
        # Where S3 is out of reach, one app is enough to say so.
        apps = self._apps[:1] if self._patience.is_over else self._apps
        told = watch_and_tell(
            self._runtime, apps, self._runtime.clock.now(), alert_services(self._runtime.settings.alerts)
        )
        for app, finding in told.found:
            if finding.kind is FindingKind.RECORDS_UNREADABLE:  # its hours were planned by nobody
                self._say(f"{app} {finding.hours_in_words}: {finding.sentence}")
        for problem in told.problems:
            if not any(said in problem for said in self._problems):
                self._print(problem)
        self._all_is_told = not told.problems

    def _meet(self, error: Exception) -> None:
        self._is_configured &= not isinstance(error, MissingSecret | LocalStateError | ArchiveRefused)
        self._say(str(error))

    def _say(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems[problem] = None
            self._print(problem)

    def _print(self, problem: str) -> None:
        self._console.print(Text(printable_lines(problem), style="bold red"), soft_wrap=True)

    def _exit_code(self, results: Sequence[TaskResult]) -> int:
        if not self._is_configured and not results:
            return USAGE_OR_CONFIGURATION
        if self._problems or any(result.failed for result in results):
            return SOME_HOUR_FAILED
        if any(result.outcome is Outcome.NEWLY_LOST for result in results):
            return HOURS_NEWLY_LOST
        return 0 if self._all_is_told else SOME_HOUR_FAILED
