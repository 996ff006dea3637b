"""What Dagster shows of a table of coverage."""

from __future__ import annotations

import dagster as dg

from assets.app_assets import RUNTIME_KEY
from assets.coverage.coverage_asset import COVERAGE_KEY, build_coverage
from tests.assets.materializing import instance, memory
from tests.world import World

__all__ = ["instance", "memory"]


def metadata_of(world: World, instance: dg.DagsterInstance) -> dict[str, dg.MetadataValue]:
    asset = build_coverage(world.settings.apps)
    result = dg.materialize([asset], resources={RUNTIME_KEY: world.runtime}, instance=instance)
    [materialization] = result.asset_materializations_for_node(COVERAGE_KEY.to_python_identifier())
    return dict(materialization.metadata)


def test_the_asset_names_apps_that_the_settings_and_so_the_table_leave_out(
    world: World, instance: dg.DagsterInstance
) -> None:
    assert "left_out" not in metadata_of(world, instance)
    key = "history/ledger/app=acme__old/watch.json"
    world.runtime.bucket.put_bytes(key, b"{}", content_type="application/json", replaces=None)
    assert metadata_of(world, instance)["left_out"] == dg.MetadataValue.text("acme__old")
