"""`chat-archive verify` and `adopt`: what a person reads, and with which exit code it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from assets.publish_messages import ConversionFailed
from assets.verification.verify import Verified, Verifier
from pipelines import command_line
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.simulated_platform import SimulatedApp
from tests.assets.verification.archives import (
    DAMAGED,
    LOST,
    PLAIN,
    REVISED,
    BehindItsBack,
    let_s3_clock_run_ahead,
)
from tests.assets.verification.conftest import somebody
from tests.conftest import MakeWorld
from tests.pipelines.query.archives import DAY, NEXT_DAY
from tests.pipelines.test_command_line import Type, type_in
from tests.resources.archive.troubled_wire import troubled
from tests.world import World

__all__ = ["somebody", "type_in"]

RANGE = f"{PLAIN}..{REVISED}"


@pytest.fixture
def type_(somebody: BehindItsBack, type_in: Callable[[World], Type]) -> Type:
    return type_in(somebody.world)


def test_an_archive_that_is_whole_says_so_and_ends_with_0(type_: Type) -> None:
    result = type_("verify", "--hours", PLAIN.key)
    assert (result.exit_code, result.output) == (0, "Whole: 1 hour, 2 objects, their bytes were not read.\n")
    result = type_("verify", "--hours", PLAIN.key, "--read-data")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Whole: 1 hour, 2 objects, ")
    assert result.output.endswith(" read.\n")


def test_apps_that_the_settings_do_not_name_are_named_as_not_verified(somebody: BehindItsBack, type_: Type) -> None:
    somebody.put("history/ledger/app=acme__old/watch.json", b"{}")
    result = type_("verify", "--hours", PLAIN.key)
    whole, left_out = result.output.splitlines()
    assert (result.exit_code, whole) == (0, "Whole: 1 hour, 2 objects, their bytes were not read.")
    assert left_out.startswith("Not verified, for these settings do not name them: acme__old.")
    assert "acme__old" not in type_("verify", "--hours", PLAIN.key, "--app", "acme/support").output


def test_case_38_each_thing_is_on_a_line_with_its_key_and_what_to_do_and_it_ends_with_1(
    somebody: BehindItsBack, type_: Type
) -> None:
    layout, bucket = somebody.world.archive.layout, somebody.bucket
    raw, messages = somebody.raw_key(REVISED), layout.messages(PLAIN)
    extra = messages.replace("messages.parquet", "part-0.parquet")
    somebody.delete(raw)
    somebody.put(messages, b"PAR1")
    somebody.put(extra, b"PAR1")
    result = type_("verify", "--hours", PLAIN.key), type_("verify", "--hours", REVISED.key)
    assert [each.exit_code for each in result] == [1, 1]
    lines = [line for each in result for line in each.output.splitlines()]
    assert f"  {PLAIN}  s3://{bucket}/{extra}" in lines
    assert f"  {REVISED}  s3://{bucket}/{raw}" in lines
    (altered,) = (line for line in lines if f"s3://{bucket}/{messages}" in line)
    assert altered.endswith("4 bytes, and the record says " + altered.rpartition(" ")[2])
    assert "altered: messages (acme/support, 1)" in lines
    assert any(line.startswith("Delete it, then build it again from the raw files") for line in lines)
    assert any("cleanup removes it" in line for line in lines)
    assert "2 things are wrong in 1 hour. Verified: 1 hour, 2 objects, their bytes were not read." in lines


def test_without_hours_it_verifies_everything_and_finds_gaps_and_strays(somebody: BehindItsBack, type_: Type) -> None:
    stray = f"{somebody.world.archive.layout.data_folders[1]}stray.parquet"
    somebody.put(stray, b"mine")
    result = type_("verify")
    assert result.exit_code == 1
    assert f"  no hour     s3://{somebody.bucket}/{stray}" in result.output.splitlines()
    hours = 24 * 4 + 1  # from the archive's first hour to the last finished one
    recorded = 9
    not_due = 5
    assert f"gap: capture record (acme/support, {hours - recorded - not_due})" in result.output


def test_objects_of_future_days_and_of_todays_unfinished_hours_are_named(somebody: BehindItsBack, type_: Type) -> None:
    layout, now = somebody.world.archive.layout, somebody.world.clock.now()
    this_hour, next_year = Hour.containing(now), Hour.containing(now + timedelta(days=365))
    keys = [key for hour in (this_hour, next_year) for key in (layout.messages(hour), layout.quarantine(hour))]
    keys += [key.replace("messages.parquet", "part-0.parquet") for key in keys[::2]]
    keys += [layout.messages_daily(Day.of(hour)) for hour in (this_hour, next_year)]
    for key in keys:
        somebody.put(key, b"PAR1")
    result = type_("verify")
    assert result.exit_code == 1
    for key in keys:
        assert sum(f"s3://{somebody.bucket}/{key}" in line for line in result.output.splitlines()) == 1
    for words in (("--hours", PLAIN.key), ("--sample", "1%")):
        assert not any(key in type_("verify", *words).output for key in keys)


def test_what_a_run_writes_for_an_hour_that_ended_meanwhile_is_not_judged_yet(
    somebody: BehindItsBack, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = somebody.world.clock
    hour, verify = Hour.containing(clock.now()), Verifier.verify

    def in_an_hour(verifier: Verifier, days: Mapping[Day, Sequence[Hour]]) -> Iterator[list[Verified]]:
        yield from verify(verifier, days)
        clock.advance(timedelta(hours=1))

    somebody.put(somebody.world.archive.layout.messages(hour), b"PAR1 of a run that records it in a moment")
    monkeypatch.setattr(Verifier, "verify", in_an_hour)
    result = type_("verify")
    assert f"being written right now, so not judged yet: {hour}." in result.output
    assert f"  {hour}  " not in result.output


def test_what_lies_in_the_tables_and_belongs_to_no_app_is_named_when_everything_is_verified(
    somebody: BehindItsBack, type_: Type
) -> None:
    strangers = [
        "messages/evil.parquet",
        "messages/app=evil/date=2026-11-20/messages.parquet",
        "quarantine/app=x/a",
        "coverage/evil.parquet",
    ]
    removed = "messages/app=gone_1/date=2026-11-20/hour=00/messages.parquet"
    for key in (*strangers, removed, "ledger/app=evil/notes.json"):
        somebody.put(f"history/{key}", b"PAR1")
    somebody.put("history/ledger/app=gone_1/date=2026-11-20/hour=00/messages.json", b"{}")
    lines = type_("verify").output.splitlines()
    for key in strangers:
        assert sum(f"s3://{somebody.bucket}/history/{key}" in line for line in lines) == 1
    assert not any("app=gone_1" in line for line in lines)
    for words in (("--app", "acme/support"), ("--hours", PLAIN.key), ("--sample", "1%")):
        output = type_("verify", *words).output
        assert not any(f"history/{key}" in output for key in strangers)


def test_a_sample_takes_its_share_and_other_hours_tomorrow(somebody: BehindItsBack, type_: Type, world: World) -> None:
    def hours(output: str) -> set[str]:
        return {line.split()[0] for line in output.splitlines() if "/capture.json" in line}

    today = type_("verify", "--sample", "20%")
    assert today.output == type_("verify", "--sample", "20%").output
    world.clock.advance(timedelta(days=1))
    tomorrow = type_("verify", "--sample", "20%")
    assert hours(today.output)
    assert hours(tomorrow.output)
    assert not hours(today.output) & hours(tomorrow.output)
    del somebody


def test_objects_that_a_run_is_writing_are_named_and_not_judged(somebody: BehindItsBack, type_: Type) -> None:
    somebody.stored_as_ours(somebody.world.archive.layout.messages(PLAIN), b"PAR1 of a run under way")
    result = type_("verify", "--hours", PLAIN.key)
    assert result.exit_code == 0
    assert f"acme/support: being written right now, so not judged yet: {PLAIN}." in result.output


def test_hostile_keys_cannot_speak_to_the_terminal(somebody: BehindItsBack, type_: Type) -> None:
    folder = somebody.world.archive.layout.messages(PLAIN).removesuffix("messages.parquet")
    somebody.put(f"{folder}a[red]b\x1b[31m\u202ec", b"mine")
    result = type_("verify", "--hours", PLAIN.key)
    assert "a[red]b\ufffd[31m\ufffdc" in result.output
    assert "\x1b" not in result.output


def test_only_the_named_app_is_verified(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    apps = [SimulatedApp("acme", name, requests_per_minute=1000) for name in ("one", "two")]
    result = type_in(make_world(apps=apps, first_hour="2026112300"))("verify", "--app", "acme/two")
    assert "acme/two" in result.output
    assert "acme/one" not in result.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("verify", "--sample", "many"), "for example 5%"),
        (("verify", "--hours", "yesterday"), "YYYYMMDDHH"),
        (("verify", "--app", "acme/nobody"), "acme/support"),
        (("adopt", "--app", "acme/support", "--hours", "1"), "YYYYMMDDHH"),
    ],
)
def test_wrong_words_end_with_2_and_say_what_would_be_right(
    world: World, type_in: Callable[[World], Type], words: tuple[str, ...], told: str
) -> None:
    result = type_in(world)(*words)
    assert result.exit_code == 2
    assert told in result.output


def test_a_bucket_that_is_not_there_ends_with_2(world: World, type_in: Callable[[World], Type]) -> None:
    world.settings_file.write_text(world.settings_file.read_text().replace("s3://test-", "s3://absent-"))
    result = type_in(world)("verify")
    assert result.exit_code == 2
    assert "Create the bucket" in result.output


@pytest.mark.parametrize("command", ["verify", "adopt", "cleanup"])
def test_each_command_has_a_help(command: str) -> None:
    result = CliRunner().invoke(command_line.app, [command, "--help"])
    assert result.exit_code == 0
    assert "Exit code 0" in result.output


# adopt


def test_adopt_records_a_raw_file_and_says_what_the_hour_holds_now(
    somebody: BehindItsBack, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    somebody.unrecorded_raw_file(LOST, b'{"msg_id":"77","timestamp":1}')
    named = type_("verify", "--hours", LOST.key).output.replace("\n", " ")
    assert f"chat-archive adopt --app acme/support --hours {LOST} records it" in named
    result = type_("adopt", "--app", "acme/support", "--hours", f"{PLAIN}..{LOST}")
    assert result.exit_code == 0
    assert result.output.endswith(f"{LOST}: 1 raw file recorded, 1 message now.\n")
    assert type_("verify", "--hours", LOST.key, "--read-data").exit_code == 0
    again = type_("adopt", "--app", "acme/support", "--hours", LOST.key)
    assert "Nothing to adopt" in again.output


def test_adopt_tells_how_damaged_files_read_now(somebody: BehindItsBack, type_: Type) -> None:
    key = somebody.world.archive.layout.capture_record(PLAIN)
    record = json.loads(somebody.content(key))
    record["raw_revisions"][0] |= {"lines": None, "damage": "It was too large."}
    somebody.edit(key, raw_revisions=record["raw_revisions"])
    result = type_("adopt", "--app", "acme/support", "--hours", f"{PLAIN}..{DAMAGED}")
    assert result.exit_code == 0
    told = result.output.replace("\n", " ")
    assert f"{PLAIN}: a raw file that was called damaged can be read whole, " in told
    assert f"{DAMAGED}: still damaged. The file raw.jsonl.gz is not a gzip file." in told
    assert "Nothing to adopt" not in told


def test_adopt_names_what_it_does_not_take_and_ends_with_1(somebody: BehindItsBack, type_: Type) -> None:
    key = somebody.world.archive.layout.raw(LOST, "a" * 64)
    somebody.put(key, b"whatever")
    result = type_("adopt", "--app", "acme/support", "--hours", LOST.key)
    assert result.exit_code == 1
    assert f"s3://{somebody.bucket}/{key} does not hold the bytes its name says" in result.output


def test_adopt_tells_what_keeps_messages_from_being_built_and_goes_on(
    somebody: BehindItsBack, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConversionFailed("Hour so and so was not converted.")

    monkeypatch.setattr("assets.verification.adopt.publish_messages", fail)
    hours = DAY.hours[20], NEXT_DAY.hours[4]
    for hour in hours:
        somebody.unrecorded_raw_file(hour, b'{"msg_id":"77","timestamp":1}')
    result = type_("adopt", "--app", "acme/support", "--hours", f"{hours[0]}..{hours[1]}")
    assert result.exit_code == 1
    assert result.output.count("was not converted") == 2


def test_verify_asks_the_platform_for_nothing(somebody: BehindItsBack, type_: Type) -> None:
    asked = len(somebody.world.platform.requests)
    with troubled(somebody.world.runtime.bucket, "PutObject") as puts:
        type_("verify", "--read-data", "--hours", RANGE)
    assert len(somebody.world.platform.requests) == asked
    assert puts == []
