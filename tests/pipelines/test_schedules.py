"""What a tick requests: every hour that is due and not under way, nearest deadline first, within the budget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import build_definitions, job_name
from pipelines.schedules import run_tags
from resources.hours.hour import Hour
from resources.simulated_platform import SimulatedApp
from tests.assets.looking import REFUSED, look, turn_to_age
from tests.conftest import MakeWorld
from tests.world import World


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


def tick(
    world: World, instance: dg.DagsterInstance, schedule_name: str = "archive_acme__support_when_due"
) -> list[dg.RunRequest]:
    repository = build_definitions(world.runtime).get_repository_def()
    schedule = repository.get_schedule_def(schedule_name)
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=world.clock.now(),
        repository_def=repository,
        resources={"runtime": world.runtime},
    ) as context:
        return list(schedule.evaluate_tick(context).run_requests or ())


def run(world: World, instance: dg.DagsterInstance, request: dg.RunRequest) -> bool:
    repository = build_definitions(world.runtime).get_repository_def()
    job = repository.get_job(job_name(world.app))
    result = job.execute_in_process(
        partition_key=request.partition_key,
        asset_selection=list(request.asset_selection) if request.asset_selection else None,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        instance=instance,
        tags=dict(request.tags),
        raise_on_error=False,
    )
    return bool(result.success)


def tags_of(request: dg.RunRequest) -> dict[str, Any]:
    return {key: value for key, value in request.tags.items() if key.startswith(("archive/", "dagster/priority"))}


def test_a_tick_requests_every_hour_that_is_due_nearest_deadline_first(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    requests = tick(make_world(first_hour="2026112302"), instance)
    keys = [request.partition_key for request in requests]
    assert keys == ["2026112302", "2026112303", "2026112304", "2026112305", "2026112306"]
    priorities = [int(request.tags["dagster/priority"]) for request in requests]
    assert priorities == sorted(priorities, reverse=True)
    assert max(priorities) < 0  # what a person starts goes first
    assert tags_of(requests[0])["archive/app_hour"] == "acme__support/2026112302"
    assert tags_of(requests[0])["archive/app"] == "acme__support"


def test_hours_done_are_not_requested_again(make_world: MakeWorld, instance: dg.DagsterInstance) -> None:
    world = make_world(first_hour="2026112305")
    for request in tick(world, instance):
        assert run(world, instance, request)
    assert tick(world, instance) == []


def test_a_weekend_of_downtime_is_caught_up_by_the_next_tick(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    world = make_world(first_hour="2026112306", requests_per_minute=10)
    world.clock.advance(timedelta(hours=60))
    requests = tick(world, instance)
    assert len(requests) == 61
    assert requests[0].partition_key == "2026112306"


def test_hours_lost_in_a_longer_outage_are_recorded_after_all_that_can_be_saved(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    world = make_world(first_hour="2026112006")
    requests = tick(world, instance)
    tasks = [request.tags["archive/task"] for request in requests]
    assert tasks == ["look"] * 70 + ["record_loss"] * 3
    assert min(int(request.tags["dagster/priority"]) for request in requests[:70]) > -(10**7)
    assert {request.tags["dagster/priority"] for request in requests[70:]} == {str(-(10**7))}


def test_a_tick_requests_no_more_looks_than_the_platform_allows_until_the_next(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    app = SimulatedApp("acme", "support", requests_per_minute=1)
    requests = tick(make_world(apps=[app], first_hour="2026112200"), instance)
    assert len(requests) == 15
    assert requests[0].partition_key == "2026112200"


def test_last_looks_come_after_all_that_can_be_saved_in_the_tick_and_in_the_queue(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    world = make_world(first_hour="2026112000", requests_per_minute=10)
    too_late = [Hour.from_key(f"20261120{hour:02d}") for hour in range(3)]
    for hour in too_late:
        world.platform.script("history", REFUSED)
        look(world, hour, age=3)
    turn_to_age(world, too_late[-1].plus(1), 71.9)
    requests = tick(world, instance)
    keys = [request.partition_key for request in requests]
    assert keys[:2] == ["2026112003", "2026112004"]
    assert keys[-3:] == [hour.key for hour in too_late]
    priorities = [int(request.tags["dagster/priority"]) for request in requests]
    assert priorities == sorted(priorities, reverse=True)
    assert priorities[-3] < -(10**6) < priorities[-4]  # a backfill that docs/operating.md lets wait is in between


def test_an_hour_that_is_queued_or_running_is_not_requested_twice(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    world = make_world(first_hour="2026112305")
    job = build_definitions(world.runtime).get_repository_def().get_job(job_name(world.app))
    instance.create_run_for_job(
        job,
        status=dg.DagsterRunStatus.STARTED,
        tags={**run_tags(world.app, Hour.from_key("2026112305")), "dagster/partition": "2026112305"},
    )
    assert [request.partition_key for request in tick(world, instance)] == ["2026112306"]


def test_an_hour_whose_messages_are_missing_is_converted_without_a_request(
    make_world: MakeWorld, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(first_hour="2026112306")
    (request,) = tick(world, instance)
    with monkeypatch.context() as broken:
        broken.setattr("assets.app_assets.publish_messages", _crash)
        assert not run(world, instance, request)
    asked = len(world.platform.requests)
    (again,) = tick(world, instance)
    assert again.tags["archive/task"] == "convert"
    assert run(world, instance, again)
    assert len(world.platform.requests) == asked
    assert tick(world, instance) == []
    assert world.message_ids(Hour.from_key("2026112306"))


def _crash(*_: object) -> None:
    raise RuntimeError("the machine stopped here")


def test_schedules_and_the_sensor_are_on_by_default(world: World) -> None:
    repository = build_definitions(world.runtime).get_repository_def()
    assert all(schedule.default_status is dg.DefaultScheduleStatus.RUNNING for schedule in repository.schedule_defs)
    assert all(sensor.default_status is dg.DefaultSensorStatus.RUNNING for sensor in repository.sensor_defs)
    assert {schedule.cron_schedule for schedule in repository.schedule_defs} == {
        "*/15 * * * *",
        "7,37 * * * *",
        "10,40 * * * *",
        "20 * * * *",
        "25 3 * * *",
    }


def test_a_run_started_in_the_ui_carries_the_tags_that_keep_hours_apart(world: World) -> None:
    job = build_definitions(world.runtime).get_repository_def().get_job(job_name(world.app))
    tags = job.get_tags_for_partition_key("2026112306", selected_asset_keys=None)
    assert tags["archive/app_hour"] == "acme__support/2026112306"
