"""Raw files that no record names come back into the ledger, and what was said in them into the messages."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from unittest.mock import Mock

import orjson
import pytest

from assets.capture import capture_hour
from assets.publish_messages import ConversionFailed
from assets.verification.adopt import adopt
from pipelines.finding import FindingKind
from pipelines.watch import look_through
from resources.archive.app_archive import AppArchive
from resources.archive.ledger import Ledger
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from resources.limits import Limits
from resources.simulated_platform import truth
from tests.assets.looking import HOUR, hour_that_stays, record_of, turn_to_age
from tests.assets.verification.archives import (
    DAMAGED,
    EMPTY,
    FAILED,
    KINDS_OF_HOURS,
    LOST,
    PLAIN,
    BehindItsBack,
    found,
    let_s3_clock_run_ahead,
)
from tests.conftest import MakeWorld
from tests.pipelines.query.archives import DAY, message
from tests.resources.archive.troubled_wire import troubled
from tests.world import World

NEVER_RECORDED = DAY.hours[20]


def said(number: int, hour: Hour) -> bytes:
    return orjson.dumps(message(number, hour, "ann", "bob", "not lost after all"))


@pytest.mark.parametrize("hour", [PLAIN, EMPTY, LOST, NEVER_RECORDED])
def test_what_a_killed_run_stored_is_recorded_and_becomes_part_of_the_messages(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, hour: Hour
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    world = somebody.world
    before = world.message_ids(hour) if hour is PLAIN else Counter()
    key = somebody.unrecorded_raw_file(hour, said(77, hour))
    assert key in {each.key for each in found(world, hour)}
    asked = len(world.platform.requests)
    adoption = adopt(hour, world.archive, world.clock)
    assert len(adoption.adopted) == 1
    assert world.message_ids(hour) == before + Counter({"77": 1})
    assert record_of(world, hour).state is HourState.ARCHIVED
    assert record_of(world, hour).raw_revisions[-1].adopted
    assert found(world, hour, read_data=True) == []
    assert len(world.platform.requests) == asked


def test_a_lost_hour_that_is_adopted_is_no_longer_lost_but_was_never_settled(somebody: BehindItsBack) -> None:
    world = somebody.world
    concerned = findings(world)
    assert LOST.key in concerned[FindingKind.HOURS_LOST]
    somebody.unrecorded_raw_file(LOST, said(77, LOST))
    adopt(LOST, world.archive, world.clock)
    concerned = findings(world)
    assert LOST.key not in concerned[FindingKind.HOURS_LOST]
    assert LOST.key in concerned[FindingKind.HOURS_UNSETTLED]


def findings(world: World) -> dict[FindingKind, tuple[str, ...]]:
    return {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}


def test_inside_the_window_an_adopted_hour_is_still_asked_for(somebody: BehindItsBack) -> None:
    world = somebody.world
    world.clock.turn_to(NEVER_RECORDED.end + timedelta(hours=5))
    somebody.unrecorded_raw_file(NEVER_RECORDED, said(77, NEVER_RECORDED))
    adopt(NEVER_RECORDED, world.archive, world.clock)
    assert record_of(world, NEVER_RECORDED).next_look_at is not None


def test_where_the_ledger_names_every_file_nothing_is_written(somebody: BehindItsBack) -> None:
    world = somebody.world
    with troubled(world.runtime.bucket, "PutObject") as puts:
        for hour in KINDS_OF_HOURS:
            assert adopt(hour, world.archive, world.clock).adopted == ()
    assert puts == []


def test_adopting_twice_is_adopting_once(somebody: BehindItsBack) -> None:
    world = somebody.world
    somebody.unrecorded_raw_file(LOST, said(77, LOST))
    adopt(LOST, world.archive, world.clock)
    record = record_of(world, LOST)
    assert adopt(LOST, world.archive, world.clock).adopted == ()
    assert record_of(world, LOST) == record


def test_adopting_again_goes_on_where_a_killed_run_was_stopped(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = somebody.world
    somebody.unrecorded_raw_file(LOST, said(77, LOST))
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "update_watch", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            adopt(LOST, world.archive, world.clock)
    assert adopt(LOST, world.archive, world.clock).messages is not None
    assert world.message_ids(LOST) == Counter({"77": 1})
    assert LOST.key not in findings(world).get(FindingKind.HOURS_LOST, ())


def test_a_file_that_does_not_hold_what_its_name_says_is_not_recorded(somebody: BehindItsBack) -> None:
    world = somebody.world
    key = world.archive.layout.raw(LOST, "a" * 64)
    somebody.put(key, b"whatever")
    somebody.put(f"{world.archive.layout.raw_hour(LOST)}notes.txt", b"mine")
    adoption = adopt(LOST, world.archive, world.clock)
    assert (adoption.adopted, adoption.refused) == ((), (key,))
    assert record_of(world, LOST).state is HourState.EXPIRED


def test_a_damaged_file_is_recorded_as_damaged_and_makes_no_hour_archived(somebody: BehindItsBack) -> None:
    world = somebody.world
    content = b"no gzip at all"
    sha256 = somebody.stored_as_ours("elsewhere", content)
    somebody.stored_as_ours(world.archive.layout.raw(LOST, sha256), content)
    (revision,) = adopt(LOST, world.archive, world.clock).adopted
    assert revision.damage is not None
    assert record_of(world, LOST).state is HourState.EXPIRED


@pytest.mark.parametrize(
    ("hour", "age", "state"),
    [
        (EMPTY, 80, HourState.EXPIRED),
        (EMPTY, 30, HourState.FAILED),
        (NEVER_RECORDED, 80, HourState.EXPIRED),
        (NEVER_RECORDED, 30, HourState.FAILED),
        (FAILED, 80, HourState.FAILED),
        (LOST, 80, HourState.EXPIRED),
        (PLAIN, 80, HourState.ARCHIVED),
    ],
)
def test_of_an_hour_whose_damaged_file_is_adopted_nobody_says_that_nobody_spoke(
    somebody: BehindItsBack, hour: Hour, age: float, state: HourState
) -> None:
    world = somebody.world
    turn_to_age(world, hour, age)
    somebody.stored_as_ours(world.archive.layout.raw(hour, hashlib.sha256(b"no gzip").hexdigest()), b"no gzip")
    adopt(hour, world.archive, world.clock)
    record = record_of(world, hour)
    assert (record.state, record.confirmed) == (state, False)
    assert record.reason is (Reason.FILE_KEPT if state is HourState.ARCHIVED else Reason.DAMAGED_FILE)
    watch = world.archive.ledger.watch()
    assert watch is not None
    assert (hour.key in watch.losses) is (state is HourState.EXPIRED)


def small_limits(world: World) -> AppArchive:
    """The same archive, by settings under which no file is small enough."""
    return world.runtime.archive(world.app.model_copy(update={"limits": Limits(max_inflated_bytes=10)}))


def lost_by_a_limit(world: World, hour: Hour) -> None:
    """Look at an hour under such settings until it is given up."""
    for age in (60, 71, 73, 97):
        turn_to_age(world, hour, age)
        capture_hour(hour, small_limits(world), lambda: world.runtime.platform(world.app), world.clock)
    assert (record_of(world, hour).state, record_of(world, hour).reason) == (HourState.EXPIRED, Reason.DAMAGED_FILE)


def test_a_file_that_a_limit_refused_comes_back_after_the_deadline_once_the_limit_is_raised(
    make_world: MakeWorld,
) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_stays(world.simulated_app)
    lost_by_a_limit(world, hour)
    assert "chat-archive adopt" in (record_of(world, hour).raw_revisions[0].damage or "")
    assert hour.key in findings(world)[FindingKind.HOURS_LOST]
    asked = len(world.platform.requests)
    adoption = adopt(hour, world.archive, world.clock)
    assert (adoption.adopted, [each.damage for each in adoption.read_again]) == ((), [None])
    (revision,) = record_of(world, hour).raw_revisions
    assert (revision.damage, revision.lines) == (None, truth(world.simulated_app, hour).line_count)
    assert (record_of(world, hour).state, record_of(world, hour).reason) == (HourState.ARCHIVED, Reason.FILE_KEPT)
    assert world.message_ids(hour) == Counter(truth(world.simulated_app, hour).message_ids)
    assert hour.key not in findings(world).get(FindingKind.HOURS_LOST, ())
    assert len(world.platform.requests) == asked


def test_a_file_that_still_is_damaged_stays_so_and_nothing_is_written(make_world: MakeWorld) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_stays(world.simulated_app)
    lost_by_a_limit(world, hour)
    with troubled(world.runtime.bucket, "PutObject") as puts:
        adoption = adopt(hour, small_limits(world), world.clock)
    assert [each.damage is None for each in adoption.read_again] == [False]
    assert puts == []


def test_a_damaged_file_that_is_gone_is_told(somebody: BehindItsBack) -> None:
    world = somebody.world
    key = somebody.raw_key(DAMAGED)
    somebody.delete(key)
    assert adopt(DAMAGED, world.archive, world.clock).refused == (key,)


def test_adopting_again_builds_the_messages_of_a_file_that_was_no_longer_damaged(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_stays(world.simulated_app)
    lost_by_a_limit(world, hour)
    with monkeypatch.context() as patch:
        patch.setattr("assets.verification.adopt.publish_messages", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            adopt(hour, world.archive, world.clock)
    assert adopt(hour, world.archive, world.clock).messages is not None


def test_a_file_stays_recorded_when_its_messages_cannot_be_built(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConversionFailed("no room")

    monkeypatch.setattr("assets.verification.adopt.publish_messages", fail)
    somebody.unrecorded_raw_file(LOST, said(77, LOST))
    with pytest.raises(ConversionFailed):
        adopt(LOST, somebody.world.archive, somebody.world.clock)
    assert record_of(somebody.world, LOST).state is HourState.ARCHIVED
