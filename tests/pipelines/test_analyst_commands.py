"""What an analyst types, from a fresh archive to an answer, with sentences that help."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assets.coverage.publish_coverage import publish_coverage
from pipelines import command_line, command_options
from resources.runtime import Runtime
from tests.pipelines.query.archives import DAY, archive_lines, message, small_archive
from tests.world import World

Type = Callable[..., Result]


@pytest.fixture
def type_(world: World, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Return a function that runs `chat-archive` in the world."""
    monkeypatch.setenv("CHAT_ARCHIVE_CONFIG", str(world.settings_file))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(command_options, "Runtime", partial(Runtime, clock=world.clock))
    return lambda *words, **options: CliRunner().invoke(command_line.app, list(words), **options)


def test_sql_answers_a_question(world: World, type_: Type) -> None:
    small_archive(world)
    result = type_("sql", "select sender, count(*) as n from messages group by all order by all")
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == ["sender", "n", "ann", "2", "bob", "2", "carl", "1"]


def test_sql_reads_a_question_from_standard_input_and_writes_files(world: World, type_: Type, tmp_path: Path) -> None:
    small_archive(world)
    output = tmp_path / "answer.json"
    result = type_("sql", "--format", "json", "--output", str(output), input="select max(msg_id) as last from messages")
    assert result.exit_code == 0, result.output
    assert json.loads(output.read_text()) == [{"last": "5"}]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("sql", "selec"), 1, "syntax error"),
        (("sql", "select 1", "--format", "parquet"), 2, "--output"),
        (("export", "--output", "x.json"), 2, "--user"),
        (("export", "--output", "x.doc", "--user", "ann"), 2, ".parquet"),
        (("export", "--output", "x.json", "--user", "ann", "--from", "2026-11-31"), 2, "no day of the calendar"),
        (("export", "--output", "x.json", "--user", "ann", "--from", "2026-11-22", "--to", "2026-11-21"), 2, "--from"),
        (("export", "--output", "x.json", "--user", "ann", "--app", "acme/none"), 2, "acme/none"),
    ],
)
def test_what_cannot_be_done_is_said(
    world: World, type_: Type, words: tuple[str, ...], code: int, sentence: str
) -> None:
    small_archive(world)
    result = type_(*words)
    assert (result.exit_code, sentence in result.output) == (code, True), result.output


def test_before_there_is_coverage_it_is_said_how_to_get_it(type_: Type) -> None:
    result = type_("sql", "select 1")
    assert result.exit_code == 2
    assert "Run chat-archive coverage" in result.output


def test_coverage_draws_what_there_is_and_says_where_it_lies(world: World, type_: Type) -> None:
    small_archive(world)
    result = type_("coverage")
    assert result.exit_code == 0, result.output
    assert "2026-11-20" in result.stdout
    assert f"s3://{world.runtime.bucket.name}/history/coverage.html" in result.stdout.replace("\n", "")


def test_coverage_names_the_apps_that_the_settings_leave_out(world: World, type_: Type) -> None:
    small_archive(world)
    assert "Left out" not in type_("coverage").stdout
    for slug in ("acme__old", "acme__shop"):
        key = f"history/ledger/app={slug}/watch.json"
        world.runtime.bucket.put_bytes(key, b"{}", content_type="application/json", replaces=None)
    result = type_("coverage")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("Left out, for these settings do not name them: acme__old, acme__shop.\n")


def test_export_tells_what_is_missing(world: World, type_: Type, tmp_path: Path) -> None:
    small_archive(world)
    output = tmp_path / "ann.csv"
    result = type_("export", "--user", "ann", "--from", "2026-11-20", "--to", "2026-11-20", "--output", str(output))
    assert result.exit_code == 0, result.output
    assert "4 messages from 2026112000 to 2026112023" in result.stdout.replace("\n", " ")
    assert "23 hours of this range are missing or not whole" in result.stdout.replace("\n", " ")
    assert len(output.read_text().splitlines()) == 5


@pytest.mark.parametrize("words", [("sql", "select 1"), ("export", "--user", "ann", "--output", "x.csv")])
def test_an_object_that_is_no_table_is_named_in_a_sentence(
    world: World, type_: Type, s3_client: Any, words: tuple[str, ...]
) -> None:
    small_archive(world)
    key = world.archive.layout.quarantine(DAY.hours[7])
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=b"PAR1 other bytes")
    result = type_(*words)
    assert result.exit_code == 1, result.exception
    assert "The archive cannot be queried." in result.output
    assert key in result.output


def test_an_export_that_fails_quotes_no_message(world: World, type_: Type, s3_client: Any, tmp_path: Path) -> None:
    small_archive(world)
    bucket, key = world.runtime.bucket.name, world.archive.layout.messages_daily(DAY)
    stored = s3_client.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert stored.count(b"hello bob") >= 1
    s3_client.put_object(Bucket=bucket, Key=key, Body=stored.replace(b"hello bob", b"hello \xffob"))
    result = type_("export", "--user", "ann", "--output", str(tmp_path / "ann.csv"))
    assert result.exit_code == 1, result.output
    assert "Nothing was exported." in result.output
    assert key in result.output
    assert "hello" not in result.output
    assert list(tmp_path.glob("*ann*")) == []


def test_export_tells_how_many_messages_carry_a_time_outside_of_the_range(
    world: World, type_: Type, tmp_path: Path
) -> None:
    hour = DAY.hours[7]
    archive_lines(world, hour, message(1, hour.plus(-500), "ann", "bob", "imported"))
    publish_coverage(world.runtime)
    result = type_("export", "--user", "ann", "--output", str(tmp_path / "ann.csv"))
    assert "1 of them are filed in this range and carry a time outside of it." in result.stdout.replace("\n", " ")


def test_catch_up_compacts_closed_days_and_rebuilds_coverage(world: World, type_: Type) -> None:
    hour = DAY.hours[7]
    archive_lines(world, hour, message(1, hour, "ann", "bob", "hello"))
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))
    result = type_("catch-up", "--hours", f"{DAY.hours[0]}")
    assert "Compacted: acme/support 2026-11-20." in result.output
    found = type_("sql", "select distinct compacted, hour from coverage where rows > 0")
    assert found.stdout.split()[2:] == ["True", "7"]
    assert "Compacted" not in type_("catch-up", "--hours", f"{DAY.hours[0]}").output


def test_a_day_that_cannot_be_compacted_is_told_and_does_not_keep_coverage_from_being_rebuilt(
    world: World, type_: Type, s3_client: Any
) -> None:
    hour = DAY.hours[7]
    archive_lines(world, hour, message(1, hour, "ann", "bob", "hello"))
    key = world.archive.layout.messages(hour)
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=b"PAR1 other bytes")
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))
    result = type_("catch-up", "--hours", f"{DAY.hours[0]}")
    assert result.exit_code == 1
    assert "2026-11-20 of acme/support was not compacted." in result.output
    assert world.runtime.bucket.head("history/coverage/coverage.parquet") is not None
