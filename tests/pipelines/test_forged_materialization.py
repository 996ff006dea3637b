"""Case 48: whoever reaches Dagster's webserver can report an hour as done that is not. Nothing here believes it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import dagster as dg
import httpx
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_webserver.app import create_app_from_workspace_process_context

from assets.app_assets import hourly_partitions, messages_key, raw_history_key
from assets.coverage.publish_coverage import publish_coverage
from pipelines.due_now import due_now
from pipelines.reconcile import reconcile_app
from resources.hours.due import Task
from resources.hours.hour import Hour
from tests.assets.looking import rows_of
from tests.conftest import MakeWorld
from tests.pipelines.test_schedules import tick
from tests.world import World

HOUR = "2026112306"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


@pytest.fixture
def forged(make_world: MakeWorld, instance: dg.DagsterInstance) -> World:
    """Return a world in which a page of another site has reported the only hour that is due."""
    world = make_world(first_hour=HOUR)
    for key in (raw_history_key(world.app), messages_key(world.app)):
        assert report(instance, key) == 200
        (status,) = (
            instance.get_status_by_partition(key, [HOUR], hourly_partitions(Hour.from_key(HOUR))) or {}
        ).values()
        assert status is not None
        assert status.value == "MATERIALIZED"
    return world


def report(instance: dg.DagsterInstance, key: dg.AssetKey, *, read_only: bool = False) -> int:
    """Report the hour of an asset to a webserver without a proxy, as any page in an operator's browser can."""
    url = f"http://evil.example/report_asset_materialization/{key.to_user_string()}"

    async def post() -> int:
        webserver = httpx.ASGITransport(create_app_from_workspace_process_context(context))
        async with httpx.AsyncClient(transport=webserver) as browser:
            answer = await browser.post(url, params={"partition": HOUR}, headers={"Origin": "http://evil.example"})
            return answer.status_code

    with WorkspaceProcessContext(instance, EmptyWorkspaceTarget(), read_only=read_only) as context:
        return asyncio.run(post())


def test_case_48_an_hour_that_was_only_reported_is_still_asked_for(forged: World, instance: dg.DagsterInstance) -> None:
    assert [(task.hour.key, task.task) for task in due_now(forged.runtime, forged.app, forged.clock.now())] == [
        (HOUR, Task.LOOK)
    ]
    assert [request.partition_key for request in tick(forged, instance)] == [HOUR]


def test_case_48_coverage_still_shows_the_hole(forged: World) -> None:
    publish_coverage(forged.runtime)
    (row,) = [
        row for row in rows_of(forged, "history/coverage/coverage.parquet") if f"{row['starts_at']:%Y%m%d%H}" == HOUR
    ]
    assert not row["complete"]
    assert row["file"] is None


def test_case_48_reconcile_names_the_hour(forged: World, instance: dg.DagsterInstance) -> None:
    assert reconcile_app(forged.runtime, forged.app, instance).unfounded == (HOUR,)


def test_case_48_a_read_only_webserver_takes_no_report(world: World, instance: dg.DagsterInstance) -> None:
    assert report(instance, raw_history_key(world.app), read_only=True) == 401
    assert not instance.fetch_materializations(raw_history_key(world.app), limit=1).records
