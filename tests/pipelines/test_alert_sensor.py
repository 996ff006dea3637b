"""The sensor that wakes people, ticked as Dagster's daemon ticks it: what one tick leaves, the next one finds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.scheduler.instigation import InstigatorTick, TickStatus
from dagster._core.test_utils import (
    create_test_daemon_workspace_context,
    freeze_time,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration

from pipelines import alert_sensor
from pipelines.alert_sensor import build_alert_sensor
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.world import World

Tick = Callable[[], InstigatorTick]
BETWEEN_TICKS = timedelta(minutes=5)

ticked_worlds: list[World] = []


@dg.definitions
def of_the_ticked_world() -> dg.Definitions:
    """What the daemon loads: the sensor over the world of the test."""
    return dg.Definitions(sensors=[build_alert_sensor()], resources={"runtime": ticked_worlds[-1].runtime})


@pytest.fixture
def ticks_of() -> Iterator[Callable[[World], Tick]]:
    """Return a function that gives, for a world, a function that lets five minutes pass and the daemon tick once."""
    with dg.instance_for_test() as instance:

        def for_world(world: World) -> Tick:
            ticked_worlds.append(world)

            def tick() -> InstigatorTick:
                world.clock.advance(BETWEEN_TICKS)
                target = LoadableTargetOrigin(module_name=__name__, attribute="of_the_ticked_world")
                workspace = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(target))
                with (
                    freeze_time(world.clock.now()),
                    create_test_daemon_workspace_context(workspace, instance) as context,
                ):
                    for _ in execute_sensor_iteration(context, logging.getLogger(__name__), None, None):
                        pass
                    (state,) = instance.all_instigator_state()
                    return instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)[0]

            return tick

        yield for_world
    ticked_worlds.clear()


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """Catch what the sensor sends."""
    inbox = Inbox()
    monkeypatch.setattr(alert_sensor, "alert_services", lambda _: (inbox,))
    return inbox


def test_a_loss_is_told_once(make_world: MakeWorld, ticks_of: Callable[[World], Tick], inbox: Inbox) -> None:
    tick = ticks_of(make_world(first_hour="2026112008"))
    assert [tick().status for _ in range(3)] == [TickStatus.SKIPPED] * 3
    assert inbox.kinds.count("hours_lost") == 1


def test_an_alert_that_cannot_be_sent_fails_the_tick(
    make_world: MakeWorld, ticks_of: Callable[[World], Tick], inbox: Inbox
) -> None:
    inbox.works = False
    failed = ticks_of(make_world(first_hour="2026112008"))()
    assert failed.status is TickStatus.FAILURE
    assert failed.error is not None
    assert "The inbox is down." in failed.error.to_string()


def test_that_the_ledger_cannot_be_read_fails_every_tick_and_is_told_every_six_hours(
    make_world: MakeWorld, ticks_of: Callable[[World], Tick], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(now=datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    monkeypatch.setattr(world.runtime.bucket, "name", "absent-bucket")
    tick = ticks_of(world)
    assert [tick().status for _ in range(4)] == [TickStatus.FAILURE] * 4
    ((_, text),) = inbox.letters
    assert "NoSuchBucket" in text
    world.clock.advance(timedelta(hours=5, minutes=35))
    tick()
    assert len(inbox.letters) == 1
    tick()
    tick()
    assert len(inbox.letters) == 2
