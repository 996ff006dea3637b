"""When runs are requested: a schedule an app for hours that are due, and one for its checks. Both are on by default.

Each tick plans the whole window from the ledger, not "its" hour, so a missed tick, a restart or a weekend without power
costs nothing but time. Not here: what is due (`planner.py`, `resources.hours.due`).
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from datetime import datetime

import dagster as dg

from assets.app_assets import RUNTIME_KEY, messages_key, raw_history_key
from pipelines.due_now import due_now
from pipelines.planner import PlannedTask, can_be_won, next_requests
from resources.hours.due import Task
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings import AppSettings

MINUTES_BETWEEN_TICKS = 15
_EVERY_TICK = f"*/{MINUTES_BETWEEN_TICKS} * * * *"
_CHECKS_AT = "7,37 * * * *"
_SECONDS_AN_HOUR = 3600
_PAST_ITS_DEADLINE = 2 * 10**6
_LEAST_URGENT = 10**7

UNFINISHED_RUNS = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def run_tags(app: AppSettings, hour: Hour) -> dict[str, str]:
    """Return the tags by which the run queue keeps apps and hours apart (see docs/dagster.yaml)."""
    return {"archive/app": app.slug, "archive/app_hour": f"{app.slug}/{hour}"}


def build_archive_schedule(
    app: AppSettings,
    job_name: str,
    partitions: dg.HourlyPartitionsDefinition,
) -> dg.ScheduleDefinition:
    """Return the schedule that requests a run for each hour that is due."""

    @dg.schedule(
        name=f"archive_{app.slug}_when_due",
        job_name=job_name,
        cron_schedule=_EVERY_TICK,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Ask for every hour of {app.name} that is due, nearest deadline first.",
        required_resource_keys={RUNTIME_KEY},
    )
    def when_due(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        runtime: Runtime = context.resources.runtime
        now = runtime.clock.now()
        due = due_now(runtime, app, now)
        in_flight = _hours_in_flight(context.instance, app, [task.hour.key for task in due], partitions)
        looks = app.requests_per_minute * MINUTES_BETWEEN_TICKS
        requested = next_requests(app, due, in_flight, looks, now)
        if not requested:
            yield dg.SkipReason(f"Nothing is due that is not under way: {len(in_flight)} hours are.")
        for task in requested:
            yield _request(task, context.scheduled_execution_time, now)

    return when_due


def build_check_schedule(app: AppSettings, job_name: str) -> dg.ScheduleDefinition:
    """Return the schedule that evaluates the app's checks."""
    return dg.ScheduleDefinition(
        name=f"check_{app.slug}_twice_an_hour",
        job_name=job_name,
        cron_schedule=_CHECKS_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Look through the ledger of {app.name} for hours lost, at risk, or odd.",
    )


def _request(task: PlannedTask, tick: datetime, now: datetime) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{task.hour}:{tick:%Y%m%d%H%M}",
        partition_key=task.hour.key,
        asset_selection=[messages_key(task.app)] if task.task is Task.CONVERT else None,
        tags={
            **run_tags(task.app, task.hour),
            "archive/task": task.task.value,
            # Older hours first, whenever they were queued, and after them those past their deadline; what a person
            # starts (0) goes before all of them.
            "dagster/priority": str(-_rank(task, now)),
        },
    )


def _rank(task: PlannedTask, now: datetime) -> int:
    """Return where the task stands in the queue: the lower, the sooner, in the order of `planner.in_order`."""
    hours = int(task.hour.start.timestamp()) // _SECONDS_AN_HOUR
    if can_be_won(task, now):
        return hours
    return _PAST_ITS_DEADLINE + hours if task.task is Task.LOOK else _LEAST_URGENT


def _hours_in_flight(
    instance: dg.DagsterInstance,
    app: AppSettings,
    keys: list[str],
    partitions: dg.HourlyPartitionsDefinition,
) -> set[Hour]:
    """Find the hours that a queued or running run is about to do, whoever started it."""
    if not keys:
        return set()
    in_flight: set[str] = set()
    for asset in (raw_history_key(app), messages_key(app)):
        statuses = instance.get_status_by_partition(asset, keys, partitions) or {}
        in_flight |= {key for key, status in statuses.items() if status is not None and status.value == "IN_PROGRESS"}
    unfinished = instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED_RUNS), tags={"archive/app": app.slug}))
    in_flight |= {run.tags["dagster/partition"] for run in unfinished if "dagster/partition" in run.tags}
    return {Hour.from_key(key) for key in in_flight}
