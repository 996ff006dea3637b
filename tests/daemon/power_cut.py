"""What the daemon makes of what a power cut has left behind: told once, read by the tests.

1. The database remembers four runs whose processes are gone, ten that may still be under way, and old ticks. An
   operator clicks on what the four were about, and on one day more.
2. The daemon is started. It ends what is dead or too old, and throws old ticks away; the ten leave no room for another
   run.
3. One of the ten ends, then the others do. What was clicked is done.

The limits are those that are shipped. None is waited for: what lies in the database is as old as it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorType, TickStatus

from pipelines.alert_sensor import SENSOR_NAME
from pipelines.definitions import COVERAGE_JOB, build_definitions, compaction_job_name, job_name
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.simulated_platform import SimulatedApp
from tests.daemon.production import (
    GONE,
    UNREACHABLE,
    FinishedRun,
    Place,
    Production,
    start_production,
    wait_until,
)
from tests.world import World, start_world

_APPS = tuple(SimulatedApp("acme", name, requests_per_minute=100_000) for name in ("support", "sales"))
_A_TICK_AGO = timedelta(minutes=61)
_SETTLED = timedelta(hours=30)
_CLOSED = timedelta(days=5)
_FIRST_HOUR = timedelta(days=6)
_NO_ROOM = "10 runs are currently in progress. Maximum is 10, won't launch more."

_LAUNCHED, _STARTED = dg.DagsterEventType.RUN_STARTING, dg.DagsterEventType.RUN_START
_TOLD_TO_STOP = dg.DagsterEventType.RUN_CANCELING
_NOT_TOO_OLD = {_LAUNCHED: timedelta(hours=3, minutes=51), _STARTED: timedelta(hours=3, minutes=50)}
_DEAD: Mapping[str, Mapping[dg.DagsterEventType, timedelta]] = {
    "just started": {_LAUNCHED: timedelta(minutes=2), _STARTED: timedelta(minutes=1)},
    "started": {_LAUNCHED: timedelta(hours=4, minutes=2), _STARTED: timedelta(hours=4, minutes=1)},
    "starting": {_LAUNCHED: timedelta(minutes=6)},
    "canceling": {
        _LAUNCHED: timedelta(minutes=6),
        _STARTED: timedelta(minutes=5),
        _TOLD_TO_STOP: timedelta(minutes=4),
    },
}


class OldTick(NamedTuple):
    """How a tick ended, and how many days ago."""

    status: TickStatus
    days: int


_HAS_JUST_TICKED = OldTick(TickStatus.SKIPPED, 0)
_EVERY_STATUS = (TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE)
_TICKS_OF_A_SCHEDULE = tuple(OldTick(status, days) for status in _EVERY_STATUS for days in (29, 31))
_TICKS_OF_THE_SENSOR = (*_TICKS_OF_A_SCHEDULE, *(OldTick(status, days) for status in _EVERY_STATUS for days in (2, 4)))


@dataclass(frozen=True)
class PowerCut:
    """What came of it.

    Attributes:
        runs: Every run, by its id.
        dead: The runs whose processes were gone, by the state they were in.
        again: The runs of the same hour or day that were clicked, likewise.
        ten: The runs that may have been under way.
        compactions: The runs of days, all clicked at once.
        without_room: The state of every run when the dead ones had ended and ten were under way.
        ticks_of_a_schedule: Those that were left when it had ticked once more, itself 0 days ago.
        ticks_of_the_sensor: Likewise.
        telemetry: The files in which Dagster gathers what it tells its makers.
    """

    runs: Mapping[str, FinishedRun]
    dead: Mapping[str, str]
    again: Mapping[str, str]
    ten: tuple[str, ...]
    compactions: tuple[str, ...]
    without_room: Mapping[str, dg.DagsterRunStatus]
    ticks_of_a_schedule: frozenset[OldTick]
    ticks_of_the_sensor: frozenset[OldTick]
    telemetry: tuple[str, ...]


def cut_the_power(place: Place) -> PowerCut:
    """Let it all happen."""
    now = datetime.now(UTC)
    with ExitStack() as stack:
        world = start_world(
            stack,
            place.s3_endpoint,
            place.bucket_name,
            place.folder,
            apps=_APPS,
            now=now,
            first_hour=Hour.containing(now - _FIRST_HOUR).key,
        )
        production = start_production(stack, world, place)
        jobs = build_definitions(world.runtime).get_repository_def()
        schedule = _remember_ticks(production, world, jobs, now)
        targets = _targets(world, jobs, now)
        dead = {
            state: production.remember_run(*targets[state], ages, GONE if state == "just started" else UNREACHABLE)
            for state, ages in _DEAD.items()
        }
        # Of a job that no other limit counts. Monitoring looks at the newest first, so at these before the dead ones.
        coverage = jobs.get_job(COVERAGE_JOB)
        ten = tuple(production.remember_run(coverage, None, _NOT_TOO_OLD, UNREACHABLE) for _ in range(10))
        clicked = {what: production.click(*target) for what, target in targets.items()}
        without_room = _the_daemon_cleans_up(production, ten, schedule, first=next(iter(clicked.values())))
        return PowerCut(
            runs={run.run_id: run for run in production.finished_runs()},
            dead=dead,
            again={state: clicked[state] for state in dead},
            ten=ten,
            compactions=(clicked["starting"], clicked["another day"]),
            without_room=without_room,
            ticks_of_a_schedule=_ticks(production, schedule),
            ticks_of_the_sensor=_ticks(production, SENSOR_NAME),
            telemetry=production.telemetry(),
        )


def _remember_ticks(production: Production, world: World, jobs: dg.RepositoryDefinition, now: datetime) -> str:
    """Turn all schedules off but one that asks for nothing, and give it and the sensor a past. Return its name."""
    schedule = f"{compaction_job_name(world.app)}_when_closed"
    for each in jobs.schedule_defs:
        production.turn(each.name, on=each.name == schedule, since=now - _A_TICK_AGO)
    for tick in _TICKS_OF_A_SCHEDULE:
        production.remember_tick(schedule, InstigatorType.SCHEDULE, tick.status, timedelta(days=tick.days))
    for tick in _TICKS_OF_THE_SENSOR:
        production.remember_tick(SENSOR_NAME, InstigatorType.SENSOR, tick.status, timedelta(days=tick.days))
    return schedule


def _targets(world: World, jobs: dg.RepositoryDefinition, now: datetime) -> dict[str, tuple[dg.JobDefinition, str]]:
    """Return the job and the partition that each dead run was about, and another day, in the order of the clicks."""
    hour, day = Hour.containing(now - _SETTLED), Day.of(Hour.containing(now - _CLOSED))
    app, other_app = world.settings.apps
    return {
        "canceling": (jobs.get_job(job_name(other_app)), hour.key),
        "started": (jobs.get_job(job_name(app)), hour.key),
        "just started": (jobs.get_job(job_name(app)), hour.plus(1).key),
        "starting": (jobs.get_job(compaction_job_name(app)), day.key),
        "another day": (jobs.get_job(compaction_job_name(other_app)), day.key),
    }


def _the_daemon_cleans_up(
    production: Production, ten: tuple[str, ...], schedule: str, *, first: str
) -> Mapping[str, dg.DagsterRunStatus]:
    """Return the state of every run while there was no room, having made some, first for one and then for all."""
    with production.daemon():
        wait_until(lambda: all(_HAS_JUST_TICKED in _ticks(production, name) for name in (schedule, SENSOR_NAME)))
        wait_until(lambda: _NO_ROOM in production.log())
        without_room = {run.run_id: run.status for run in production.instance.get_runs()}
        production.give_up(ten[0])
        wait_until(lambda: production.run(first).status is not dg.DagsterRunStatus.QUEUED)
        for run_id in ten[1:]:
            production.give_up(run_id)
        wait_until(lambda: all(run.is_finished for run in production.instance.get_runs()))
    return without_room


def _ticks(production: Production, name: str) -> frozenset[OldTick]:
    now = datetime.now(UTC).timestamp()
    seconds_a_day = timedelta(days=1).total_seconds()
    return frozenset(
        OldTick(tick.status, round((now - tick.timestamp) / seconds_a_day)) for tick in production.ticks(name)
    )
