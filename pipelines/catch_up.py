"""Doing what is due now, in the foreground, in one process, through the same Dagster job as a scheduled run.

Not here: what is due (`planner.py`) and how it is shown (`command_line.py`).
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
from resources.archive.records import CaptureRecord
from resources.hours.due import Task
from resources.hours.state import HourState
from resources.runtime import Runtime

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""A run's own log lines would bury the progress bar; what failed is told from the run's result."""


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
        problem: What happened and what to do now; None when all went well.
        margin: How long before its deadline the hour was saved; None when it was not, or had been before.
    """

    task: PlannedTask
    outcome: Outcome
    problem: str | None = None
    margin: timedelta | None = None


def run_tasks(
    tasks: Sequence[PlannedTask],
    runtime: Runtime,
    on_result: Callable[[TaskResult], None],
) -> list[TaskResult]:
    """Run each task's hour as a Dagster run of its app's job, one after the other, and tell of each.

    With `DAGSTER_HOME` set, the runs are kept there and show in the UI; without it they are forgotten, and only the
    ledger remembers. A task that fails does not stop the rest.
    """
    repository = build_definitions(runtime).get_repository_def()
    results = []
    with instance_for_runs() as instance:
        for task in tasks:
            job = repository.get_job(job_name(task.app))
            result = _run(task, job, runtime, instance)
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
    lost_before = _is_lost(ledger.capture(task.hour))
    run = job.execute_in_process(
        partition_key=task.hour.key,
        asset_selection=[messages_key(task.app)] if task.task is Task.CONVERT else None,
        run_config=QUIET,
        instance=instance,
        tags={"archive/app": task.app.slug, "archive/launched_by": "catch-up"},
        raise_on_error=False,
    )
    record = ledger.capture(task.hour)
    problem = None if run.success else problem_of(run)
    outcome = _outcome(record, success=run.success, lost_before=lost_before)
    is_saved = task.task is Task.LOOK and outcome in {Outcome.ARCHIVED, Outcome.EMPTY}
    return TaskResult(task, outcome, problem, task.deadline - runtime.clock.now() if is_saved else None)


def _outcome(record: CaptureRecord | None, *, success: bool, lost_before: bool) -> Outcome:
    if not success:
        return Outcome.PENDING if record is not None and record.state is HourState.PENDING else Outcome.FAILED
    if _is_lost(record):
        return Outcome.STILL_LOST if lost_before else Outcome.NEWLY_LOST
    return Outcome.ARCHIVED if record is not None and record.state is HourState.ARCHIVED else Outcome.EMPTY


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
