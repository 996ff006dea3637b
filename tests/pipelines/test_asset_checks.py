"""Sticky checks and the reconciliation in Dagster: they show the ledger, not one run's colour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from assets.app_assets import messages_key, raw_history_key
from pipelines.definitions import build_definitions
from pipelines.reconcile import reconcile_app
from pipelines.runs_in_process import QUIET
from resources.hours.hour import Hour
from tests.conftest import MakeWorld
from tests.pipelines.test_schedules import run, tick
from tests.world import World


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


def checks(world: World, instance: dg.DagsterInstance) -> dict[str, bool]:
    job = build_definitions(world.runtime).get_repository_def().get_job(f"check_{world.app.slug}")
    result = job.execute_in_process(instance=instance, run_config=QUIET)
    return {each.check_name: each.passed for each in result.get_asset_check_evaluations()}


def test_all_checks_of_a_healthy_archive_pass(make_world: MakeWorld, instance: dg.DagsterInstance) -> None:
    world = make_world(first_hour="2026112305")
    for request in tick(world, instance):
        run(world, instance, request)
    found = checks(world, instance)
    assert set(found) == {
        "hours_lost",
        "hours_unsettled",
        "hours_at_risk",
        "hours_failing",
        "archive_lag",
        "conservation",
        "files_shrank",
        "volume",
        "days_behind",
        "hours_damaged",
        "records_unreadable",
        "hour_zone",
        "lines_quarantined",
        "lines_too_long",
    }
    assert all(found.values())


def test_a_lost_hour_keeps_its_check_failing_although_good_hours_follow(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    world = make_world(first_hour="2026112008")
    requests = {request.partition_key: request for request in tick(world, instance)}
    run(world, instance, requests["2026112008"])
    assert not checks(world, instance)["hours_lost"]
    run(world, instance, requests["2026112306"])
    assert not checks(world, instance)["hours_lost"]


def test_reconcile_rebuilds_dagsters_picture_from_the_ledger_without_a_request(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    world = make_world(first_hour="2026112305")
    with dg.instance_for_test() as lost_database:
        for request in tick(world, lost_database):
            run(world, lost_database, request)
    asked = len(world.platform.requests)
    assert reconcile_app(world.runtime, world.app, instance).reported == 4
    for key in (raw_history_key(world.app), messages_key(world.app)):
        assert instance.get_materialized_partitions(key) == {"2026112305", "2026112306"}
    assert reconcile_app(world.runtime, world.app, instance).reported == 0
    assert len(world.platform.requests) == asked


def test_reconcile_names_hours_that_dagster_shows_and_the_ledger_does_not_know(
    make_world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    world = make_world(first_hour="2026112305")
    instance.report_runless_asset_event(
        dg.AssetMaterialization(raw_history_key(world.app), partition=Hour.from_key("2026112305").key),
    )
    assert reconcile_app(world.runtime, world.app, instance).unfounded == ("2026112305",)


def test_the_shipped_dagster_yaml_is_one_that_dagster_accepts(tmp_path: Path) -> None:
    content = yaml.safe_load(Path("docs/dagster.yaml").read_text())
    with dg.instance_for_test(overrides=content, temp_dir=str(tmp_path)) as instance:
        limits = instance.get_concurrency_config().run_queue_config
        assert limits is not None
        assert [limit["key"] for limit in limits.tag_concurrency_limits] == [
            "archive/app",
            "archive/app_hour",
            "archive/compacts",
        ]
