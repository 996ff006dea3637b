"""What follows archiving in a catch-up: closed days are compacted, coverage is rebuilt, through Dagster's own jobs.

The daemon has schedules for it (`daily_schedules.py`). Which days are due is `days_due.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import dagster as dg

from pipelines.days_due import days_due
from pipelines.definitions import COVERAGE_JOB, build_definitions, compaction_job_name
from pipelines.runs_in_process import RunsInProcess, problem_of
from resources.archive.errors import ArchiveError
from resources.defects import defect_in_words
from resources.hours.day import Day
from resources.runtime import Runtime

_UNKNOWN: Final = "The closed days of {} are not known."


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What was done.

    Attributes:
        compacted: Each day that was compacted, as app and date.
        problems: What failed and what to do, a sentence each.
    """

    compacted: tuple[str, ...]
    problems: tuple[str, ...]


def keep_up(runtime: Runtime, runs: RunsInProcess) -> Upkeep:
    """Compact the closed days of every app and rebuild coverage. What fails does not keep the rest from being done."""
    compacted, problems = [], []
    repository = build_definitions(runtime).get_repository_def()
    for app in runtime.settings.apps:
        try:
            due = days_due(runtime, app, runtime.clock.now())
        except ArchiveError as error:
            problems.append(f"{_UNKNOWN.format(app.name)} {error}")
            continue
        except Exception as error:  # noqa: BLE001 - a defect is no reason to leave the rest undone
            problems.append(f"{_UNKNOWN.format(app.name)} {defect_in_words(error)} Please report this.")
            continue
        job = repository.get_job(compaction_job_name(app))
        for day in due:
            problem = _problem_of_running(job, runs, day)
            if problem is None:
                compacted.append(f"{app.name} {day}")
            else:
                problems.append(problem)
    problem = _problem_of_running(repository.get_job(COVERAGE_JOB), runs)
    return Upkeep(tuple(compacted), (*problems, problem) if problem is not None else tuple(problems))


def _problem_of_running(job: dg.JobDefinition, runs: RunsInProcess, day: Day | None = None) -> str | None:
    """Run a job, and return what went wrong."""
    try:
        run = runs.execute(job, partition_key=day.key if day is not None else None)
    except Exception as error:  # noqa: BLE001 - as above
        return f"{job.name}: {defect_in_words(error)} Please report this."
    return None if run.success else problem_of(run)
