"""What follows archiving in a catch-up: closed days are compacted, coverage is rebuilt, through Dagster's own jobs.

The daemon has schedules for it (`daily_schedules.py`). Which days are due is `days_due.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.catch_up import QUIET, instance_for_runs, problem_of
from pipelines.days_due import days_due
from pipelines.definitions import COVERAGE_JOB, build_definitions, compaction_job_name
from resources.archive.errors import ArchiveError
from resources.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What was done.

    Attributes:
        compacted: Each day that was compacted, as app and date.
        problems: What failed and what to do, a sentence each.
    """

    compacted: tuple[str, ...]
    problems: tuple[str, ...]


def keep_up(runtime: Runtime) -> Upkeep:
    """Compact the closed days of every app and rebuild coverage. What fails does not keep the rest from being done."""
    compacted, problems = [], []
    repository = build_definitions(runtime).get_repository_def()
    with instance_for_runs() as instance:
        for app in runtime.settings.apps:
            try:
                due = days_due(runtime, app, runtime.clock.now())
            except ArchiveError as error:
                problems.append(f"The closed days of {app.name} are not known. {error}")
                continue
            for day in due:
                run = repository.get_job(compaction_job_name(app)).execute_in_process(
                    partition_key=day.key, run_config=QUIET, instance=instance, raise_on_error=False
                )
                if run.success:
                    compacted.append(f"{app.name} {day}")
                else:
                    problems.append(problem_of(run))
        run = repository.get_job(COVERAGE_JOB).execute_in_process(
            run_config=QUIET, instance=instance, raise_on_error=False
        )
        if not run.success:
            problems.append(problem_of(run))
    return Upkeep(tuple(compacted), tuple(problems))
