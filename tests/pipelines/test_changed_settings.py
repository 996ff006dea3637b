"""Settings that are changed while hours are open: what was archived, told or settled before stays what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import timedelta, timezone

import pytest

from assets.coverage.hour_status import HourStatus
from assets.coverage.publish_coverage import publish_coverage
from assets.publish_messages import publish_messages
from pipelines.due_now import due_now
from pipelines.finding import FindingKind
from pipelines.watch import look_through
from resources.hours.due import Task
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, error_bodies, truth
from tests.assets.looking import HOUR, look, record_of, turn_to_age
from tests.conftest import MakeWorld
from tests.world import World

CHINA, UTC_ZONE = timezone(timedelta(hours=8)), timezone(timedelta(0))


def status_of(world: World, hour: Hour) -> HourStatus:
    """What coverage says of an hour now."""
    coverage = publish_coverage(world.runtime)
    return next(each.status for each in coverage.hours if each.status.hour == hour.key)


def told(world: World) -> dict[FindingKind, tuple[str, ...]]:
    """What is wrong now, as the watch sees it."""
    return {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}


def do_what_is_due(world: World, among: Collection[Hour]) -> None:
    """Look at every one of these hours that is due, and convert what came."""
    for task in due_now(world.runtime, world.app, world.clock.now()):
        if task.hour not in among:
            continue
        if task.task is not Task.CONVERT:
            look(world, task.hour)
        publish_messages(task.hour, world.archive, world.clock)


@pytest.mark.parametrize(("real", "wrong"), [(UTC_ZONE, CHINA), (CHINA, UTC_ZONE)])
def test_once_the_zone_of_hours_is_mended_all_the_platform_still_has_is_asked_for_again(
    make_world: MakeWorld, real: timezone, wrong: timezone
) -> None:
    app = SimulatedApp("acme", "support", hour_zone=real, requests_per_minute=100_000, mean_messages_per_hour=5)
    world = make_world(apps=[app], first_hour=HOUR.key)
    deleted_by_then, kept = HOUR, [HOUR.plus(later) for later in range(22, 51, 4)]
    asked_for = [deleted_by_then, *kept]
    turn_to_age(world, HOUR, 50)
    with world.configured(hour_zone=wrong) as mistaken:
        do_what_is_due(mistaken, asked_for)
        assert FindingKind.HOUR_ZONE in told(mistaken)
    turn_to_age(world, HOUR, 73)
    for age in (73, 76, 100, 130):
        turn_to_age(world, HOUR, age)
        do_what_is_due(world, asked_for)
    found = Counter[str]()
    for hour in asked_for:
        if record_of(world, hour).raw_revisions:
            found += world.message_ids(hour)
    for hour in kept:
        assert truth(app, hour).message_ids <= found.keys(), hour
    assert not status_of(world, deleted_by_then).complete
    found_now = told(world)
    assert deleted_by_then.key in {*found_now[FindingKind.HOURS_UNSETTLED], *found_now.get(FindingKind.HOURS_LOST, ())}
    assert FindingKind.FILES_SHRANK not in found_now


@pytest.mark.parametrize("was_asked", [False, True])
def test_a_loss_that_people_were_told_of_is_not_taken_back_without_a_file_when_retention_is_raised(
    make_world: MakeWorld, *, was_asked: bool
) -> None:
    world = make_world(first_hour=HOUR.key)
    if was_asked:
        world.platform.script("history", ScriptedAnswer(403, {"error": "forbidden_service_operation"}))
        assert look(world, HOUR, age=3).record.state is HourState.FAILED
    turn_to_age(world, HOUR, 97)
    assert HOUR.key in told(world)[FindingKind.HOURS_LOST]
    gone = error_bodies.no_file(world.simulated_app.key, HOUR.key)
    with world.configured(retention_hours=168) as patient:
        assert HOUR.key in told(patient)[FindingKind.HOURS_LOST]  # the watch comes before any look
        for age in (98, 163, 169):
            world.platform.script("history", ScriptedAnswer(gone.status, {"error": gone.error}))
            look(patient, HOUR, age=age)
            assert HOUR.key in told(patient)[FindingKind.HOURS_LOST]
        assert (status_of(patient, HOUR).state, status_of(patient, HOUR).complete) == (HourState.EXPIRED, False)


def test_hours_that_were_settled_stay_complete_when_hours_are_settled_later_from_now_on(make_world: MakeWorld) -> None:
    world = make_world(first_hour=HOUR.key)
    look(world, HOUR, age=24.2)
    publish_messages(HOUR, world.archive, world.clock)
    with world.configured(settle_hours=25) as later:
        turn_to_age(later, HOUR, 80)
        assert status_of(later, HOUR).complete
        assert HOUR.key not in told(later).get(FindingKind.HOURS_UNSETTLED, ())
