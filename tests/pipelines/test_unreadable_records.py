"""A record that cannot be read costs its own hour or day, and nothing else; people are told, and it stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import dagster as dg
import pytest
from typer.testing import Result

from assets.app_assets import raw_history_key
from assets.coverage.page import coverage_page
from assets.coverage.publish_coverage import publish_coverage
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from assets.verification.adopt import adopt
from pipelines.days_due import days_due
from pipelines.due_now import due_now
from pipelines.finding import Finding, FindingKind
from pipelines.reconcile import reconcile_app
from pipelines.telling import watch_and_tell
from pipelines.watch import look_through
from resources.archive.errors import ArchiveDamaged, RecordUnreadable
from resources.archive.ledger import Ledger
from resources.archive.watch_record import WatchRecord
from resources.hours.due import Task
from resources.hours.hour import Hour
from resources.hours.state import REASONS_IN_WORDS, HourState, Reason
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.assets.coverage.test_publish_coverage import rows
from tests.assets.looking import HOUR, hour_that_grows, look, stored
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.pipelines.query.archives import DAY, NEXT_DAY, archive_lines, message
from tests.pipelines.test_command_line import Type, statuses, type_in
from tests.pipelines.test_schedules import instance, tick
from tests.world import World

__all__ = ["instance", "type_in"]

OVERWRITTEN, ROTTEN = dict[str, str](), {"sha256": sha256(b"what was stored").hexdigest()}
"""The metadata of a record that cannot be read: none, or the digest of what was there."""

RUBBISH, NEWER = b"\x00\xff rubbish", b'{"record_version": 2, "app": "acme/support"}'
BROKEN = Hour.from_key("2026112304")
"""At 09:30 the hours 04, 05 and 06 are due."""

Spoil = Callable[..., None]


@pytest.fixture(params=[OVERWRITTEN, ROTTEN], ids=["overwritten", "rotten"])
def spoil(request: pytest.FixtureRequest, s3_client: Any, bucket_name: str) -> Iterator[Spoil]:
    """Return a function that overwrites a record; what it wrote has to be there still when the test ends."""
    written: dict[str, bytes] = {}

    def put(key: str, content: bytes = RUBBISH) -> None:
        s3_client.put_object(Bucket=bucket_name, Key=key, Body=content, Metadata=request.param)
        written[key] = content

    yield put
    for key, content in written.items():
        assert s3_client.get_object(Bucket=bucket_name, Key=key)["Body"].read() == content


@pytest.fixture
def two_apps(make_world: MakeWorld) -> World:
    apps = [SimulatedApp("acme", name, requests_per_minute=100_000) for name in ("support", "shop")]
    return make_world(apps=apps, first_hour=BROKEN.key)


def found(world: World) -> dict[FindingKind, Finding]:
    return {each.kind: each for each in look_through(world.runtime, world.app, world.clock.now())}


@pytest.mark.parametrize(
    ("spoil", "content", "remedy"),
    [(OVERWRITTEN, RUBBISH, "restore it"), (OVERWRITTEN, NEWER, "update this one"), (ROTTEN, NEWER, "restore it")],
    indirect=["spoil"],
)
def test_catch_up_archives_all_other_hours_of_all_apps_and_says_which_record_and_what_to_do(
    two_apps: World,
    type_in: Callable[[World], Type],
    spoil: Spoil,
    inbox: Inbox,
    *,
    content: bytes,
    remedy: str,
) -> None:
    key = two_apps.archive.layout.capture_record(BROKEN)
    spoil(key, content)
    type_ = type_in(two_apps)
    result: Result = type_("catch-up")
    assert result.exit_code == 1, result.output
    assert key in result.output.replace("\n", "")
    assert len(two_apps.platform.requests_of("history")) == 5
    entries = statuses(type_, "--app", "acme/support")
    assert (entries[BROKEN.key]["state"], entries[BROKEN.key]["reason"]) == ("failed", "unreadable_record")
    assert remedy in entries[BROKEN.key]["problem"]
    assert {entries[key]["state"] for key in ("2026112305", "2026112306")} <= {"archived", "empty"}
    (letter,) = [text for title, text in inbox.letters if "records_unreadable" in title]
    assert key in letter
    assert "chat-archive adopt" in letter


@pytest.mark.parametrize("command", [("plan",), ("cleanup",)])
def test_a_command_that_cannot_do_without_a_record_ends_with_1_for_no_setting_is_wrong(
    two_apps: World, type_in: Callable[[World], Type], spoil: Spoil, command: tuple[str, ...]
) -> None:
    type_ = type_in(two_apps)
    type_("catch-up")
    layout = two_apps.archive.layout
    spoil(layout.watch_record)
    spoil(layout.capture_record(BROKEN))
    result = type_(*command)
    assert result.exit_code == 1, result.output
    assert "cannot be read" in result.output


def test_looking_by_hand_keeps_the_hours_file_unrecorded_and_says_how_it_is_recorded(
    two_apps: World, type_in: Callable[[World], Type], spoil: Spoil
) -> None:
    layout = two_apps.archive.layout
    spoil(layout.capture_record(BROKEN))
    result = type_in(two_apps)("catch-up", "--app", "acme/support", "--hours", "2026112304..2026112306")
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "capture.json cannot be read" in said
    assert "1 of its files are kept, unrecorded" in said
    assert "Then run chat-archive adopt of the hour" in said
    assert len(two_apps.platform.requests_of("history")) == 3
    assert any(two_apps.runtime.bucket.keys(layout.raw_hour(BROKEN)))


def test_a_tick_of_the_schedule_requests_all_other_hours(
    two_apps: World, instance: dg.DagsterInstance, spoil: Spoil
) -> None:
    spoil(two_apps.archive.layout.capture_record(BROKEN))
    assert {request.partition_key for request in tick(two_apps, instance)} == {"2026112305", "2026112306"}


@pytest.mark.parametrize(
    ("minutes_before_the_deadline", "is_asked_for"), [(31, False), (30, True), (1, True), (0, False)]
)
def test_the_hour_is_asked_for_when_the_platform_is_about_to_delete_it_whatever_its_record_may_say(
    make_world: MakeWorld,
    instance: dg.DagsterInstance,
    spoil: Spoil,
    minutes_before_the_deadline: int,
    is_asked_for: bool,
) -> None:
    world = make_world(first_hour=HOUR.key)
    spoil(world.archive.layout.capture_record(HOUR))
    world.clock.turn_to(world.app.policy.deadline(HOUR) - timedelta(minutes=minutes_before_the_deadline))
    requested = {request.partition_key: request for request in tick(world, instance)}
    assert (HOUR.key in requested) == is_asked_for
    if is_asked_for:
        assert requested[HOUR.key].tags["archive/task"] == "look"


def test_what_was_kept_at_the_last_chance_is_the_hours_once_its_record_is_mended(world: World, s3_client: Any) -> None:
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    early = stored(world)
    key = world.archive.layout.capture_record(hour)
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=RUBBISH)
    with pytest.raises(ArchiveDamaged, match="1 of its files are kept, unrecorded"):
        look(world, hour, age=71.75)
    world.clock.turn_to(hour.end + timedelta(hours=80))
    with pytest.raises(RecordUnreadable):
        look(world, hour)
    assert stored(world)["ledger/capture.json"] == RUBBISH
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=early["ledger/capture.json"])
    adopt(hour, world.archive, world.clock)
    publish_messages(hour, world.archive, world.clock)
    messages = world.archive.ledger.messages(hour)
    assert messages is not None
    assert messages.counts.messages == len(truth(world.simulated_app, hour).message_ids)


def test_a_look_that_fails_is_told_with_the_record_that_cannot_be_read(world: World, spoil: Spoil) -> None:
    spoil(world.archive.layout.capture_record(HOUR))
    world.platform.script("history", ScriptedAnswer(status=500), times=20)
    with pytest.raises(ArchiveDamaged, match=r"capture\.json cannot be read.*asked.*500.*No file came of it"):
        look(world, HOUR, age=71.75)


def test_an_hour_is_still_looked_at_when_only_its_messages_record_cannot_be_read(world: World, spoil: Spoil) -> None:
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    spoil(world.archive.layout.messages_record(hour))
    published = world.archive.layout.messages(hour)
    before = world.runtime.bucket.read(published)
    world.clock.turn_to(hour.end + timedelta(hours=25))
    assert [task.task for task in due_now(world.runtime, world.app, world.clock.now()) if task.hour == hour] == [
        Task.LOOK
    ]
    look(world, hour)
    assert [task for task in due_now(world.runtime, world.app, world.clock.now()) if task.hour == hour] == []
    with pytest.raises(RecordUnreadable, match=r"messages\.json"):
        publish_messages(hour, world.archive, world.clock)
    assert world.runtime.bucket.read(published) == before
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", hour.key]
    assert (row["state"], row["reason"], row["complete"]) == ("archived", "unreadable_record", False)
    world.clock.advance(timedelta(hours=2))
    findings = found(world)
    assert findings[FindingKind.RECORDS_UNREADABLE].hours == (hour.key,)
    assert FindingKind.CONSERVATION not in findings


def test_coverage_of_all_other_hours_is_there_and_the_hour_is_failed_with_a_reason_of_its_own(
    two_apps: World, spoil: Spoil
) -> None:
    spoil(two_apps.archive.layout.capture_record(BROKEN))
    spoil(two_apps.archive.layout.watch_record)
    coverage = publish_coverage(two_apps.runtime)
    table = rows(two_apps)
    row = table.pop(("acme__support", BROKEN.key))
    assert (row["state"], row["reason"], row["complete"], row["rows"]) == ("failed", "unreadable_record", False, None)
    assert {row["state"] for row in table.values()} == {"pending"}
    assert len(table) == 9
    page = coverage_page(coverage.statuses, two_apps.clock.now())
    assert REASONS_IN_WORDS[Reason.UNREADABLE_RECORD] in page


def test_the_watch_tells_it_once_with_the_record_and_takes_no_hour_for_lost_that_it_cannot_judge(
    make_world: MakeWorld, spoil: Spoil
) -> None:
    world = make_world(first_hour="2026112006")  # 06 and 07 are past their deadline at 09:30
    hour, known_as_lost = Hour.from_key("2026112006"), Hour.from_key("2026112007")
    now, ledger = world.clock.now(), world.archive.ledger
    ledger.update_watch(
        lambda _: WatchRecord(app=world.app.name).with_hours_seen({known_as_lost.key: Reason.NEVER_ASKED}, (), now)
    )
    for each in (hour, known_as_lost):
        spoil(world.archive.layout.capture_record(each))
    findings = found(world)
    assert findings[FindingKind.RECORDS_UNREADABLE].hours == (hour.key, known_as_lost.key)
    assert hour.key not in findings[FindingKind.HOURS_LOST].hours
    assert known_as_lost.key in findings[FindingKind.HOURS_LOST].hours
    inbox = Inbox()
    for _ in range(2):
        watch_and_tell(world.runtime, [world.app], now, [inbox])
    (letter,) = [text for title, text in inbox.letters if "records_unreadable" in title]
    assert world.archive.layout.capture_record(hour) in letter


def test_an_hour_whose_record_cannot_be_read_is_at_risk_before_its_deadline(
    make_world: MakeWorld, spoil: Spoil
) -> None:
    world = make_world(first_hour=HOUR.key)
    look(world, HOUR, age=25)
    spoil(world.archive.layout.capture_record(HOUR))
    world.clock.turn_to(HOUR.end + timedelta(hours=61))
    assert HOUR.key in found(world)[FindingKind.HOURS_AT_RISK].hours


def test_the_apps_after_one_whose_watch_record_cannot_be_read_are_watched(two_apps: World, spoil: Spoil) -> None:
    spoil(two_apps.archive.layout.watch_record)
    two_apps.clock.advance(timedelta(hours=73))
    inbox = Inbox()
    told = watch_and_tell(two_apps.runtime, two_apps.settings.apps, two_apps.clock.now(), [inbox])
    assert any("watch.json" in problem for problem in told.problems)
    titles = [title for title, _ in inbox.letters]
    assert titles[0] == "Chat archive, acme/support: the ledger cannot be read"
    assert any(title.startswith("Chat archive, acme/shop: ") for title in titles)


def test_days_with_a_record_that_cannot_be_read_wait_and_all_others_are_compacted(world: World, spoil: Spoil) -> None:
    for day in (DAY, NEXT_DAY):
        archive_lines(world, day.hours[7], message(1, day.hours[7], "ann", "bob", "hello"))
    world.clock.turn_to(NEXT_DAY.hours[-1].end + timedelta(hours=73))
    layout = world.archive.layout
    spoil(layout.messages_record(DAY.hours[7]))
    assert days_due(world.runtime, world.app, world.clock.now()) == [NEXT_DAY]
    with pytest.raises(RecordUnreadable, match=r"messages\.json"):
        publish_daily(DAY, world.archive, world.clock)
    spoil(layout.daily_record(NEXT_DAY))
    assert days_due(world.runtime, world.app, world.clock.now()) == []
    world.clock.advance(timedelta(days=2))
    findings = found(world)
    unreadable = findings[FindingKind.RECORDS_UNREADABLE]
    assert unreadable.hours == (DAY.hours[7].key, NEXT_DAY.hours[-1].key)
    assert layout.daily_record(NEXT_DAY) in unreadable.hours_in_words
    assert FindingKind.DAYS_BEHIND not in findings
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", NEXT_DAY.hours[7].key]
    assert (row["complete"], row["compacted"]) == (True, False)


def test_adopting_a_range_passes_over_the_hour_and_names_it(
    world: World, type_in: Callable[[World], Type], spoil: Spoil, s3_client: Any
) -> None:
    hour, broken = DAY.hours[8], DAY.hours[7]
    archive_lines(world, hour, message(1, hour, "ann", "bob", "hello"))
    s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=world.archive.layout.capture_record(hour))
    spoil(world.archive.layout.capture_record(broken))
    result = type_in(world)("adopt", "--app", "acme/support", "--hours", f"{broken}..{hour}")
    assert result.exit_code == 1, result.output
    assert "capture.json cannot be read" in result.output.replace("\n", " ")
    adopted = world.archive.ledger.capture(hour)
    assert adopted is not None
    assert adopted.state is HourState.ARCHIVED


def test_files_are_adopted_although_the_watch_record_cannot_be_read(world: World, spoil: Spoil, s3_client: Any) -> None:
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=25)
    s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=world.archive.layout.capture_record(hour))
    spoil(world.archive.layout.watch_record)
    adopt(hour, world.archive, world.clock)
    adopted = world.archive.ledger.capture(hour)
    assert adopted is not None
    assert adopted.state is HourState.ARCHIVED


def test_reconcile_leaves_dagsters_picture_of_the_hour_and_reports_all_others(
    world: World, instance: dg.DagsterInstance, spoil: Spoil
) -> None:
    hour, broken = HOUR, HOUR.plus(1)
    for each in (hour, broken):
        look(world, each, age=25)
    instance.report_runless_asset_event(
        dg.AssetMaterialization(raw_history_key(world.app), partition=broken.key),
    )
    spoil(world.archive.layout.capture_record(broken))
    result = reconcile_app(world.runtime, world.app, instance)
    assert (result.unfounded, result.unreadable) == ((), (broken.key,))
    assert instance.get_materialized_partitions(raw_history_key(world.app)) == {hour.key, broken.key}


def test_the_ledger_returns_what_can_be_read_beside_what_cannot(world: World, spoil: Spoil) -> None:
    ledger: Ledger = world.archive.ledger
    look(world, HOUR, age=25)
    publish_messages(HOUR, world.archive, world.clock)
    capture, messages = ledger.capture(HOUR), ledger.messages(HOUR)
    assert capture is not None
    assert capture.state is HourState.ARCHIVED
    look(world, HOUR.plus(1), age=25)
    spoil(world.archive.layout.capture_record(HOUR))
    read = ledger.records([HOUR, HOUR.plus(1), HOUR.plus(2)])
    assert read.readable.keys() == {HOUR.plus(1)}
    unreadable = read.unreadable[HOUR]
    assert unreadable.readable.capture is None
    assert unreadable.readable.messages == messages
    assert [error.uri for error in unreadable.errors] == [
        f"s3://{ledger.bucket.name}/{ledger.layout.capture_record(HOUR)}"
    ]
    with pytest.raises(RecordUnreadable):
        read.all_readable()
