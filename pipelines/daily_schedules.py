"""When days are compacted, coverage is rebuilt and a sample is verified: all on by default, planned from the ledger.

Hours are `schedules.py`'s business; which days are due is `days_due.py`'s.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator

import dagster as dg

from assets.app_assets import RUNTIME_KEY
from pipelines.days_due import days_due
from pipelines.schedules import UNFINISHED_RUNS
from resources.runtime import Runtime
from resources.settings import AppSettings

COMPACTS_TAG = "archive/compacts"
"""Of runs that compact a day: the app's slug. By it the run queue does one at a time (see docs/dagster.yaml)."""

_COMPACTION_AT = "20 * * * *"
_COVERAGE_AT = "10,40 * * * *"
_VERIFICATION_AT = "25 3 * * *"
_MOST_DAYS_A_TICK = 31


def build_compaction_schedule(app: AppSettings, job_name: str) -> dg.ScheduleDefinition:
    """Return the schedule that requests a run for each closed day that is to be compacted."""

    @dg.schedule(
        name=f"compact_{app.slug}_when_closed",
        job_name=job_name,
        cron_schedule=_COMPACTION_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Make one object of every closed day of {app.name}, and again when an hour was revised.",
        required_resource_keys={RUNTIME_KEY},
    )
    def when_closed(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        runtime: Runtime = context.resources.runtime
        due = days_due(runtime, app, runtime.clock.now())
        under_way = {
            run.tags.get("dagster/partition")
            for run in context.instance.get_runs(
                dg.RunsFilter(statuses=list(UNFINISHED_RUNS), tags={COMPACTS_TAG: app.slug})
            )
        }
        requested = [day for day in due if day.key not in under_way][:_MOST_DAYS_A_TICK]
        if not requested:
            yield dg.SkipReason("No closed day is to be compacted that is not under way.")
        for day in requested:
            yield dg.RunRequest(
                run_key=f"{day}:{context.scheduled_execution_time:%Y%m%d%H%M}",
                partition_key=day.key,
                # After whatever looks at hours: those can be lost.
                tags={"dagster/priority": str(-(10**8))},
            )

    return when_closed


def build_coverage_schedule(job_name: str) -> dg.ScheduleDefinition:
    """Return the schedule that rebuilds coverage."""
    return dg.ScheduleDefinition(
        name="coverage_twice_an_hour",
        job_name=job_name,
        cron_schedule=_COVERAGE_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Rebuild the table and the picture of what there is and what is missing.",
    )


def build_verification_schedule(job_name: str) -> dg.ScheduleDefinition:
    """Return the schedule that verifies the day's sample."""
    return dg.ScheduleDefinition(
        name="verification_each_day",
        job_name=job_name,
        cron_schedule=_VERIFICATION_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Read a sample of all hours back, and compare it with the ledger and the platform's files.",
        # After whatever looks at hours: those can be lost.
        tags={"dagster/priority": str(-(10**8))},
    )
