"""The two assets as Dagster runs them: what a partition's colour says, and what its events tell."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import dagster as dg
import pytest

from assets.app_assets import (
    RUNTIME_KEY,
    hourly_partitions,
    messages_key,
    raw_history_key,
)
from pipelines.runs_in_process import QUIET
from resources.hours.hour import Hour
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.assets.looking import HOUR, SERVER_ERROR, SILENT, hour_that_stays, turn_to_age
from tests.assets.materializing import assets_of, failure_of, instance, memory, run
from tests.conftest import MakeWorld
from tests.world import World

__all__ = ["instance", "memory"]


def status_of(world: World, instance: dg.DagsterInstance, hour: Hour, key: dg.AssetKey | None = None) -> str | None:
    """Return what Dagster shows of an hour's raw history, or of another asset."""
    partitions = hourly_partitions(world.settings.archive.first_hour)
    statuses = instance.get_status_by_partition(key or raw_history_key(world.app), [hour.key], partitions)
    status = (statuses or {}).get(hour.key)
    return status.value if status else None


def metadata_of(result: dg.ExecuteInProcessResult, name: str) -> dict[str, dg.MetadataValue]:
    """Return the metadata of the one materialization of an asset."""
    (event,) = (each for each in result.get_asset_materialization_events() if _asset_of(each).path[-1] == name)
    return dict(event.materialization.metadata)


def _asset_of(event: dg.DagsterEvent) -> dg.AssetKey:
    assert event.asset_key is not None
    return event.asset_key


# What a partition's colour says


def test_an_archived_hour_is_materialized_and_says_so_in_typed_metadata(
    world: World, instance: dg.DagsterInstance
) -> None:
    hour = hour_that_stays(world.simulated_app)
    result = run(world, instance, hour, age=3)
    assert result.success
    assert status_of(world, instance, hour) == "MATERIALIZED"
    metadata = metadata_of(result, "raw_history")
    assert {name: type(value).__name__.removesuffix("MetadataValue") for name, value in metadata.items()} == {
        "state": "Text",
        "reason": "Text",
        "deadline": "Timestamp",
        "looks": "Int",
        "raw_revisions": "Int",
        "bytes": "Int",
        "record": "Url",
        "object": "Url",
        "dagster/uri": "Text",
        "seconds": "Float",
        "retries": "Int",
        "hours_before_deadline": "Float",
        "asked_the_platform": "Bool",
    }
    assert metadata["state"].value == "archived"
    assert (metadata["looks"].value, metadata["raw_revisions"].value) == (1, 1)


def test_its_messages_are_materialized_with_their_row_count(world: World, instance: dg.DagsterInstance) -> None:
    hour = hour_that_stays(world.simulated_app)
    result = run(world, instance, hour, age=3)
    metadata = metadata_of(result, "messages")
    said = truth(world.simulated_app, hour)
    assert metadata["dagster/row_count"].value == len(said.message_ids) == len(world.rows(hour))
    assert (metadata["lines"].value, metadata["duplicates"].value) == (said.line_count, said.duplicates)
    assert metadata["state"].value == "archived"
    assert status_of(world, instance, hour, messages_key(world.app)) == "MATERIALIZED"


def test_an_empty_hour_is_materialized_with_no_rows(make_world: MakeWorld, instance: dg.DagsterInstance) -> None:
    world = make_world(apps=[SILENT])
    result = run(world, instance, HOUR, age=3)
    assert result.success
    raw, messages = metadata_of(result, "raw_history"), metadata_of(result, "messages")
    assert (raw["state"].value, raw["confirmed"].value) == ("empty", False)
    assert (messages["state"].value, messages["dagster/row_count"].value) == ("empty", 0)


def test_a_lost_hour_is_materialized_as_lost_and_claims_no_rows(world: World, instance: dg.DagsterInstance) -> None:
    result = run(world, instance, HOUR, age=73)
    assert result.success
    assert status_of(world, instance, HOUR) == "MATERIALIZED"
    raw, messages = metadata_of(result, "raw_history"), metadata_of(result, "messages")
    assert (raw["state"].value, raw["asked_the_platform"].value) == ("expired", False)
    assert raw["reason"].value == "Nobody asked for this hour before the platform deleted it."
    assert messages["state"].value == "expired"
    assert "dagster/row_count" not in messages


