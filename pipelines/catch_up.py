"""Doing what is due now, in the foreground, in one process, through the same Dagster job as a scheduled run.

Not here: what is due (`planner.py`), what comes before and after it (`catch_up_command.py`), and how it is shown
(`catch_up_report.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import dagster as dg

from assets.app_assets import messages_key
from pipelines.definitions import build_definitions, job_name
from pipelines.planner import PlannedTask
from resources.archive.errors import ArchiveError, ArchiveUnreachable
from resources.archive.records import CaptureRecord
from resources.hours.due import Task
from resources.hours.state import HourState
from resources.runtime import Runtime

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""A run's own log lines would bury the progress bar; what failed is told from the run's result."""


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
    patience: Patience,
    on_result: Callable[[TaskResult], None],
) -> list[TaskResult]:
    """Run each task's hour as a Dagster run of its app's job, one after the other, and tell of each.

    With `DAGSTER_HOME` set, the runs are kept there and show in the UI; without it they are forgotten, and only the
    ledger remembers. A task that fails does not stop the rest; where patience is over, there are fewer results.
    """
    repository = build_definitions(runtime).get_repository_def()
    results = []
    with instance_for_runs() as instance:
        for task in tasks:
            if patience.is_over:
                break
            job = repository.get_job(job_name(task.app))
            try:
                result = _run(task, job, runtime, instance)
                patience.notice(None)
            except ArchiveError as error:
                result = TaskResult(task, Outcome.FAILED, str(error))
                patience.notice(error)
            on_result(result)
            results.append(result)
    return results


@contextmanager
def instance_for_runs() -> Iterator[dg.DagsterInstance]:
    """The instance that `DAGSTER_HOME` names, or one that lives in memory."""
    if os.environ.get("DAGSTER_HOME"):
        with dg.DagsterInstance.get() as instance:
            yield instance
    else:
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance


def _run(task: PlannedTask, job: dg.JobDefinition, runtime: Runtime, instance: dg.DagsterInstance) -> TaskResult:
    ledger = runtime.archive(task.app).ledger
    before = ledger.readable_capture(task.hour)
    run = job.execute_in_process(
        partition_key=task.hour.key,
        asset_selection=[messages_key(task.app)] if task.task is Task.CONVERT else None,
        run_config=QUIET,
        instance=instance,
        tags={"archive/app": task.app.slug, "archive/launched_by": "catch-up"},
        raise_on_error=False,
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


def problem_of(run: dg.ExecuteInProcessResult) -> str:
    """Find the first sentence a person can use: what the failed step said."""
    for event in run.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            told = failure.user_failure_data
            if told is not None and told.description:
                return told.description
            if failure.error is not None:
                error = failure.error.cause or failure.error
                return error.message.strip().splitlines()[0]
    return "The run failed before its first step. See Dagster's event log."
