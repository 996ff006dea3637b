"""Running the assets of an hour in an instance of Dagster that remembers nothing else: steps that their tests share."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from assets.app_assets import (
    RUNTIME_KEY,
    build_app_assets,
    hourly_partitions,
)
from pipelines.runs_in_process import QUIET
from resources.hours.hour import Hour
from tests.assets.looking import turn_to_age
from tests.world import World


@pytest.fixture(scope="module")
def memory() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def instance(memory: dg.DagsterInstance) -> dg.DagsterInstance:
    """Return an instance that remembers nothing; making a new one takes longer than most tests here."""
    memory.wipe()
    return memory


def assets_of(world: World) -> list[dg.AssetsDefinition]:
    return build_app_assets(world.app, hourly_partitions(world.settings.archive.first_hour))


def run(
    world: World,
    instance: dg.DagsterInstance,
    hour: Hour,
    *,
    age: float | None = None,
    only: str | None = None,
) -> dg.ExecuteInProcessResult:
    """Run both assets of an hour, or one, at an age of so many hours if one is given."""
    if age is not None:
        turn_to_age(world, hour, age)
    return dg.materialize(
        assets_of(world),
        partition_key=hour.key,
        selection=None if only is None else [dg.AssetKey([world.app.slug, only])],
        resources={RUNTIME_KEY: world.runtime},
        run_config=QUIET,
        instance=instance,
        raise_on_error=False,
    )


def failure_of(result: dg.ExecuteInProcessResult) -> tuple[str, str, dict[str, dg.MetadataValue]]:
    """Return the class, the text and the metadata of the one failure of a run."""
    (failed,) = (event.step_failure_data for event in result.all_events if event.is_step_failure)
    assert failed.error is not None
    told = failed.user_failure_data
    assert told is not None
    return str(failed.error.cls_name), told.description or "", dict(told.metadata)
