"""Closed days are requested by the schedule, compacted by its runs, and shown with what they hold."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from assets.coverage.coverage_asset import COVERAGE_KEY
from assets.daily.daily_asset import messages_daily_key
from pipelines.definitions import build_definitions
from pipelines.runs_in_process import QUIET
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.simulated_platform import SimulatedApp
from tests.conftest import MakeWorld
from tests.pipelines.query.archives import DAY, NEXT_DAY, archive_lines, message
from tests.pipelines.test_schedules import instance
from tests.pipelines.test_schedules import tick as tick_of
from tests.world import World

__all__ = ["instance"]


def tick(world: World, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    return tick_of(world, instance, f"compact_{world.app.slug}_when_closed")


def run(world: World, instance: dg.DagsterInstance, job: str, day: Day | None = None) -> dg.ExecuteInProcessResult:
    repository = build_definitions(world.runtime).get_repository_def()
    return repository.get_job(job).execute_in_process(
        partition_key=day.key if day else None, run_config=QUIET, instance=instance, raise_on_error=False
    )


def closed_day(world: World) -> None:
    hour = DAY.hours[7]
    archive_lines(world, hour, message(1, hour, "ann", "bob", "hello"))
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))


def test_a_closed_day_is_requested_once_compacted_and_then_no_more(world: World, instance: dg.DagsterInstance) -> None:
    closed_day(world)
    requests = tick(world, instance)
    assert [request.partition_key for request in requests] == [DAY.key]
    result = run(world, instance, f"compact_{world.app.slug}", DAY)
    assert result.success
    materialization = instance.get_latest_materialization_event(messages_daily_key(world.app))
    assert materialization is not None
    assert materialization.asset_materialization is not None
    metadata = materialization.asset_materialization.metadata
    assert metadata["dagster/row_count"].value == 1
    assert metadata["hours_with_messages"].value == 1
    assert tick(world, instance) == []


def test_a_day_that_is_not_closed_fails_with_what_to_expect(world: World, instance: dg.DagsterInstance) -> None:
    closed_day(world)
    hour = NEXT_DAY.hours[20]
    archive_lines(world, hour, message(2, hour, "ann", "bob", "hello"), age=3)
    assert [request.partition_key for request in tick(world, instance)] == []
    result = run(world, instance, f"compact_{world.app.slug}", NEXT_DAY)
    assert not result.success
    failure = next(event for event in result.all_events if event.is_step_failure).step_failure_data
    assert "is not closed" in str(failure.user_failure_data and failure.user_failure_data.description)


def test_a_day_without_messages_is_green_with_no_rows(world: World, instance: dg.DagsterInstance) -> None:
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))
    assert run(world, instance, f"compact_{world.app.slug}", DAY).success
    assert tick(world, instance) == []


def test_coverage_is_one_asset_of_all_apps_and_draws_itself(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    apps = [SimulatedApp("acme", name, requests_per_minute=100_000) for name in ("support", "mall")]
    world = make_world(apps=apps)
    assert run(world, instance, "rebuild_coverage").success
    event = instance.get_latest_materialization_event(COVERAGE_KEY)
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert str(metadata["picture"].value).endswith("/history/coverage.html")
    drawn = str(metadata["latest_days"].value)
    assert "**acme/support**" in drawn
    assert "**acme/mall**" in drawn
    states = [metadata[state.value].value for state in HourState]
    assert metadata["dagster/row_count"].value == sum(value for value in states if isinstance(value, int))


def test_the_first_day_is_that_of_the_first_hour(world: World) -> None:
    definitions = build_definitions(world.runtime)
    asset = definitions.get_repository_def().assets_defs_by_key[messages_daily_key(world.app)]
    assert asset.partitions_def is not None
    assert asset.partitions_def.get_first_partition_key() == Day.of(world.settings.archive.first_hour).key
    assert Hour.from_key("2026112000") == world.settings.archive.first_hour
