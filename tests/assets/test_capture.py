"""Capturing an hour: the simulated platform over HTTP on one side, an S3 server on the other, and a clock to turn."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest

from assets.capture import capture_hour
from assets.conversion.lines import count_lines
from resources.hours.state import HourState, Reason
from resources.runtime import Runtime
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.assets.looking import (
    HOUR,
    SERVER_ERROR,
    SILENT,
    files_of,
    hour_that_stays,
    look,
    nobody_is_asked,
    raw_in,
    record_of,
    short_name,
    versions,
)
from tests.conftest import MakeWorld
from tests.fake_clock import FakeClock
from tests.resources.archive.troubled_wire import after, troubled
from tests.world import World

# The platform's bytes


def test_the_platforms_bytes_are_kept_unchanged_under_their_sha256(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    result = look(world, hour, age=3, run_id="run-1")
    assert raw_in(world) == files_of(world.simulated_app, hour)
    record = record_of(world, hour)
    assert result.record == record
    assert (record.state, record.reason) == (HourState.ARCHIVED, Reason.FILE_KEPT)
    (revision,) = record.raw_revisions
    assert revision.lines == truth(world.simulated_app, hour).line_count
    assert (record.looks[0].http_status, record.looks[0].files) == (200, (revision.sha256,))
    assert (record.looks[0].platform_time, record.looks[0].run_id) == (world.clock.now(), "run-1")


def test_the_record_is_written_after_the_bytes_are_stored(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    with troubled(world.runtime.bucket, "PutObject") as puts:
        look(world, hour, age=3)
    raw = next(iter(files_of(world.simulated_app, hour)))
    assert [short_name(put.url.partition("history/")[2]) for put in puts] == [raw, "ledger/capture.json"]


def test_a_file_is_inspected_while_it_is_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    inspecting, storing = Event(), Event()
    met: list[bool] = []

    def inspected_while_it_is_stored(*of_the_file: Any) -> int:
        inspecting.set()
        met.append(storing.wait(timeout=60))
        return count_lines(*of_the_file)

    def stored_while_it_is_inspected() -> None:
        storing.set()
        met.append(inspecting.wait(timeout=60))

    monkeypatch.setattr("assets.raw_files.count_lines", inspected_while_it_is_stored)
    hour = hour_that_stays(world.simulated_app)
    with troubled(world.runtime.bucket, "PutObject", after(stored_while_it_is_inspected)):
        assert look(world, hour, age=3).record.state is HourState.ARCHIVED
    assert met == [True, True]


def test_a_file_that_arrived_before_its_urls_ran_out_is_kept_whatever_they_give_next(make_world: MakeWorld) -> None:
    app = SimulatedApp("acme", "support", urls_per_hour=2, requests_per_minute=1000)
    world = make_world(apps=[app])
    hour = hour_that_stays(app)
    world.platform.script("file", ScriptedAnswer())
    world.platform.script("file", ScriptedAnswer(403))
    world.platform.script("history", ScriptedAnswer())
    world.platform.script("history", ScriptedAnswer(200, {"data": []}))
    record = look(world, hour, age=3).record
    assert raw_in(world).items() <= files_of(app, hour).items()
    assert (record.state, len(record.raw_revisions), len(raw_in(world))) == (HourState.FAILED, 1, 1)


def test_the_files_of_china_clusters_are_asked_for_under_their_own_hour(make_world: MakeWorld) -> None:
    app = SimulatedApp("acme", "support", hour_zone=timezone(timedelta(hours=8)), requests_per_minute=1000)
    world = make_world(apps=[app])
    hour = hour_that_stays(app)
    look(world, hour, age=3)
    assert raw_in(world) == files_of(app, hour)


# Each state


def test_a_file_of_blank_lines_is_kept_and_the_hour_is_empty(world: World) -> None:
    world.platform.script("file", ScriptedAnswer(200, gzip.compress(b"\n \n\r\n")))
    record = look(world, hour_that_stays(world.simulated_app), age=3).record
    assert (record.state, record.reason) == (HourState.EMPTY, Reason.FILE_WITHOUT_LINES)
    assert len(raw_in(world)) == 1


@pytest.mark.parametrize(
    ("app", "age", "reason"),
    [
        (SILENT, 0.5, Reason.NOT_GENERATED_YET),
        (SILENT, 1.5, Reason.TOO_YOUNG),
        (replace(SILENT, publish_delay=timedelta(hours=5)), 3, Reason.LATE),
    ],
)
def test_an_hour_the_platform_may_still_write_is_pending(
    make_world: MakeWorld, app: SimulatedApp, age: float, reason: Reason
) -> None:
    world = make_world(apps=[app])
    result = look(world, HOUR, age=age)
    assert (result.record.state, result.record.reason) == (HourState.PENDING, reason)
    assert result.problem is None


def test_an_hour_asked_for_in_vain_until_it_is_deleted_is_expired_with_all_evidence(world: World) -> None:
    world.platform.script("history", SERVER_ERROR, times=5)
    look(world, HOUR, age=3)
    result = look(world, HOUR, age=73)
    assert (result.record.state, result.record.reason) == (HourState.EXPIRED, Reason.DELETED_BY_PLATFORM)
    assert result.newly_lost
    failed, refused = record_of(world, HOUR).looks
    assert failed.problem is not None
    assert (refused.http_status, refused.error, refused.platform_time) == (
        400,
        "illegal_argument",
        world.clock.now(),
    )


def test_an_hour_nobody_asked_for_in_time_is_lost_without_a_request(world: World) -> None:
    result = look(world, HOUR, age=73)
    assert (result.record.state, result.record.reason) == (HourState.EXPIRED, Reason.NEVER_ASKED)
    assert (result.asked, result.newly_lost) == (False, True)
    assert world.platform.requests == ()


def test_a_lost_hour_is_asked_for_no_more_and_told_as_lost_once(world: World) -> None:
    look(world, HOUR, age=73)
    before = versions(world)
    result = capture_hour(HOUR, world.archive, nobody_is_asked, world.clock)
    assert (result.asked, result.newly_lost, result.record.state) == (False, False, HourState.EXPIRED)
    assert versions(world) == before


def test_an_hour_whose_looks_fail_for_a_day_after_its_deadline_is_lost(world: World) -> None:
    world.platform.script("history", SERVER_ERROR, times=10)
    look(world, HOUR, age=71)
    assert look(world, HOUR, age=95.9).record.state is HourState.FAILED
    requests = len(world.platform.requests)
    result = look(world, HOUR, age=97)
    assert (result.record.state, result.record.reason) == (HourState.EXPIRED, Reason.NO_ANSWER_IN_TIME)
    assert (result.newly_lost, result.record.next_look_at) == (True, None)
    assert len(world.platform.requests) == requests


# Looking again


def test_an_archived_hour_past_its_deadline_is_told_from_the_record_without_a_request(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    archived = look(world, hour, age=25).record
    requests, before = len(world.platform.requests), versions(world)
    result = look(world, hour, age=100)
    assert (result.record, result.asked, result.newly_lost) == (archived, False, False)
    assert (len(world.platform.requests), versions(world)) == (requests, before)


@pytest.mark.parametrize(
    ("kind", "answer", "times"),
    [
        ("history", SERVER_ERROR, 5),
        ("history", ScriptedAnswer(404, {"error": "storage_object_not_found"}), 1),
        ("history", ScriptedAnswer(200, {"data": []}), 1),
        ("file", ScriptedAnswer(200, b"broken"), 1),
        ("file", ScriptedAnswer(200, gzip.compress(b"")), 1),
    ],
    ids=["server errors", "no file", "no URL", "a damaged file", "an empty file"],
)
def test_nothing_that_a_second_look_brings_takes_an_archived_hour_back(
    world: World, kind: str, answer: ScriptedAnswer, times: int
) -> None:
    hour = hour_that_stays(world.simulated_app)
    first = look(world, hour, age=3).record
    before = raw_in(world)
    world.platform.script(kind, answer, times=times)
    second = look(world, hour, age=25).record
    assert (second.state, second.reason) == (HourState.ARCHIVED, Reason.FILE_KEPT)
    assert second.looks_total == 2
    assert second.raw_revisions[:1] == first.raw_revisions
    assert before.items() <= raw_in(world).items()


def test_an_unchanged_file_is_no_second_revision(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    first = look(world, hour, age=3).record
    second = look(world, hour, age=25).record
    assert second.raw_revisions == first.raw_revisions
    assert second.looks_total == 2


# Clocks that disagree


def with_our_clock(world: World, ours: FakeClock, folder: Path) -> World:
    """The same world, seen by a machine whose clock tells another time than the platform's."""
    return replace(world, clock=ours, runtime=Runtime(world.settings, ours, Random(1), folder))


