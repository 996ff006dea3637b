"""What the daemon is given to do, and what came of it: told once for each kind of database, read by the tests.

1. The schedules are off. An operator clicks on an hour; the process of its run is killed in the middle of a download.
2. He clicks on three other hours, on one of them twice. The daemon is started anew, with the schedules on, and finds
   that it missed a tick.
3. It does all that is due: hours of an app that people chat in, hours of one in which nobody says a word, lost hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from dagster._core.scheduler.instigation import InstigatorTick

from assets.app_assets import messages_key, raw_history_key
from pipelines.definitions import build_definitions, job_name
from pipelines.due_now import due_now
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.daemon.production import FinishedRun, Place, Production, start_production, wait_until
from tests.world import World, start_world

IN_THE_WINDOW = 3
"""So many hours of each app can be asked for. The one before them is lost."""

_A_TICK_AGO = timedelta(minutes=16)
_SILENT = SimulatedApp("acme", "silent", mean_messages_per_hour=0, requests_per_minute=100_000)
_STALLED = ScriptedAnswer(stall_after=10, stall_seconds=300)
_SLOW = ScriptedAnswer(stall_after=10, stall_seconds=5)


@dataclass(frozen=True)
class Story:
    """What came of it.

    Attributes:
        expected: The state that each hour of each app must have, from the platform's truth.
        recorded: The state that the ledger gives it.
        shown: The state that Dagster's pages give it, of the raw history and of the messages.
        said: The ids of all messages that the platform still had.
        archived: The ids of all messages in S3, each as often as it is there.
        runs: Every run.
        missed_ticks: The first tick of each of both archive schedules; later ones come every quarter of an hour.
        killed: The run whose process was killed.
        killed_hour: Its hour.
        clicked: The hours of which runs were queued by hand, all at once, the first of them twice.
    """

    expected: Mapping[tuple[str, str], HourState]
    recorded: Mapping[tuple[str, str], HourState]
    shown: Mapping[tuple[str, str], set[str]]
    said: Counter[str]
    archived: Counter[str]
    runs: tuple[FinishedRun, ...]
    missed_ticks: tuple[InstigatorTick, ...]
    killed: str
    killed_hour: str
    clicked: tuple[str, ...]


def tell(place: Place) -> Story:
    """Let it all happen."""
    now = datetime.now(UTC)
    with ExitStack() as stack:
        world = _start(stack, place, now)
        production = start_production(stack, world, place)
        hours = _hours(now)
        lost, killed_hour, *others = hours
        clicked = (*others, lost)
        killed = _a_run_is_killed(production, world, killed_hour, now)
        _the_daemon_catches_up(production, world, clicked, now)
        return Story(
            **_states(production, world, hours),
            runs=production.finished_runs(),
            missed_ticks=tuple(production.ticks(schedule)[-1] for schedule in _schedules(world)),
            killed=killed,
            killed_hour=killed_hour.key,
            clicked=tuple(hour.key for hour in clicked),
        )


def _start(stack: ExitStack, place: Place, now: datetime) -> World:
    first, *in_the_window = _hours(now)
    # The ends of all spans lie half an hour away, so that nothing comes due or is lost while the story is told.
    part_of_an_hour = ((now.minute + 30) % 60) / 60
    return start_world(
        stack,
        place.s3_endpoint,
        place.bucket_name,
        place.folder,
        apps=[_lively_app(in_the_window, now), _SILENT],
        now=now,
        first_hour=first.key,
        publish_delay_hours=1 + part_of_an_hour,
        settle_hours=2 + part_of_an_hour,
        retention_hours=1 + IN_THE_WINDOW + part_of_an_hour,
    )


def _hours(now: datetime) -> list[Hour]:
    """Return the lost hour and those in the window, the oldest first."""
    newest_due = Hour.containing(now - timedelta(hours=2, minutes=(now.minute + 30) % 60))
    return [newest_due.plus(-ago) for ago in range(IN_THE_WINDOW, -1, -1)]


def _lively_app(hours: list[Hour], now: datetime) -> SimulatedApp:
    """Return an app in which people say something in each of the hours; at night they mostly sleep."""
    apps = (SimulatedApp("acme", "support", seed=seed, requests_per_minute=100_000) for seed in count(1))
    return next(app for app in apps if all(truth(app, hour, now).message_ids for hour in hours))


def _schedules(world: World) -> list[str]:
    return [f"archive_{app.slug}_when_due" for app in world.settings.apps]


def _a_run_is_killed(production: Production, world: World, hour: Hour, now: datetime) -> str:
    repository = build_definitions(world.runtime).get_repository_def()
    for (
        schedule
    ) in repository.schedule_defs:  # all of them: a run that is launched as the daemon ends would end with it
        production.turn(schedule.name, on=False, since=now)
    job = repository.get_job(job_name(world.app))
    world.platform.script("file", _STALLED)
    run_id = production.click(job, hour.key)
    with production.daemon():
        wait_until(lambda: any(request.kind == "file" for request in world.platform.requests))
        production.kill(run_id)
        wait_until(lambda: production.run(run_id).is_finished)
    return run_id


def _the_daemon_catches_up(production: Production, world: World, clicked: tuple[Hour, ...], now: datetime) -> None:
    repository = build_definitions(world.runtime).get_repository_def()
    job = repository.get_job(job_name(world.app))
    # Long enough for a third run to be launched beside the first two, if nothing held it back.
    world.platform.script("file", _SLOW, times=2)
    by_hand = [production.click(job, hour.key) for hour in (clicked[0], *clicked)]
    for schedule in repository.schedule_defs:
        has_missed_a_tick = schedule.name in _schedules(world)
        production.turn(schedule.name, on=True, since=now - _A_TICK_AGO if has_missed_a_tick else datetime.now(UTC))
    with production.daemon():
        wait_until(lambda: all(production.ticks(schedule) for schedule in _schedules(world)))
        wait_until(lambda: not any(due_now(world.runtime, app, datetime.now(UTC)) for app in world.settings.apps))
        wait_until(lambda: all(production.run(run_id).is_finished for run_id in by_hand))
        wait_until(lambda: len(production.finished_runs()) == production.instance.get_runs_count())


def _states(production: Production, world: World, hours: list[Hour]) -> dict[str, Any]:
    """Hold what the platform said, what the ledger says, and what Dagster shows against each other, hour by hour."""
    lost, *_ = hours
    told: dict[str, Any] = {"expected": {}, "recorded": {}, "shown": {}, "said": Counter(), "archived": Counter()}
    for app, simulated in zip(world.settings.apps, world.platform.apps, strict=True):
        for hour in hours:
            known = frozenset() if hour == lost else truth(simulated, hour, world.clock.now()).message_ids
            record = world.runtime.archive(app).ledger.capture(hour)
            assert record is not None
            where = app.slug, hour.key
            told["expected"][where] = _expected(lost=hour == lost, somebody_spoke=bool(known))
            told["recorded"][where] = record.state
            told["shown"][where] = {production.shown(key(app), hour.key) for key in (raw_history_key, messages_key)}
            told["said"].update(known)
            if record.state is HourState.ARCHIVED:
                told["archived"].update(world.message_ids(hour, app))
    return told


def _expected(*, lost: bool, somebody_spoke: bool) -> HourState:
    if lost:
        return HourState.EXPIRED
    return HourState.ARCHIVED if somebody_spoke else HourState.EMPTY
