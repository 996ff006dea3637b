"""Publishing an hour's messages: what lands in S3 is the truth, whole, once, and never older than what was there."""

from __future__ import annotations

import gzip
import traceback
from collections.abc import Callable
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets import publish_messages as module
from assets.conversion.convert import Conversion
from assets.conversion.gzip_file import Damage, DamagedFile
from assets.conversion.message import decode_line
from assets.conversion.schema import MESSAGES_SCHEMA, QUARANTINE_SCHEMA, SCHEMA_VERSION
from assets.publish_messages import ConversionFailed, NotCaptured, publish_messages
from resources.archive.capture_record import messages_are_current
from resources.archive.errors import ArchiveSuperseded, ArchiveUnreachable
from resources.archive.messages_record import MessageCounts, MessagesRecord
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, Version, truth
from tests.assets.looking import (
    HOUR,
    SILENT,
    hour_that_grows,
    hour_that_stays,
    look,
    record_of,
    rows_of,
    short_name,
    stored,
    versions,
)
from tests.conftest import MakeWorld
from tests.resources.archive.troubled_wire import after, answered, let_through, troubled
from tests.world import World


def publish(world: World, hour: Hour) -> MessagesRecord:
    """Publish an hour that has something to publish."""
    record = publish_messages(hour, world.archive, world.clock)[1]
    assert record is not None
    return record


def look_at_lines(world: World, hour: Hour, *lines: bytes, age: float = 3) -> None:
    """Capture a file with these lines."""
    world.platform.script("file", ScriptedAnswer(200, gzip.compress(b"\n".join(lines), mtime=0)))
    look(world, hour, age=age)


def message(number: int) -> bytes:
    return orjson.dumps({"msg_id": str(number), "timestamp": int(HOUR.start.timestamp() * 1000) + number})


def published(world: World) -> dict[str, bytes]:
    return {name: content for name, content in stored(world).items() if not name.startswith(("raw/", "ledger/capture"))}


# The truth, whole