@pytest.mark.parametrize(
    ("age", "script", "kind", "says"),
    [
        (0.5, [], "HourNotReady", "is pending. The platform has not written the hour yet."),
        (3, [("history", SERVER_ERROR, 5)], "HourFailed", "is failed. GET chatmessages/"),
        (3, [("file", ScriptedAnswer(200, b"broken"), 1)], "HourFailed", "is failed. The platform gave a file"),
    ],
    ids=["pending", "failed", "damaged"],
)
def test_an_unfinished_hour_is_a_failed_run_that_a_later_one_clears(
    world: World,
    instance: dg.DagsterInstance,
    *,
    age: float,
    script: list[tuple[str, ScriptedAnswer, int]],
    kind: str,
    says: str,
) -> None:
    hour = hour_that_stays(world.simulated_app)
    for request, answer, times in script:
        world.platform.script(request, answer, times=times)
    result = run(world, instance, hour, age=age)
    assert not result.success
    cls_name, text, metadata = failure_of(result)
    assert cls_name == kind
    assert text.startswith(f"Hour {hour} of acme/support {says}")
    assert metadata["state"].value == ("pending" if kind == "HourNotReady" else "failed")
    assert result.get_asset_materialization_events() == []
    assert status_of(world, instance, hour) == "FAILED"
    assert run(world, instance, hour, age=5).success
    assert status_of(world, instance, hour) == "MATERIALIZED"
    assert status_of(world, instance, hour, messages_key(world.app)) == "MATERIALIZED"


def test_an_unfinished_hour_is_tried_once_whatever_the_jobs_retry_policy(
    world: World, instance: dg.DagsterInstance
) -> None:
    hour = hour_that_stays(world.simulated_app)
    world.platform.script("history", SERVER_ERROR, times=5)
    turn_to_age(world, hour, 3)
    definitions = dg.Definitions(
        assets=assets_of(world),
        jobs=[dg.define_asset_job("stubborn", op_retry_policy=dg.RetryPolicy(max_retries=2))],
        resources={RUNTIME_KEY: world.runtime},
    )
    job = definitions.resolve_job_def("stubborn")
    result = job.execute_in_process(partition_key=hour.key, run_config=QUIET, instance=instance, raise_on_error=False)
    assert not result.success
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []
    assert world.archive.ledger.capture(hour) is not None
    assert len(world.platform.requests_of("history")) == 5


def test_an_archived_hour_stays_materialized_when_it_is_run_again_after_its_deadline(
    world: World, instance: dg.DagsterInstance
) -> None:
    hour = hour_that_stays(world.simulated_app)
    run(world, instance, hour, age=3)
    requests = len(world.platform.requests)
    result = run(world, instance, hour, age=100)
    assert result.success
    metadata = metadata_of(result, "raw_history")
    assert (metadata["state"].value, metadata["asked_the_platform"].value) == ("archived", False)
    assert metadata_of(result, "messages")["dagster/row_count"].value == len(world.rows(hour))
    assert status_of(world, instance, hour) == "MATERIALIZED"
    assert len(world.platform.requests) == requests


def test_a_failing_second_look_leaves_an_archived_hour_materialized_and_tells_the_problem(
    world: World, instance: dg.DagsterInstance
) -> None:
    hour = hour_that_stays(world.simulated_app)
    run(world, instance, hour, age=3)
    world.platform.script("history", SERVER_ERROR, times=5)
    result = run(world, instance, hour, age=25)
    assert result.success
    metadata = metadata_of(result, "raw_history")
    assert metadata["state"].value == "archived"
    assert "status 500" in str(metadata["problem"].value)
    assert status_of(world, instance, hour) == "MATERIALIZED"


def test_the_run_that_looked_is_kept_as_evidence(world: World, instance: dg.DagsterInstance) -> None:
    result = run(world, instance, HOUR, age=3)
    record = world.archive.ledger.capture(HOUR)
    assert record is not None
    assert record.looks[0].run_id == result.run_id


# Messages on their own


def test_messages_can_be_built_again_without_a_request(world: World, instance: dg.DagsterInstance) -> None:
    hour = hour_that_stays(world.simulated_app)
    run(world, instance, hour, age=3, only="raw_history")
    requests = len(world.platform.requests)
    result = run(world, instance, hour, only="messages")
    assert result.success
    assert metadata_of(result, "messages")["dagster/row_count"].value == len(world.rows(hour))
    assert len(world.platform.requests) == requests