@pytest.mark.parametrize(
    ("platforms_age", "our_age", "app", "state", "reason"),
    [
        (1.5, 3.5, SILENT, HourState.PENDING, Reason.TOO_YOUNG),
        (3.5, 1.5, SILENT, HourState.EMPTY, Reason.NO_FILE),
        (73, 71, SILENT, HourState.EXPIRED, Reason.DELETED_BY_PLATFORM),
        (24 * 30, 3.5, SILENT, HourState.PENDING, Reason.LATE),
        (0, 3.5, SILENT, HourState.PENDING, Reason.LATE),
        (3, 25 * 30, SILENT, HourState.EXPIRED, Reason.NEVER_ASKED),
    ],
)
def test_the_platforms_own_clock_decides_what_its_answer_means_unless_it_is_far_off(
    make_world: MakeWorld,
    tmp_path: Path,
    *,
    platforms_age: float,
    our_age: float,
    app: SimulatedApp,
    state: HourState,
    reason: Reason,
) -> None:
    world = make_world(apps=[app])
    world.clock.turn_to(HOUR.end + timedelta(hours=platforms_age))
    ours = with_our_clock(world, FakeClock(HOUR.end + timedelta(hours=our_age)), tmp_path)
    record = look(ours, HOUR).record
    ours.runtime.close()
    assert (record.state, record.reason) == (state, reason)


def test_a_loss_that_the_platform_tells_again_is_no_new_loss(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world(apps=[SILENT])
    world.clock.turn_to(HOUR.end + timedelta(hours=73))
    ours = with_our_clock(world, FakeClock(HOUR.end + timedelta(hours=71)), tmp_path)
    first, second = look(ours, HOUR), look(ours, HOUR)
    ours.runtime.close()
    assert (first.newly_lost, second.newly_lost, second.asked) == (True, False, True)


def test_an_hour_given_up_by_a_clock_that_ran_ahead_is_archived_once_it_is_set_right(
    world: World, tmp_path: Path
) -> None:
    hour = hour_that_stays(world.simulated_app)
    ahead = with_our_clock(world, FakeClock(hour.end + timedelta(hours=73)), tmp_path)
    assert look(ahead, hour).record.reason is Reason.NEVER_ASKED
    assert look(world, hour, age=25).record.state is HourState.ARCHIVED
