"""What a person types, and what comes back: exit codes, states, JSON, and sentences that help."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines import command_line, command_options
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.conftest import MakeWorld
from tests.world import World

Type = Callable[..., Result]
FEW_HOURS = "2026112304"
"""At 09:30 the hours 04, 05 and 06 are due; 07 and 08 are too young."""


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], Type]:
    """Return a function that gives, for a world, a function that runs `chat-archive` in it."""

    def for_world(world: World) -> Type:
        monkeypatch.setenv("CHAT_ARCHIVE_CONFIG", str(world.settings_file))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(command_options, "Runtime", partial(Runtime, clock=world.clock))
        return lambda *words: CliRunner().invoke(command_line.app, list(words))

    return for_world


def statuses(type_: Type, *words: str) -> dict[str, dict[str, Any]]:
    result = type_("status", "--json", *words)
    assert result.exit_code == 0, result.output
    return {entry["hour"]: entry for entry in json.loads(result.stdout)}


def test_catch_up_archives_what_is_due_and_status_tells_it(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour=FEW_HOURS)
    type_ = type_in(world)
    result = type_("catch-up")
    assert result.exit_code == 0, result.output
    entries = statuses(type_)
    assert list(entries) == ["2026112304", "2026112305", "2026112306", "2026112307", "2026112308"]
    for key in ("2026112304", "2026112305", "2026112306"):
        said = truth(world.simulated_app, Hour.from_key(key), world.clock.now()).message_ids
        assert entries[key]["app"] == "acme/support"
        assert entries[key]["state"] == ("archived" if said else "empty")
        assert entries[key]["rows"] == len(said)
    assert entries["2026112308"]["state"] == "pending"
    assert entries["2026112308"]["rows"] is None


def test_a_second_catch_up_finds_nothing_due_and_makes_no_request(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour=FEW_HOURS)
    type_ = type_in(world)
    type_("catch-up")
    before = len(world.platform.requests)
    result = type_("catch-up")
    assert result.exit_code == 0
    assert "Nothing is due" in result.output
    assert len(world.platform.requests) == before


def test_hours_newly_found_lost_end_with_3_and_only_once(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour="2026112006")
    type_ = type_in(world)
    first = type_("catch-up", "--hours", "2026112006..2026112007")
    assert first.exit_code == 3, first.output
    assert "Lost: acme/support 2026112006, acme/support 2026112007" in first.output
    assert world.platform.requests_of("history") == ()
    assert type_("catch-up", "--hours", "2026112006..2026112007").exit_code == 0
    assert statuses(type_, "--hours", "2026112006")["2026112006"]["reason"] == "never_asked"


def test_a_failed_hour_ends_with_1_says_why_and_does_not_stop_the_rest(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour=FEW_HOURS)
    world.platform.script("history", ScriptedAnswer(status=503, body=b"<html>gateway</html>"), times=5)
    type_ = type_in(world)
    result = type_("catch-up")
    assert result.exit_code == 1, result.output
    assert "503" in result.output
    entries = statuses(type_)
    assert entries["2026112304"]["state"] == "failed"
    assert entries["2026112305"]["state"] in {"archived", "empty"}


def test_hours_that_are_not_there_yet_are_pending_and_no_failure(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour=FEW_HOURS)
    type_ = type_in(world)
    result = type_("catch-up", "--hours", "2026112308")
    assert result.exit_code == 0, result.output
    assert "1 pending" in result.output


def test_looking_again_at_archived_hours_loses_nothing(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    world = make_world(first_hour=FEW_HOURS)
    type_ = type_in(world)
    type_("catch-up")
    before = statuses(type_)
    assert type_("catch-up", "--hours", "2026112304..2026112306", "--app", "acme/support").exit_code == 0
    after = statuses(type_)
    assert {key: entry["rows"] for key, entry in after.items()} == {key: e["rows"] for key, e in before.items()}
    assert after["2026112304"]["looks"] == 2


def test_only_the_named_app_is_archived(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    apps = [SimulatedApp("acme", name, requests_per_minute=1000) for name in ("one", "two")]
    world = make_world(apps=apps, first_hour="2026112306")
    type_ = type_in(world)
    assert type_("catch-up", "--app", "acme/two").exit_code == 0
    entries = json.loads(type_("status", "--json").stdout)
    asked = {entry["app"]: entry["looks"] for entry in entries if entry["hour"] == "2026112306"}
    assert asked == {"acme/one": 0, "acme/two": 1}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("catch-up", "--app", "acme/nobody"), "acme/support"),
        (("catch-up", "--hours", "yesterday"), "YYYYMMDDHH"),
        (("catch-up", "--hours", "2026112306..2026112304"), "A must not come after B"),
        (("catch-up", "--hours", "2026112309"), "2026112308"),
        (("status", "--hours", "2025010100"), FEW_HOURS),
        (("fly",), "No such command"),
    ],
)
def test_wrong_words_end_with_2_and_say_what_would_be_right(
    make_world: MakeWorld, type_in: Callable[[World], Type], words: tuple[str, ...], told: str
) -> None:
    result = type_in(make_world(first_hour=FEW_HOURS))(*words)
    assert result.exit_code == 2
    assert told in result.output


def test_without_a_settings_file_it_ends_with_2_and_names_the_variable() -> None:
    result = CliRunner().invoke(command_line.app, ["catch-up"])
    assert result.exit_code == 2
    assert "CHAT_ARCHIVE_CONFIG" in result.output


def test_a_missing_secret_ends_with_2_before_any_request(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(first_hour=FEW_HOURS)
    type_ = type_in(world)
    monkeypatch.delenv("TEST_CLIENT_SECRET")
    result = type_("catch-up")
    assert result.exit_code == 2
    assert "TEST_CLIENT_SECRET" in result.output
    assert world.platform.requests == ()


def test_a_missing_bucket_ends_with_2_and_says_so(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    world = make_world(first_hour=FEW_HOURS)
    world.settings_file.write_text(world.settings_file.read_text().replace("s3://test-", "s3://absent-"))
    result = type_in(world)("catch-up")
    assert result.exit_code == 2
    assert "NoSuchBucket" in result.output
    assert "Create the bucket" in result.output


def test_the_grid_shows_each_state_by_a_sign_of_its_own(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour=FEW_HOURS)
    type_ = type_in(world)
    type_("catch-up")
    result = type_("status")
    assert result.exit_code == 0
    assert "2026-11-23" in result.output
    assert "○ ○" in result.output
    assert "█" in result.output  # the busiest hour


@pytest.mark.parametrize("words", [("--help",), ("catch-up", "--help"), ("status", "--help")])
def test_help_needs_no_settings(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(command_line.app, list(words))
    assert result.exit_code == 0
    assert "Usage" in result.output
