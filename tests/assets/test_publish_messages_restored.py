"""Publishing after a capture record of the past was put back: no message that is published goes with it."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest

from assets.publish_messages import ConversionFailed, publish_messages
from assets.verification.adopt import adopt
from assets.verification.discrepancy import Thing, Wrong
from resources.simulated_platform import ScriptedAnswer
from tests.assets.looking import HOUR, look, record_of, stored
from tests.assets.verification.archives import found
from tests.pipelines.query.archives import archive_lines, message
from tests.world import World

EARLY, LATE, LATER = (message(number, HOUR, "ann", "bob", f"message {number}") for number in (1, 2, 3))


def archive_twice(world: World) -> bytes:
    """Archive the hour early and once more with other lines, and return the capture record of the first time."""
    archive_lines(world, HOUR, EARLY, age=3)
    first = stored(world)["ledger/capture.json"]
    archive_lines(world, HOUR, LATE, age=25)
    return first


def put_back(world: World, s3_client: Any, record: bytes) -> None:
    key = world.archive.layout.capture_record(HOUR)
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=record)


def adopt_as_it_says(world: World) -> None:
    adopt(HOUR, world.archive, world.clock)


def test_messages_are_not_replaced_by_fewer_when_an_older_capture_record_was_put_back(
    world: World, s3_client: Any
) -> None:
    put_back(world, s3_client, archive_twice(world))
    before = stored(world)["messages/messages.parquet"]
    with pytest.raises(ConversionFailed, match=r"Nothing was replaced\. Run chat-archive adopt"):
        publish_messages(HOUR, world.archive, world.clock)
    assert stored(world)["messages/messages.parquet"] == before
    record = world.archive.ledger.messages(HOUR)
    assert record is not None
    assert (record.counts.messages, len(record.raw_revisions), record.failures_in_a_row) == (2, 2, 1)
    adopt_as_it_says(world)
    record = world.archive.ledger.messages(HOUR)
    assert record is not None
    assert (record.counts.messages, record.failures_in_a_row, record.problem) == (2, 0, None)
    assert len(record_of(world, HOUR).raw_revisions) == 2


def test_a_newer_file_waits_until_the_forgotten_one_is_recorded_again(world: World, s3_client: Any) -> None:
    archive_twice(world)
    forgotten = record_of(world, HOUR).raw_revisions[-1]
    world.platform.script("file", ScriptedAnswer(200, gzip.compress(orjson.dumps(LATER), mtime=0)))
    record = look(world, HOUR, age=40).record
    kept = tuple(revision for revision in record.raw_revisions if revision != forgotten)
    put_back(world, s3_client, record.model_copy(update={"raw_revisions": kept}).model_dump_json().encode())
    with pytest.raises(ConversionFailed, match=f"such as {forgotten.sha256}"):
        publish_messages(HOUR, world.archive, world.clock)
    assert sorted(world.message_ids(HOUR)) == ["1", "2"]
    adopt_as_it_says(world)
    assert sorted(world.message_ids(HOUR)) == ["1", "2", "3"]


def test_an_hour_that_is_empty_by_an_older_record_does_not_pass_for_one_without_messages(
    world: World, s3_client: Any
) -> None:
    world.platform.script("history", ScriptedAnswer(404, {"error": "storage_object_not_found"}))
    look(world, HOUR, age=3)
    empty = stored(world)["ledger/capture.json"]
    archive_lines(world, HOUR, EARLY)
    put_back(world, s3_client, empty)
    with pytest.raises(ConversionFailed, match="Run chat-archive adopt"):
        publish_messages(HOUR, world.archive, world.clock)
    adopt_as_it_says(world)
    assert sorted(world.message_ids(HOUR)) == ["1"]


def test_verifying_names_the_record_that_knows_more_and_sends_to_adopt_before_anything_is_deleted(
    world: World, s3_client: Any
) -> None:
    put_back(world, s3_client, archive_twice(world))
    [contradiction] = found(world, HOUR)
    assert (contradiction.wrong, contradiction.thing) == (Wrong.CONTRADICTS, Thing.MESSAGES_RECORD)
    assert contradiction.remedy.index("chat-archive adopt") < contradiction.remedy.index("delete it")
    adopt_as_it_says(world)
    assert found(world, HOUR) == []
