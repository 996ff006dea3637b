"""A machine whose clock is wrong: it asks too early or too late, and no hour is passed over for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from pipelines.due_now import due_now
from resources.archive.evidence import Look
from resources.clock import Clock
from resources.hours.hour import Hour, hours_between
from resources.hours.state import HourState, Reason
from resources.runtime import Runtime
from resources.simulated_platform import SimulatedApp, truth
from tests.conftest import MakeWorld
from tests.world import World

FIRST = Hour.from_key("2026112310")
HOURS = 6
TALKATIVE = SimulatedApp("acme", "support", seed=3, mean_messages_per_hour=30, requests_per_minute=100_000)


class ClockThatIsOff:
    """A clock that tells the time of another, and is wrong by a span."""

    def __init__(self, right: Clock, off: timedelta) -> None:
        self._right = right
        self._off = off

    def now(self) -> datetime:
        return self._right.now() + self._off

    def sleep(self, seconds: float) -> None:
        self._right.sleep(seconds)


def do_what_is_due(world: World, hours: list[Hour]) -> None:
    """Do what the schedule's next runs of these hours would, by the clock of this machine."""
    clock = world.runtime.clock
    due = due_now(world.runtime, world.app, clock.now())
    for task in (task for task in due if task.hour in hours):
        capture = capture_hour(task.hour, world.archive, lambda: world.runtime.platform(world.app), clock)
        if capture.record.state is HourState.ARCHIVED:
            publish_messages(task.hour, world.archive, clock)


@pytest.mark.parametrize(
    "off", [timedelta(hours=-2), timedelta(minutes=-14), timedelta(minutes=14), timedelta(hours=2)]
)
def test_case_43_a_clock_that_is_off_makes_the_planner_skip_no_hour_and_no_late_message(
    make_world: MakeWorld, tmp_path: Path, off: timedelta
) -> None:
    right = make_world(apps=[TALKATIVE], first_hour=FIRST.key)
    world = replace(right, runtime=Runtime(right.settings, ClockThatIsOff(right.clock, off), Random(2), tmp_path))
    hours = list(hours_between(FIRST, FIRST.plus(HOURS - 1)))
    until = hours[-1].end + timedelta(hours=27)
    while world.clock.now() < until:
        world.clock.advance(timedelta(hours=1))
        do_what_is_due(world, hours)
    world.runtime.close()
    said = Counter(message for hour in hours for message in truth(TALKATIVE, hour).message_ids)
    assert len(said) > 100
    assert sum((world.message_ids(hour) for hour in hours), Counter()) == said


def aged(hours: int) -> datetime:
    """The moment so many hours after an hour's end."""
    return FIRST.end + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("asked", "platform", "certainly"),
    [(10, None, 10), (10, 10, 10), (10, 8, 8), (10, 12, 10)],
    ids=["one clock", "the same", "ours is ahead", "ours is behind"],
)
def test_a_look_was_certainly_made_when_the_clock_that_is_behind_says_so(
    asked: int, platform: int | None, certainly: int
) -> None:
    look = Look(
        asked_at=aged(asked),
        platform_time=None if platform is None else aged(platform),
        state=HourState.PENDING,
        reason=Reason.LATE,
    )
    assert look.certainly_at == aged(certainly)
