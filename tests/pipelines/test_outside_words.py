"""Case 27: what the platform, S3, a message or a ledger says is shown on a terminal, and never obeyed by it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import partial
from io import StringIO

import orjson
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from pipelines import command_line, command_options
from pipelines.catch_up import Outcome, TaskResult
from pipelines.catch_up_report import summarise
from pipelines.planner import looks_by_hand
from resources.archive.errors import ArchiveRefused
from resources.runtime import Runtime
from resources.simulated_platform import ScriptedAnswer
from tests.conftest import MakeWorld
from tests.pipelines.query.archives import small_archive
from tests.world import World

Type = Callable[..., Result]

HOSTILE = "\x1b[2J\x1b]8;;https://evil.test\x07[red]\u202ex\u2066[/red]\x9b31m"
OBEYED = {"\x1b", "\x07", "\u202e", "\u2066", "\x9b"}


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], Type]:
    """Return a function that gives, for a world, a function that runs `chat-archive` in it."""

    def for_world(world: World) -> Type:
        monkeypatch.setenv("CHAT_ARCHIVE_CONFIG", str(world.settings_file))
        monkeypatch.setenv("COLUMNS", "500")
        monkeypatch.setattr(command_options, "Runtime", partial(Runtime, clock=world.clock))
        return lambda *words: CliRunner().invoke(command_line.app, list(words))

    return for_world


def is_harmless(output: str) -> bool:
    return not OBEYED & set(output)


def test_case_27_a_message_is_harmless_in_an_answer_and_in_an_error(
    world: World, type_in: Callable[[World], Type]
) -> None:
    small_archive(world)
    type_ = type_in(world)
    written = "'" + HOSTILE + "'"
    for query, code in ((f"select {written} as t", 0), (f"select {written}::int", 1)):
        result = type_("sql", query)
        assert result.exit_code == code, result.output
        assert "[red]" in result.output
        assert is_harmless(result.output)


def test_case_27_the_platforms_words_are_not_shown(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    world = make_world(first_hour="2026112304")
    words = {"error": HOSTILE, "error_description": HOSTILE, "exception": HOSTILE}
    world.platform.script("history", ScriptedAnswer(418, words), times=50)
    type_ = type_in(world)
    shown = type_("catch-up").output + type_("status").output + type_("status", "--json").output
    assert "418" in shown
    assert "[red]" not in shown
    assert is_harmless(shown)


def test_case_27_a_problem_is_harmless_in_a_summary(world: World) -> None:
    console = Console(file=StringIO(), width=500)
    (task,) = looks_by_hand(world.app, [world.hours_ago(3)])
    summarise(console, [TaskResult(task, Outcome.FAILED, HOSTILE)])
    assert isinstance(console.file, StringIO)
    assert "[red]" in console.file.getvalue()
    assert is_harmless(console.file.getvalue())


def test_case_27_an_error_that_ends_a_command_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), command_options.explained():
        raise ArchiveRefused(f"S3 answered 400 {HOSTILE}.", "Look it up.")
    shown = capsys.readouterr().err
    assert "[red]" in shown
    assert is_harmless(shown)


def test_case_27_a_reason_is_shown_as_it_was_written_and_harmless(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour="2026112006")
    type_ = type_in(world)
    type_("catch-up", "--hours", "2026112006")
    words = ("acknowledge", "--app", "acme/support", "--hours", "2026112006", "--reason", HOSTILE)
    shown = type_(*words).output + type_("status").output
    assert "[red]" in shown
    assert is_harmless(shown)


def test_case_27_names_of_fields_and_types_are_harmless_in_a_catch_up(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour="2026112304")
    line = orjson.dumps({"msg_id": "1", "chat_type": HOSTILE, HOSTILE: 1, "timestamp": 1_700_000_000_000})
    world.platform.script("file", ScriptedAnswer(200, gzip.compress(line)), times=5)
    result = type_in(world)("catch-up")
    assert result.exit_code == 0, result.output
    assert is_harmless(result.output)