def test_the_messages_are_the_truth(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    record = publish(world, hour)
    said = truth(world.simulated_app, hour)
    assert set(world.message_ids(hour)) == said.message_ids
    assert (record.counts.lines, record.counts.messages) == (said.line_count, len(said.message_ids))
    assert (record.counts.duplicates, record.counts.quarantined) == (said.duplicates, 0)


def test_the_record_says_what_was_published_and_from_what(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    capture = look(world, hour, age=3).record
    record = publish(world, hour)
    assert record == world.archive.ledger.messages(hour)
    assert record.messages is not None
    head = world.runtime.bucket.head(record.messages.key)
    assert head is not None
    assert (record.messages.bytes, record.messages.sha256) == (head.bytes, head.sha256)
    assert record.raw_revisions == tuple(revision.sha256 for revision in capture.raw_revisions)
    assert (record.schema_version, record.app, record.hour) == (SCHEMA_VERSION, "acme/support", hour.key)
    assert sum(record.body_types.values()) == record.counts.messages
    moments = sorted(row["timestamp"] for row in world.rows(hour))
    assert (record.first_message_at, record.last_message_at) == (moments[0], moments[-1])
    assert record.built_at == world.clock.now()
    assert messages_are_current(capture, record)


def test_the_record_is_written_after_the_objects_it_points_to(world: World) -> None:
    look_at_lines(world, HOUR, message(1), b"no message")
    with troubled(world.runtime.bucket, "PutObject") as puts:
        publish(world, HOUR)
    assert [short_name(put.url.partition("history/")[2]) for put in puts] == [
        "quarantine/lines.parquet",
        "messages/messages.parquet",
        "ledger/messages.json",
    ]


def test_no_request_is_made_to_the_platform(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    before = world.platform.requests
    publish(world, hour)
    assert world.platform.requests == before


def test_an_hour_in_several_files_is_one_object(make_world: MakeWorld) -> None:
    app = SimulatedApp("acme", "support", urls_per_hour=3, requests_per_minute=1000)
    world = make_world(apps=[app])
    hour = hour_that_stays(app)
    look(world, hour, age=3)
    publish(world, hour)
    assert set(world.message_ids(hour)) == truth(app, hour).message_ids


def test_an_object_tells_its_readers_what_it_was_made_from(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    capture = look(world, hour, age=3).record
    publish(world, hour)
    content = world.runtime.bucket.read(world.archive.layout.messages(hour))
    assert content is not None
    metadata = pq.read_metadata(pa.BufferReader(content[0])).metadata
    assert metadata is not None
    assert metadata[b"hour"] == hour.key.encode()
    assert orjson.loads(metadata[b"raw_revisions"]) == [each.sha256 for each in capture.raw_revisions]


# Again


def test_a_rerun_changes_nothing(world: World) -> None:
    look_at_lines(world, HOUR, message(1), b"no message")
    first, before = publish(world, HOUR), versions(world)
    world.clock.sleep(3600)
    with troubled(world.runtime.bucket, "PutObject") as puts:
        second = publish(world, HOUR)
    assert (second, versions(world), puts) == (first, before, [])


def test_objects_that_were_lost_are_built_again_with_the_same_bytes(world: World, s3_client: Any) -> None:
    look_at_lines(world, HOUR, message(1), b"no message")
    publish(world, HOUR)
    before = published(world)
    layout = world.archive.layout
    for key in (layout.messages(HOUR), layout.quarantine(HOUR), layout.messages_record(HOUR)):
        s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=key)
    publish(world, HOUR)
    assert published(world) == before


def test_a_later_revision_replaces_the_hour_with_the_union(world: World) -> None:
    app, hour = world.simulated_app, hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    early = publish(world, hour)
    look(world, hour, age=25)
    union = publish(world, hour)
    assert early.counts.messages < union.counts.messages
    assert set(early.raw_revisions) < set(union.raw_revisions)
    assert set(world.message_ids(hour)) == truth(app, hour).message_ids
    assert union.counts.lines == truth(app, hour).line_count + _early_line_count(app, hour)


def _early_line_count(app: SimulatedApp, hour: Hour) -> int:
    at = hour.end + app.publish_delay
    assert truth(app, hour, at).version is Version.EARLY
    return truth(app, hour, at).line_count


# Two at once


@pytest.mark.parametrize(
    "moment",
    range(8),
    ids=["head", "quarantine's head", "published", "capture", "raw", "put", "record", "put record"],
)
def test_whoever_publishes_from_older_revisions_never_replaces_the_union_whenever_he_is_overtaken(
    world: World, moment: int
) -> None:
    app, hour = world.simulated_app, hour_that_grows(world.simulated_app)
    look(world, hour, age=3)

    def the_other() -> None:
        look(world, hour, age=25)
        publish(world, hour)

    with troubled(world.runtime.bucket, "", *[let_through] * moment, after(the_other)):
        record = publish(world, hour)
    assert len(record.raw_revisions) == 2
    assert world.archive.ledger.messages(hour) == record
    assert set(world.message_ids(hour)) == truth(app, hour).message_ids


def test_whoever_is_overtaken_every_time_gives_up_and_says_so(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    refusals = [answered(412, "PreconditionFailed")] * 4
    with troubled(world.runtime.bucket, "PutObject", *refusals), pytest.raises(ArchiveSuperseded, match="Run it again"):
        publish(world, hour)
    assert published(world) == {}


# The quarantine


def test_lines_that_are_no_messages_are_kept_with_their_reason(world: World) -> None:
    look_at_lines(world, HOUR, message(1), b"no message", b"", message(1))
    record = publish(world, HOUR)
    assert record.counts == MessageCounts(lines=4, messages=1, duplicates=1, quarantined=1, blank=1)
    (row,) = rows_of(world, world.archive.layout.quarantine(HOUR))
    assert (row["line"], row["line_number"]) == (b"no message", 2)
    assert row["raw_revision"] == record_of(world, HOUR).raw_revisions[0].sha256
    assert record.quarantine is not None


def test_without_such_lines_there_is_no_quarantine(world: World) -> None:
    look_at_lines(world, HOUR, message(1))
    assert publish(world, HOUR).quarantine is None
    assert "quarantine/lines.parquet" not in stored(world)


def test_a_quarantine_that_a_better_reader_empties_becomes_a_table_without_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at_lines(world, HOUR, message(1), b"no message")
    publish(world, HOUR)
    monkeypatch.setattr("assets.conversion.decoding.decode_line", _understands_everything())
    record = publish(world, HOUR)
    assert (record.counts.messages, record.counts.quarantined) == (2, 0)
    assert rows_of(world, world.archive.layout.quarantine(HOUR)) == []
    content = stored(world)["quarantine/lines.parquet"]
    assert pq.read_schema(pa.BufferReader(content)).names == QUARANTINE_SCHEMA.names
    assert record.quarantine is not None
    assert publish(world, HOUR) == record


def _understands_everything() -> Callable[[bytes, int], Any]:
    return lambda line, depth: decode_line(message(2) if line == b"no message" else line, depth)


def test_the_ledger_tells_what_the_documentation_does_not(world: World) -> None:
    odd = orjson.dumps(orjson.loads(message(1)) | {"risk": 1})
    look_at_lines(world, HOUR, message(2), odd)
    [oddity] = publish(world, HOUR).drift
    assert (oddity.kind, oddity.name, oddity.lines, oddity.first_line_number) == ("unknown_field", "risk", 1, 2)


def test_the_limits_of_the_settings_hold(make_world: MakeWorld) -> None:
    world = make_world(limits={"max_line_bytes": len(message(1))})
    look_at_lines(world, HOUR, message(1), message(1) + b" ")
    counts = publish(world, HOUR).counts
    assert (counts.messages, counts.quarantined) == (1, 1)


def test_a_large_hour_is_published_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_lines(world, HOUR, message(1), b"no message", message(2))
    record = publish(world, HOUR)
    monkeypatch.setattr(module, "LARGE_HOUR_BYTES", 0)
    assert publish(world, HOUR) == record


def test_an_hour_of_nothing_but_unreadable_lines_has_a_table_without_rows(world: World) -> None:
    look_at_lines(world, HOUR, b"no message")
    record = publish(world, HOUR)
    assert (record.counts.messages, record.first_message_at) == (0, None)
    assert world.rows(HOUR) == []
    content = stored(world)["messages/messages.parquet"]
    assert pq.read_schema(pa.BufferReader(content)).names == MESSAGES_SCHEMA.names


# What there is nothing to publish of


def test_an_hour_nothing_is_known_of_is_no_hour_without_messages(world: World) -> None:
    with pytest.raises(NotCaptured, match=r"hour 2026112012 of acme/support.*Run its raw_history"):
        publish_messages(HOUR, world.archive, world.clock)
    assert stored(world) == {}


def test_an_empty_hour_has_no_object(make_world: MakeWorld) -> None:
    world = make_world(apps=[SILENT])
    look(world, HOUR, age=3)
    capture, record = publish_messages(HOUR, world.archive, world.clock)
    assert (capture.state, record) == (HourState.EMPTY, None)
    assert published(world) == {}


def test_of_a_damaged_file_nothing_is_published(world: World) -> None:
    world.platform.script("file", ScriptedAnswer(200, b"broken"))
    look(world, hour_that_stays(world.simulated_app), age=3)
    capture, record = publish_messages(hour_that_stays(world.simulated_app), world.archive, world.clock)
    assert (capture.state, record) == (HourState.FAILED, None)


def test_what_is_intact_is_published_although_another_file_is_damaged(world: World) -> None:
    app, hour = world.simulated_app, hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    world.platform.script("file", ScriptedAnswer(200, b"broken"))
    look(world, hour, age=25)
    publish(world, hour)
    assert set(world.message_ids(hour)) == truth(app, hour).message_ids


# Failures


def test_a_conversion_that_fails_is_written_down_and_harms_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at_lines(world, HOUR, message(1), b"no message")
    first = publish(world, HOUR)
    raw_and_tables = {name: content for name, content in stored(world).items() if not name.startswith("ledger/")}
    look_at_lines(world, HOUR, message(1), message(2), age=25)

    def refuse(files: Any, **_: Any) -> Conversion:
        raise DamagedFile(Damage.SUSPICIOUS_RATIO, files[0].sha256)

    with monkeypatch.context() as patch:
        patch.setattr(module, "convert_revisions", refuse)
        for failures in (1, 2):
            with pytest.raises(ConversionFailed, match="decompression bomb"):
                publish(world, HOUR)
            record = world.archive.ledger.messages(HOUR)
            assert record is not None
            assert (record.failures_in_a_row, record.last_failure_at) == (failures, world.clock.now())
            assert "decompression bomb" in (record.problem or "")
            assert (record.messages, record.raw_revisions) == (first.messages, first.raw_revisions)
    assert raw_and_tables.items() <= stored(world).items()
    healed = publish(world, HOUR)
    assert (healed.failures_in_a_row, healed.problem, healed.last_failure_at) == (0, None, None)
    assert healed.counts.messages == 2


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_a_raw_revision_that_is_not_what_it_was_is_said_clearly(world: World, s3_client: Any, harm: str) -> None:
    look_at_lines(world, HOUR, message(1))
    key = world.archive.layout.raw(HOUR, record_of(world, HOUR).raw_revisions[0].sha256)
    if harm == "missing":
        s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=key)
    else:
        s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=gzip.compress(message(2)))
    with pytest.raises(ConversionFailed, match=rf"raw/.*{'is missing' if harm == 'missing' else 'bytes'}.*Restore it"):
        publish(world, HOUR)
    assert "messages/messages.parquet" not in stored(world)
    record = world.archive.ledger.messages(HOUR)
    assert record is not None
    assert record.failures_in_a_row == 1


def test_a_look_inside_the_window_brings_a_missing_raw_revision_back(world: World, s3_client: Any) -> None:
    app, hour = world.simulated_app, hour_that_stays(world.simulated_app)
    capture = look(world, hour, age=3).record
    key = world.archive.layout.raw(hour, capture.raw_revisions[0].sha256)
    s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=key)
    look(world, hour, age=25)
    publish(world, hour)
    assert set(world.message_ids(hour)) == truth(app, hour).message_ids


def test_trouble_with_s3_is_no_failed_conversion(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    look_at_lines(world, HOUR, message(1))
    errors = [answered(500, "InternalError")] * 5
    with troubled(world.runtime.bucket, "PutObject", *errors), pytest.raises(ArchiveUnreachable):
        publish(world, HOUR)
    assert world.archive.ledger.messages(HOUR) is None


def test_a_crash_before_the_record_is_mended_by_the_next_run(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    crash = after(lambda: (_ for _ in ()).throw(KeyboardInterrupt()))
    with troubled(world.runtime.bucket, "PutObject", after(lambda: None), crash), pytest.raises(KeyboardInterrupt):
        publish(world, hour)
    assert not messages_are_current(record_of(world, hour), world.archive.ledger.messages(hour))
    record = publish(world, hour)
    assert messages_are_current(record_of(world, hour), record)


# What nobody has thought of


def test_a_defect_is_told_by_its_name_and_place_and_never_in_words_that_quote_a_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: Any, **__: Any) -> Conversion:
        raise pa.ArrowInvalid("Could not convert 'words that two people said' with type str")

    look_at_lines(world, HOUR, message(1))
    monkeypatch.setattr(module, "convert_revisions", stumble)
    with pytest.raises(ConversionFailed, match=r"ArrowInvalid at tests/assets/test_publish_messages\.py:\d+") as caught:
        publish_messages(HOUR, world.archive, world.clock)
    record = world.archive.ledger.messages(HOUR)
    assert record is not None
    assert record.failures_in_a_row == 1
    for told in ("".join(traceback.format_exception(caught.value)), str(record)):
        assert "two people" not in told


@pytest.mark.parametrize("error", [ArchiveUnreachable("GET failed.", "Again."), OSError("the machine, not its disk")])
def test_trouble_that_is_no_defect_keeps_its_own_words(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> Conversion:
        raise error

    look_at_lines(world, HOUR, message(1))
    monkeypatch.setattr(module, "convert_revisions", fail)
    with pytest.raises(type(error)):
        publish_messages(HOUR, world.archive, world.clock)