@pytest.mark.parametrize(
    ("age", "kind", "says"),
    [
        (None, "HourFailed", "Nothing is known of hour"),
        (0.5, "HourNotReady", "is pending: there is nothing to build messages from yet. Run its raw_history."),
    ],
)
def test_messages_of_an_hour_that_is_not_there_yet_are_a_failed_run(
    world: World, instance: dg.DagsterInstance, age: float | None, kind: str, says: str
) -> None:
    if age is not None:
        run(world, instance, HOUR, age=age, only="raw_history")
    result = run(world, instance, HOUR, only="messages")
    assert not result.success
    cls_name, text, _ = failure_of(result)
    assert (cls_name, says in text) == (kind, True)


def test_a_missing_raw_revision_fails_the_messages_with_a_remedy(
    world: World, instance: dg.DagsterInstance, s3_client: Any
) -> None:
    hour = hour_that_stays(world.simulated_app)
    run(world, instance, hour, age=3, only="raw_history")
    (raw,) = filter(lambda key: "/raw/" in key, world.keys())
    s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=raw)
    cls_name, text, _ = failure_of(run(world, instance, hour, only="messages"))
    assert cls_name == "HourFailed"
    assert "Restore it" in text


# What the assets are


def test_an_apps_assets_are_named_grouped_and_owned_as_configured(make_world: MakeWorld) -> None:
    world = make_world(owners=["team:chat", "somebody@example.com"])
    described = {
        spec.key.to_user_string(): (
            spec.group_name,
            sorted(spec.kinds),
            list(spec.owners),
            {key: value for key, value in spec.tags.items() if key.startswith("archive/")},
            [dependency.asset_key.to_user_string() for dependency in spec.deps],
        )
        for asset in assets_of(world)
        for spec in asset.specs
    }
    owners = ["team:chat", "somebody@example.com"]
    assert described == {
        "acme__support/raw_history": (
            "acme__support",
            ["gzip", "s3"],
            owners,
            {"archive/app": "acme__support", "archive/floor": "raw"},
            [],
        ),
        "acme__support/messages": (
            "acme__support",
            ["parquet", "s3"],
            owners,
            {"archive/app": "acme__support", "archive/floor": "messages"},
            ["acme__support/raw_history"],
        ),
    }


def test_both_assets_have_one_partition_a_utc_hour_from_the_first_on(world: World) -> None:
    raw, messages = (asset.partitions_def for asset in assets_of(world))
    assert raw == messages
    assert raw is not None
    assert raw.get_partition_keys()[:2] == ["2026112000", "2026112001"]


def test_an_app_on_a_china_cluster_has_the_same_utc_partitions(make_world: MakeWorld) -> None:
    app = SimulatedApp("acme", "mall", hour_zone=timezone(timedelta(hours=8)))
    (raw, _) = assets_of(make_world(apps=[app]))
    assert raw.partitions_def is not None
    assert raw.partitions_def.get_partition_keys()[0] == "2026112000"


def test_the_columns_of_messages_are_documented_where_analysts_look(world: World) -> None:
    (spec,) = (spec for asset in assets_of(world) for spec in asset.specs if spec.key == messages_key(world.app))
    schema = spec.metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    assert [(column.name, column.type) for column in schema.columns] == [
        ("msg_id", "string"),
        ("timestamp", "timestamp[ms, tz=UTC]"),
        ("chat_type", "string"),
        ("conversation_id", "string"),
        ("sender", "string"),
        ("recipient", "string"),
        ("direction", "string"),
        ("body_type", "string"),
        ("text", "string"),
        ("file_name", "string"),
        ("file_url", "string"),
        ("thumbnail_url", "string"),
        ("file_size", "int64"),
        ("duration", "int32"),
        ("width", "int32"),
        ("height", "int32"),
        ("latitude", "double"),
        ("longitude", "double"),
        ("address", "string"),
        ("action", "string"),
        ("custom_event", "string"),
        ("custom_params", "string"),
        ("thread_id", "string"),
        ("thread_parent_msg_id", "string"),
        ("ext", "string"),
        ("extra", "string"),
    ]
    assert all(column.description for column in schema.columns)
    assert [column.name for column in schema.columns if not column.constraints.nullable] == ["msg_id", "timestamp"]
    described = {column.name: column.description for column in schema.columns}
    assert str(described["duration"]).startswith(
        "Length of an audio or video, as the client declared it. (s) Null where it was"
    )
