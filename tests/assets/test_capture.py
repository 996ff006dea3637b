"""Capturing an hour: the simulated platform over HTTP on one side, an S3 server on the other, and a clock to turn."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest

from assets.capture import capture_hour
from assets.conversion.lines import count_lines
from assets.publish_messages import publish_messages
from assets.verification.adopt import adopt
from resources.archive.app_archive import app_archive
from resources.archive.errors import ArchiveOfAnotherApp, ArchiveRefused
from resources.archive.ledger import Ledger
from resources.archive.records import CaptureRecord
from resources.chat_platform.client import ChatPlatform
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from resources.hours.verdict import Verdict
from resources.runtime import Runtime
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, Version, truth
from resources.simulated_platform.hour_files import gzip_files
from tests.assets.looking import (
    HOUR,
    SILENT,
    hour_that_stays,
    look,
    record_of,
    short_name,
    stored,
    turn_to_age,
    versions,
)
from tests.assets.verification.archives import BehindItsBack
from tests.conftest import MakeWorld
from tests.fake_clock import FakeClock
from tests.resources.archive.troubled_wire import after, answered, let_through, troubled
from tests.world import World

SERVER_ERROR = ScriptedAnswer(500, b"<html>no</html>")
REFUSED_TOKEN = ScriptedAnswer(401, {"error": "auth_bad_access_token", "error_description": "Unable to authenticate"})


def files_of(app: SimulatedApp, hour: Hour, version: Version = Version.SETTLED) -> dict[str, bytes]:
    """What the platform serves of the hour, each file under the name it must get in S3."""
    return {f"raw/{sha256(file).hexdigest()}.jsonl.gz": file for file in gzip_files(app, hour, version)}


def raw_in(world: World) -> dict[str, bytes]:
    return {name: content for name, content in stored(world).items() if name.startswith("raw/")}


def nobody_is_asked() -> ChatPlatform:
    raise AssertionError("No request may be made.")


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


# Looks that fail


@pytest.mark.parametrize(
    ("kind", "answer", "times", "says"),
    [
        ("history", SERVER_ERROR, 5, "status 500"),
        ("history", REFUSED_TOKEN, 2, "refused a token"),
        ("history", ScriptedAnswer(200, b"<html>a gateway</html>"), 1, "no list of URLs"),
        (
            "history",
            ScriptedAnswer(200, {"data": [{"url": "http://elsewhere.example.com/a.gz?Signature=s"}]}),
            1,
            "host",
        ),
        ("file", ScriptedAnswer(cut_after=10), 5, "fetched again"),
        ("file", ScriptedAnswer(302, headers={"location": "http://127.0.0.1/"}), 1, "redirect"),
    ],
)
def test_a_look_that_fails_is_written_down_with_what_to_do(
    world: World, kind: str, answer: ScriptedAnswer, times: int, says: str
) -> None:
    world.platform.script(kind, answer, times=times)
    result = look(world, HOUR, age=3, run_id="run-1")
    record = record_of(world, HOUR)
    assert (record.state, record.reason) == (HourState.FAILED, Reason.LOOK_FAILED)
    assert result.problem is not None
    assert says in result.problem
    assert "Signature" not in result.problem
    assert (record.looks[0].problem, record.looks[0].run_id) == (result.problem, "run-1")
    assert raw_in(world) == {}


def test_a_missing_secret_is_written_down_by_its_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_CLIENT_SECRET")
    result = look(world, HOUR, age=3)
    assert result.record.state is HourState.FAILED
    assert "TEST_CLIENT_SECRET" in (result.problem or "")


def test_a_later_look_clears_a_failure(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    world.platform.script("history", SERVER_ERROR, times=5)
    look(world, hour, age=3)
    result = look(world, hour, age=4)
    assert (result.record.state, result.problem) == (HourState.ARCHIVED, None)
    assert [each.state for each in result.record.looks] == [HourState.FAILED, HourState.ARCHIVED]


@pytest.mark.parametrize(
    "spoil",
    [lambda file: file[:-5], lambda _: b"<html>not found</html>", lambda file: file + b"garbage", lambda _: b""],
    ids=["truncated", "no gzip", "trailing garbage", "no bytes"],
)
def test_a_damaged_file_is_kept_as_it_is_and_the_hour_has_failed(world: World, spoil: Callable[[bytes], bytes]) -> None:
    hour = hour_that_stays(world.simulated_app)
    (whole,) = files_of(world.simulated_app, hour).values()
    spoilt = spoil(whole)
    world.platform.script("file", ScriptedAnswer(200, spoilt))
    result = look(world, hour, age=3)
    assert list(raw_in(world).values()) == [spoilt]
    assert (result.record.state, result.record.reason) == (HourState.FAILED, Reason.DAMAGED_FILE)
    assert result.problem is not None
    assert result.record.looks[0].problem == result.problem
    mended = look(world, hour, age=4).record
    assert mended.state is HourState.ARCHIVED
    assert set(raw_in(world).values()) == {spoilt, whole}
    assert [each.damage is None for each in mended.raw_revisions] == [False, True]


def test_one_damaged_file_of_several_takes_none_of_the_others_away(make_world: MakeWorld) -> None:
    app = SimulatedApp("acme", "support", urls_per_hour=2, requests_per_minute=1000)
    world = make_world(apps=[app])
    world.platform.script("file", ScriptedAnswer(200, b"broken"))
    record = look(world, hour_that_stays(app), age=3).record
    assert record.state is HourState.FAILED
    assert len(record.intact_revisions) == 1
    assert len(raw_in(world)) == 2


TWO_FILES = SimulatedApp("acme", "support", urls_per_hour=2, requests_per_minute=1000)


def test_a_file_that_can_never_be_fetched_takes_none_of_the_others_away(make_world: MakeWorld) -> None:
    world = make_world(apps=[TWO_FILES])
    hour = hour_that_stays(TWO_FILES)
    _, second = files_of(TWO_FILES, hour).items()
    world.platform.script("file", ScriptedAnswer(404))
    result = look(world, hour, age=25)
    assert (result.record.state, result.record.reason) == (HourState.FAILED, Reason.LOOK_FAILED)
    assert raw_in(world) == dict([second])
    assert result.record.looks[0].files == tuple(revision.sha256 for revision in result.record.raw_revisions)
    assert "404" in (result.problem or "")
    assert result.record.next_look_at is not None
    _, messages = publish_messages(hour, world.archive, world.clock)
    assert messages is not None
    assert messages.counts.messages == result.record.raw_revisions[0].lines
    look(world, hour, age=73)
    record = record_of(world, hour)
    assert (record.state, record.reason) == (HourState.EXPIRED, Reason.PART_KEPT)


def test_an_hour_whose_other_file_comes_at_last_is_archived_whole(make_world: MakeWorld) -> None:
    world = make_world(apps=[TWO_FILES])
    hour = hour_that_stays(TWO_FILES)
    world.platform.script("file", ScriptedAnswer(404))
    look(world, hour, age=25)
    assert look(world, hour, age=26).record.state is HourState.ARCHIVED
    assert raw_in(world) == files_of(TWO_FILES, hour)


@pytest.mark.parametrize("entry", [{"url": None}, {"url": "http://10.0.0.1/x.gz"}], ids=["no URL", "another host"])
def test_an_entry_that_cannot_be_followed_takes_no_file_away(world: World, entry: dict[str, object]) -> None:
    hour = hour_that_stays(world.simulated_app)
    turn_to_age(world, hour, 25)
    good = world.runtime.platform(world.app).history_urls(hour).urls[0].reveal()
    world.platform.script("history", ScriptedAnswer(200, {"data": [entry, {"url": good}]}))
    record = look(world, hour).record
    assert (record.state, record.reason) == (HourState.FAILED, Reason.LOOK_FAILED)
    assert raw_in(world) == files_of(world.simulated_app, hour)


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
    ],
)
def test_the_platforms_own_clock_decides_what_its_answer_means(
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


# Crashes and others who write


def test_a_crash_between_file_and_record_loses_nothing(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    with (
        troubled(world.runtime.bucket, "PutObject", let_through, answered(403, "AccessDenied")),
        pytest.raises(ArchiveRefused),
    ):
        look(world, hour, age=3)
    assert set(stored(world)) == set(files_of(world.simulated_app, hour))
    record = look(world, hour, age=4).record
    assert record.state is HourState.ARCHIVED
    assert raw_in(world) == files_of(world.simulated_app, hour)


@pytest.mark.parametrize("crash", [MemoryError(), OSError(5, "Input/output error"), RuntimeError("a secret")])
def test_a_crash_while_a_file_is_inspected_leaves_its_bytes_and_the_evidence_in_the_archive(
    world: World, monkeypatch: pytest.MonkeyPatch, crash: Exception
) -> None:
    hour = hour_that_stays(world.simulated_app)

    def fail(*_: Any) -> int:
        raise crash

    with monkeypatch.context() as patch:
        patch.setattr("assets.raw_files.count_lines", fail)
        result = look(world, hour, age=3)
    assert raw_in(world) == files_of(world.simulated_app, hour)
    assert result.record == record_of(world, hour)
    assert result.record.state is HourState.FAILED
    assert f"could not be inspected: {type(crash).__name__}" in (result.problem or "")
    assert "secret" not in (result.problem or "")
    mended = look(world, hour, age=4).record
    assert (mended.state, [each.damage for each in mended.raw_revisions]) == (HourState.ARCHIVED, [None])


def test_what_an_inspection_says_is_not_written_down_when_the_file_could_not_be_stored(world: World) -> None:
    world.platform.script("file", ScriptedAnswer(200, b"broken"))
    with troubled(world.runtime.bucket, "PutObject", answered(403, "AccessDenied")), pytest.raises(ArchiveRefused):
        look(world, hour_that_stays(world.simulated_app), age=3)
    assert stored(world) == {}


def test_an_archive_that_cannot_be_written_fails_the_look_and_a_later_one_succeeds(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    refusal = answered(403, "QuotaExceeded")
    with troubled(world.runtime.bucket, "PutObject", refusal), pytest.raises(ArchiveRefused, match="quota"):
        look(world, hour, age=3)
    assert stored(world) == {}
    assert look(world, hour, age=4).record.state is HourState.ARCHIVED


def test_a_loss_is_not_recorded_over_what_another_run_archived_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Ledger.capture

    def and_then_somebody_archives_it(ledger: Ledger, hour: Hour) -> CaptureRecord | None:
        record = read(ledger, hour)
        archived = Verdict(HourState.ARCHIVED, Reason.FILE_KEPT)
        new = CaptureRecord.new(world.app.name, hour, world.app.policy, world.clock.now())
        ledger.update_capture(hour, lambda before: before or new.model_copy(update={"state": archived.state}))
        return record

    monkeypatch.setattr(Ledger, "capture", and_then_somebody_archives_it)
    result = look(world, HOUR, age=73)
    assert (result.record.state, result.newly_lost) == (HourState.ARCHIVED, False)


# Files in the archive that no record names


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


def test_only_before_an_hour_is_given_up_the_archive_is_listed(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    with troubled(world.runtime.bucket, "ListObjectsV2") as lists:
        look(world, hour, age=3)
        look(world, hour, age=80)
        assert lists == []
        look(world, HOUR.plus(-1), age=80)
        assert len(lists) == 1


# Files in the archive that somebody has touched


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


# Another app under the same slug


@pytest.mark.parametrize("age", [25, 80])
def test_another_apps_hour_is_refused_before_anything_is_asked_or_written(make_world: MakeWorld, age: float) -> None:
    world = make_world()
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    before = versions(world)
    shop = world.app.model_copy(update={"app": "shop", "slug": world.app.slug})
    archive = app_archive(shop, world.runtime.bucket)
    turn_to_age(world, hour, age)
    with pytest.raises(ArchiveOfAnotherApp, match=r"acme/support.*acme/shop.*slug of its own"):
        capture_hour(hour, archive, nobody_is_asked, world.clock)
    with pytest.raises(ArchiveOfAnotherApp):
        publish_messages(hour, archive, world.clock)
    with pytest.raises(ArchiveOfAnotherApp):
        adopt(hour, archive, world.clock)
    assert versions(world) == before


def test_messages_that_another_app_published_are_not_replaced_although_its_own_record_is_gone(
    world: World, s3_client: Any
) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    archive = app_archive(world.app.model_copy(update={"app": "shop", "slug": world.app.slug}), world.runtime.bucket)
    key = world.archive.layout.capture_record(hour)
    BehindItsBack(world, s3_client).edit(key, app="acme/shop")
    before = versions(world)
    with pytest.raises(ArchiveOfAnotherApp):
        publish_messages(hour, archive, world.clock)
    assert versions(world) == before


def test_no_file_is_left_on_the_local_disk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    world.platform.script("file", ScriptedAnswer(cut_after=10), times=5)
    look(world, hour, age=4)
    assert list(folder.iterdir()) == []
