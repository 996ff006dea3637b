"""Files that lie in the archive and that no record names, or that somebody has touched, when their hour is captured."""

from __future__ import annotations

import gzip
from collections import Counter
from hashlib import sha256
from typing import Any

import pytest

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from pipelines.finding import FindingKind
from pipelines.watch import look_through
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from resources.simulated_platform import ScriptedAnswer, truth
from tests.assets.looking import (
    HOUR,
    SERVER_ERROR,
    TWO_FILES,
    files_of,
    hour_that_stays,
    look,
    nobody_is_asked,
    raw_in,
    record_of,
    turn_to_age,
)
from tests.assets.verification.archives import BehindItsBack
from tests.conftest import MakeWorld
from tests.resources.archive.troubled_wire import troubled
from tests.world import World

NOTHING_THERE = ScriptedAnswer(404, {"error": "storage_object_not_found", "error_description": "no such object"})


def unrecorded(world: World, s3_client: Any, hour: Hour, content: bytes) -> None:
    """Store a raw file as a killed run does."""
    key = world.archive.layout.raw(hour, sha256(content).hexdigest())
    BehindItsBack(world, s3_client).stored_as_ours(key, content)


def test_an_hour_whose_record_is_gone_is_not_called_lost_while_its_file_is_there(world: World, s3_client: Any) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    BehindItsBack(world, s3_client).delete(world.archive.layout.capture_record(hour))
    turn_to_age(world, hour, 80)
    result = capture_hour(hour, world.archive, nobody_is_asked, world.clock)
    assert (result.record.state, result.record.reason) == (HourState.ARCHIVED, Reason.FILE_KEPT)
    assert (result.asked, result.newly_lost, result.problem) == (False, False, None)
    assert [each.adopted for each in record_of(world, hour).raw_revisions] == [True]
    publish_messages(hour, world.archive, world.clock)
    assert world.message_ids(hour) == Counter(truth(world.simulated_app, hour).message_ids)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"no gzip", Reason.DAMAGED_FILE), (gzip.compress(b"\n"), Reason.NOT_SETTLED)],
    ids=["damaged", "without lines"],
)
def test_what_a_file_that_nobody_recorded_cannot_prove_is_lost_with_a_true_reason(
    world: World, s3_client: Any, content: bytes, reason: Reason
) -> None:
    unrecorded(world, s3_client, HOUR, content)
    turn_to_age(world, HOUR, 80)
    result = capture_hour(HOUR, world.archive, nobody_is_asked, world.clock)
    assert (result.record.state, result.record.reason, result.newly_lost) == (HourState.EXPIRED, reason, True)
    assert len(result.record.raw_revisions) == 1


def test_what_a_killed_run_stored_is_found_before_its_hour_is_given_up(world: World, s3_client: Any) -> None:
    hour = hour_that_stays(world.simulated_app)
    world.platform.script("history", SERVER_ERROR, times=5)
    look(world, hour, age=3)
    (file,) = files_of(world.simulated_app, hour).values()
    unrecorded(world, s3_client, hour, file)
    turn_to_age(world, hour, 73)
    result = capture_hour(hour, world.archive, nobody_is_asked, world.clock)
    assert (result.record.state, result.asked) == (HourState.ARCHIVED, False)


def test_a_damaged_file_that_a_killed_run_stored_leaves_the_last_look_to_be_made(world: World, s3_client: Any) -> None:
    world.platform.script("history", SERVER_ERROR, times=5)
    look(world, HOUR, age=3)
    unrecorded(world, s3_client, HOUR, b"no gzip")
    result = look(world, HOUR, age=73)
    assert (result.record.state, result.record.reason) == (HourState.EXPIRED, Reason.DAMAGED_FILE)
    assert (result.asked, result.newly_lost) == (True, True)


def test_a_file_that_does_not_hold_what_its_name_says_saves_no_hour(world: World, s3_client: Any) -> None:
    BehindItsBack(world, s3_client).put(world.archive.layout.raw(HOUR, "a" * 64), b"whatever")
    assert look(world, HOUR, age=80).record.reason is Reason.NEVER_ASKED


def test_a_loss_that_is_found_when_the_watch_has_passed_its_hour_is_told_all_the_same(
    make_world: MakeWorld, s3_client: Any
) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=25)
    turn_to_age(world, hour, 24 * 60)
    look_through(world.runtime, world.app, world.clock.now())
    who = BehindItsBack(world, s3_client)
    who.delete(world.archive.layout.capture_record(hour), who.raw_key(hour))
    assert look(world, hour).record.reason is Reason.NEVER_ASKED
    found = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    assert hour.key in found[FindingKind.HOURS_LOST]


def test_what_a_killed_run_stored_is_found_before_its_hour_is_called_empty(world: World, s3_client: Any) -> None:
    hour = hour_that_stays(world.simulated_app)
    (file,) = files_of(world.simulated_app, hour).values()
    unrecorded(world, s3_client, hour, file)
    world.platform.script("history", NOTHING_THERE)
    record = look(world, hour, age=25).record
    assert record.state is HourState.ARCHIVED
    assert record.looks[-1].state is HourState.EMPTY  # what the platform said is kept as it was said
    publish_messages(hour, world.archive, world.clock)
    assert world.message_ids(hour) == Counter(truth(world.simulated_app, hour).message_ids)


def test_only_before_an_hour_is_given_up_or_called_empty_the_archive_is_listed(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    with troubled(world.runtime.bucket, "ListObjectsV2") as lists:
        look(world, hour, age=3)
        look(world, hour, age=80)
        assert lists == []
        look(world, HOUR.plus(-1), age=80)
        assert len(lists) == 1
        world.platform.script("history", NOTHING_THERE)
        look(world, hour.plus(1), age=3)
        assert len(lists) == 2


def test_a_file_that_was_restored_without_its_metadata_is_known_by_its_bytes(world: World, s3_client: Any) -> None:
    hour = hour_that_stays(world.simulated_app)
    first = look(world, hour, age=3).record
    somebody = BehindItsBack(world, s3_client)
    key = somebody.raw_key(hour)
    somebody.put(key, somebody.content(key))
    result = look(world, hour, age=25)
    assert (result.problem, result.record.state) == (None, HourState.ARCHIVED)
    assert result.record.raw_revisions == first.raw_revisions


def test_other_bytes_under_a_files_name_fail_the_look_and_take_no_other_file_away(
    make_world: MakeWorld, s3_client: Any
) -> None:
    world = make_world(apps=[TWO_FILES])
    hour = hour_that_stays(TWO_FILES)
    first, second = files_of(TWO_FILES, hour).values()
    harmed = world.archive.layout.raw(hour, sha256(first).hexdigest())
    BehindItsBack(world, s3_client).put(harmed, b"a stranger's bytes")
    result = look(world, hour, age=25)
    assert "does not hold the bytes" in (result.problem or "")
    assert (result.record.state, result.record.reason) == (HourState.FAILED, Reason.LOOK_FAILED)
    assert set(raw_in(world).values()) == {b"a stranger's bytes", second}
    assert [each.sha256 for each in result.record.raw_revisions] == [sha256(second).hexdigest()]
