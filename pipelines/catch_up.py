"""Doing what is due now, in the foreground, in one process, through the same Dagster job as a scheduled run.

Not here: what is due (`planner.py`), where the runs are kept (`runs_in_process.py`), what comes before and after it
(`catch_up_command.py`), and how it is shown (`catch_up_report.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import dagster as dg

from assets.app_assets import messages_key
from pipelines.definitions import build_definitions, job_name
from pipelines.planner import PlannedTask
from pipelines.runs_in_process import RunsInProcess, problem_of
from resources.archive.capture_record import CaptureRecord
from resources.archive.errors import ArchiveError, ArchiveUnreachable
from resources.defects import defect_in_words
from resources.hours.due import Task
from resources.hours.state import HourState
from resources.runtime import Runtime

_MOST_IN_A_ROW = 3
"""S3 is asked several times, for a minute or so, before it counts as out of reach once."""


class Outcome(StrEnum):
    """What became of one task."""

    ARCHIVED = "archived"
    EMPTY = "empty"
    PENDING = "pending"
    FAILED = "failed"
    NEWLY_LOST = "newly lost"
    STILL_LOST = "still lost"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A task and what became of it.

    Attributes:
        task: What was to be done.
        outcome: What became of the hour.
        problem: What happened and what to do now; None when all went well. An hour that is archived already stays so
            when a further look fails, and has a problem all the same.
        margin: How long before its deadline the hour was saved; None when it was not, or had been before.
    """

    task: PlannedTask
    outcome: Outcome
    problem: str | None = None
    margin: timedelta | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody should do something; an hour that is not there yet is no failure."""
        return self.problem is not None and self.outcome is not Outcome.PENDING


class Patience:
    """With an S3 that is out of reach: after a few times in a row the rest is left to the next catch-up."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def notice(self, error: ArchiveError | None) -> None:
        """Take note of how the latest use of S3 went."""
        self._in_a_row = self._in_a_row + 1 if isinstance(error, ArchiveUnreachable) else 0

    @property
    def is_over(self) -> bool:
        """Whether S3 was out of reach too often in a row."""
        return self._in_a_row >= _MOST_IN_A_ROW


def run_tasks(
    tasks: Sequence[PlannedTask],
    runtime: Runtime,
    runs: RunsInProcess,
    patience: Patience,
    on_result: Callable[[TaskResult], None],
) -> list[TaskResult]:
    """Run each task's hour as a Dagster run of its app's job, one after the other, and tell of each.

    A task that fails, of whatever, does not stop the rest; where patience is over, there are fewer results.
    """
    repository = build_definitions(runtime).get_repository_def()
    results = []
    for task in tasks:
        if patience.is_over:
            break
        job = repository.get_job(job_name(task.app))
        try:
            result = _run(task, job, runtime, runs)
            patience.notice(None)
        except ArchiveError as error:
            result = TaskResult(task, Outcome.FAILED, str(error))
            patience.notice(error)
        except Exception as error:  # noqa: BLE001 - a defect is no reason to let other hours be deleted
            result = TaskResult(task, Outcome.FAILED, f"{defect_in_words(error)} Please report this.")
        on_result(result)
        results.append(result)
    return results


def _run(task: PlannedTask, job: dg.JobDefinition, runtime: Runtime, runs: RunsInProcess) -> TaskResult:
    ledger = runtime.archive(task.app).ledger
    before = ledger.readable_capture(task.hour)
    run = runs.execute(
        job,
        partition_key=task.hour.key,
        asset_selection=[messages_key(task.app)] if task.task is Task.CONVERT else None,
        tags={"archive/app": task.app.slug, "archive/launched_by": "catch-up"},
    )
    record = ledger.capture(task.hour) if run.success else ledger.readable_capture(task.hour)
    problem = _problem_of_the_look(before, record) if run.success else problem_of(run)
    outcome = _outcome(record, success=run.success, lost_before=_is_lost(before))
    is_saved = task.task is Task.LOOK and problem is None and outcome in {Outcome.ARCHIVED, Outcome.EMPTY}
    return TaskResult(task, outcome, problem, task.deadline - runtime.clock.now() if is_saved else None)


def _outcome(record: CaptureRecord | None, *, success: bool, lost_before: bool) -> Outcome:
    if not success:
        return Outcome.PENDING if record is not None and record.state is HourState.PENDING else Outcome.FAILED
    if _is_lost(record):
        return Outcome.STILL_LOST if lost_before else Outcome.NEWLY_LOST
    return Outcome.ARCHIVED if record is not None and record.state is HourState.ARCHIVED else Outcome.EMPTY


def _problem_of_the_look(before: CaptureRecord | None, after: CaptureRecord | None) -> str | None:
    """Return what a look met, if one was made: of an hour with a final state that is no failure of the run."""
    looks_before = before.looks_total if before is not None else 0
    return after.looks[-1].problem if after is not None and after.looks_total > looks_before else None


def _is_lost(record: CaptureRecord | None) -> bool:
    return record is not None and record.state is HourState.EXPIRED
