"""Looks that fail, and files that are damaged or cannot be fetched: what came is kept, what happened written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assets.publish_messages import publish_messages
from resources.hours.state import HourState, Reason
from resources.simulated_platform import ScriptedAnswer, SimulatedApp
from tests.assets.looking import (
    HOUR,
    SERVER_ERROR,
    TWO_FILES,
    files_of,
    hour_that_stays,
    look,
    raw_in,
    record_of,
    turn_to_age,
)
from tests.conftest import MakeWorld
from tests.world import World

REFUSED_TOKEN = ScriptedAnswer(401, {"error": "auth_bad_access_token", "error_description": "Unable to authenticate"})


@pytest.mark.parametrize(
    ("kind", "answer", "times", "says"),
    [
        ("history", SERVER_ERROR, 5, "status 500"),
        ("history", REFUSED_TOKEN, 2, "refused a token"),
        ("history", ScriptedAnswer(200, b"<html>a gateway</html>"), 1, "no list of URLs"),
        ("history", ScriptedAnswer(200, {"data": [], "error": "service_resource_problem"}), 1, "no list of URLs"),
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
