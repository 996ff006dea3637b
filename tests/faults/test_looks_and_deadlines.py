"""What time does to hours: files that grow and shrink, zones, borders of hours, and outages. Cases 13 to 16."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from rich.console import Console

from assets.asset_metadata import raw_history_metadata
from assets.capture import capture_hour
from assets.coverage.hour_status import status_of_app
from assets.publish_messages import publish_messages
from pipelines.catch_up import Outcome, TaskResult
from pipelines.catch_up_report import summarise
from pipelines.due_now import due_now
from pipelines.findings import FindingKind
from pipelines.planner import PlannedTask, in_order
from pipelines.telling import watch_and_tell
from pipelines.watch import look_through
from resources.archive.app_archive import app_archive
from resources.hours.due import Task
from resources.hours.hour import Hour, hours_between
from resources.hours.state import HourState, Reason
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, Version, error_bodies, truth
from resources.simulated_platform.hour_files import gzip_files
from tests.assets.looking import HOUR, hour_that_grows, hour_that_stays, look, record_of, stored, turn_to_age
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.pipelines.query.archives import archive_lines, message
from tests.world import World

CHINA = timezone(timedelta(hours=8))
QUIET = SimulatedApp("acme", "support", mean_messages_per_hour=2, requests_per_minute=10)
"""An app of few words, with the platform's usual rate limit."""

NEARLY_SILENT = replace(QUIET, mean_messages_per_hour=0.3)


def raw_in(world: World) -> set[bytes]:
    return {content for name, content in stored(world).items() if name.startswith("raw/")}


def do_what_is_due(world: World) -> None:
    """Do what one tick of the schedule does, one hour after the other."""
    now = world.clock.now()
    for task in in_order(due_now(world.runtime, world.app, now), now):
        capture = capture_hour(task.hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)
        if capture.record.state is HourState.ARCHIVED:
            publish_messages(task.hour, world.archive, world.clock)


def tasks_of(world: World, hour: Hour) -> list[Task]:
    return [task.task for task in due_now(world.runtime, world.app, world.clock.now()) if task.hour == hour]


# Case 13: a file that grows


def test_case_13_a_file_that_grows_is_fetched_again_and_the_messages_are_complete_and_once(world: World) -> None:
    app, hour = world.simulated_app, hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    early = truth(app, hour, world.clock.now()).message_ids
    assert world.message_ids(hour) == Counter(early)
    look(world, hour, age=25)
    publish_messages(hour, world.archive, world.clock)
    assert world.message_ids(hour) == Counter(truth(app, hour).message_ids)
    assert early < truth(app, hour).message_ids
    assert raw_in(world) == {*gzip_files(app, hour, Version.EARLY), *gzip_files(app, hour, Version.SETTLED)}


LATE = error_bodies.expired_or_unstored("acme#support", HOUR.key)
NO_FILE = error_bodies.no_file("acme#support", HOUR.key)
WITHOUT_A_FILE = {
    "not written": ScriptedAnswer(LATE.status, {"error": LATE.error, "error_description": LATE.description}),
    "no file": ScriptedAnswer(NO_FILE.status, {"error": NO_FILE.error}),
    "no URL": ScriptedAnswer(200, {"data": []}),
}


@pytest.mark.parametrize("answer", WITHOUT_A_FILE.values(), ids=WITHOUT_A_FILE)
def test_case_13_a_settled_look_that_brings_no_file_is_made_again_until_one_does(
    make_world: MakeWorld, answer: ScriptedAnswer
) -> None:
    world = make_world(first_hour=HOUR.key)
    app, hour = world.simulated_app, hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    world.platform.script("history", answer)
    record = look(world, hour, age=24.5).record
    assert (record.state, record.next_look_at) == (HourState.ARCHIVED, hour.end + timedelta(hours=25.5))
    turn_to_age(world, hour, 25.5)
    assert tasks_of(world, hour) == [Task.LOOK]
    assert look(world, hour).record.next_look_at is None
    publish_messages(hour, world.archive, world.clock)
    assert world.message_ids(hour) == Counter(truth(app, hour).message_ids)


@pytest.mark.parametrize("answer", WITHOUT_A_FILE.values(), ids=WITHOUT_A_FILE)
def test_case_13_an_hour_of_which_no_settled_look_brought_a_file_is_told_after_its_deadline(
    make_world: MakeWorld, answer: ScriptedAnswer
) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    world.platform.script("history", answer)
    assert look(world, hour, age=71.6).record.next_look_at is None
    assert hour.key in told_of(world)[FindingKind.HOURS_AT_RISK]
    turn_to_age(world, hour, 72)
    assert told_of(world)[FindingKind.HOURS_UNSETTLED] == [hour.key]


# Case 14: a file that shrinks


def shrinking(app: SimulatedApp, hour: Hour) -> ScriptedAnswer:
    """The early file, in place of the settled one."""
    (early,) = gzip_files(app, hour, Version.EARLY)
    return ScriptedAnswer(200, early)


@pytest.mark.parametrize("ages", [(25, 26), (3, 25, 26)], ids=["never seen before", "seen before it grew"])
def test_case_14_a_file_that_shrinks_takes_nothing_away_and_is_told_to_people(
    make_world: MakeWorld, ages: tuple[float, ...]
) -> None:
    world = make_world(first_hour=HOUR.key)
    app, hour = world.simulated_app, hour_that_grows(world.simulated_app)
    for age in ages[:-1]:
        look(world, hour, age=age)
    publish_messages(hour, world.archive, world.clock)
    before = world.message_ids(hour)
    world.platform.script("file", shrinking(app, hour))
    record = look(world, hour, age=ages[-1]).record
    publish_messages(hour, world.archive, world.clock)
    assert world.message_ids(hour) == before == Counter(truth(app, hour).message_ids)
    assert raw_in(world) == {*gzip_files(app, hour, Version.EARLY), *gzip_files(app, hour, Version.SETTLED)}
    lines = {revision.sha256: revision.lines or 0 for revision in record.raw_revisions}
    *_, larger, smaller = (sum(map(lines.__getitem__, look.files)) for look in record.looks)
    assert smaller < larger
    assert told_of(world)[FindingKind.FILES_SHRANK] == [hour.key]


def test_case_14_a_file_that_is_there_no_more_inside_the_window_is_told_to_people(make_world: MakeWorld) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    gone = error_bodies.no_file(world.simulated_app.key, hour.key)
    world.platform.script("history", ScriptedAnswer(gone.status, {"error": gone.error}))
    assert look(world, hour, age=25).record.state is HourState.ARCHIVED
    assert told_of(world)[FindingKind.FILES_SHRANK] == [hour.key]


def told_of(world: World) -> dict[FindingKind, list[str]]:
    """Return what people are told now, by kind: the hours that the words name."""
    inbox = Inbox()
    watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox])
    hours = (text.partition(" (UTC)")[0].split(", ") for _, text in inbox.letters)
    return dict(zip(map(FindingKind, inbox.kinds), hours, strict=True))


# Case 15: zones and borders


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand where clocks go back an hour on the first of November 2026, at 06:00 UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
@pytest.mark.parametrize("zone", [UTC, CHINA], ids=["overseas", "China"])
def test_case_15_every_hour_of_a_day_is_asked_for_once_whatever_the_zones_of_cluster_and_machine(
    make_world: MakeWorld, zone: timezone
) -> None:
    app = SimulatedApp("acme", "support", hour_zone=zone, mean_messages_per_hour=3, requests_per_minute=1000)
    hours = list(hours_between(Hour.from_key("2026110100"), Hour.from_key("2026110123")))
    world = make_world(apps=[app], first_hour="2026110100", now=hours[-1].end + timedelta(hours=2))
    do_what_is_due(world)
    asked = [request.path.rpartition("/")[2] for request in world.platform.requests_of("history")]
    first = datetime(2026, 11, 1) + zone.utcoffset(None)  # noqa: DTZ001 - the cluster's wall clock, as it names hours
    assert asked == [f"{first + timedelta(hours=number):%Y%m%d%H}" for number in range(24)]
    said = Counter(message_id for hour in hours for message_id in truth(app, hour, world.clock.now()).message_ids)
    found = sum(
        (world.message_ids(hour) for hour in hours if record_of(world, hour).state is HourState.ARCHIVED), Counter()
    )
    assert found == said
    assert len(said) > 20


def test_case_15_messages_just_outside_an_hour_stay_in_the_hour_whose_file_holds_them(world: World) -> None:
    minutes = (-1, 0, 59, 60)
    archive_lines(world, HOUR, *(message(minute, HOUR, "ann", "bob", "hello", minute=minute) for minute in minutes))
    assert world.message_ids(HOUR) == Counter(map(str, minutes))
    record = world.archive.ledger.messages(HOUR)
    assert record is not None
    assert record.counts.outside_hour == 2


# Case 16: races against the deadline


def first_asked(world: World) -> list[str]:
    """Return the hours in the order in which they were first asked for."""
    return list(dict.fromkeys(request.path.rpartition("/")[2] for request in world.platform.requests_of("history")))


def test_case_16_a_backlog_of_72_hours_lands_whole_nearest_deadline_first(make_world: MakeWorld) -> None:
    hours = list(hours_between(HOUR, HOUR.plus(71)))
    deadline = HOUR.end + timedelta(hours=72)
    world = make_world(apps=[QUIET], first_hour=HOUR.key, now=deadline - timedelta(minutes=2))
    do_what_is_due(world)
    world.clock.turn_to(deadline + timedelta(hours=2))  # the two youngest are old enough to be asked for
    do_what_is_due(world)
    assert first_asked(world)[:72] == [hour.key for hour in hours]
    records = {hour: record_of(world, hour) for hour in hours}
    for hour, record in records.items():
        known = truth(QUIET, hour, record.looks[-1].asked_at).message_ids
        assert record.state is (HourState.ARCHIVED if known else HourState.EMPTY)
        assert not known or world.message_ids(hour) == Counter(known)
    moments = [request.moment for request in world.platform.requests_of("history")]
    assert all(later - earlier > timedelta(minutes=1) for earlier, later in zip(moments, moments[10:], strict=False))
    assert min(record.deadline - record.looks[0].asked_at for record in records.values()) == timedelta(minutes=2)
    assert FindingKind.HOURS_LOST not in told_of(world)


def test_case_16_after_60_hours_without_a_daemon_nothing_is_lost(make_world: MakeWorld) -> None:
    world = make_world(apps=[NEARLY_SILENT], first_hour=HOUR.key, now=HOUR.end + timedelta(hours=2 + 60))
    do_what_is_due(world)
    assert told_of(world) == {}
    hours = list(hours_between(HOUR, HOUR.plus(60)))
    assert {record_of(world, hour).state for hour in hours} == {HourState.ARCHIVED, HourState.EMPTY}


def test_case_16_after_80_hours_without_a_daemon_exactly_the_expired_hours_are_told_as_lost(
    make_world: MakeWorld,
) -> None:
    went_down = HOUR.end + timedelta(hours=2)
    world = make_world(apps=[NEARLY_SILENT], first_hour=HOUR.key, now=went_down)
    do_what_is_due(world)
    assert record_of(world, HOUR).looks_total == 1
    came_back = went_down + timedelta(hours=80)
    world.clock.turn_to(came_back)
    do_what_is_due(world)
    missed = list(hours_between(HOUR.plus(1), HOUR.plus(80)))
    expired = [hour for hour in missed if hour.end + timedelta(hours=72) <= came_back]
    records = {hour: record_of(world, hour) for hour in missed}
    assert len(expired) == 10
    for hour in missed:
        states = {HourState.EXPIRED} if hour in expired else {HourState.ARCHIVED, HourState.EMPTY}
        assert records[hour].state in states
    assert {records[hour].reason for hour in expired} == {Reason.NEVER_ASKED}
    told = told_of(world)
    assert told[FindingKind.HOURS_LOST] == [hour.key for hour in expired]
    assert told[FindingKind.HOURS_UNSETTLED] == [HOUR.key]  # asked for once, before it was settled
    assert told_of(world) == {}


OUTAGES = pytest.mark.parametrize(
    ("days", "watched_on"),
    [(12, ()), (60, ()), (60, (1, 8, 20, 45))],
    ids=["12 days", "60 days", "60 days, but for the sensor"],
)


def sit_out(world: World, hour: Hour, days: int, watched_on: tuple[int, ...]) -> None:
    """Turn the clock past an outage of the schedules, through which the watch may go on looking."""
    for day in (0, *watched_on):
        world.clock.turn_to(max(world.clock.now(), hour.end + timedelta(days=day)))
        look_through(world.runtime, world.app, world.clock.now())
    world.clock.turn_to(hour.end + timedelta(days=days))


@OUTAGES
@pytest.mark.parametrize(
    "answer", [WITHOUT_A_FILE["not written"], ScriptedAnswer(403, {"error": "forbidden"})], ids=["pending", "failed"]
)
def test_case_16_an_hour_that_a_long_outage_left_open_is_asked_for_once_more_and_told_as_lost(
    make_world: MakeWorld, answer: ScriptedAnswer, days: int, watched_on: tuple[int, ...]
) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_stays(world.simulated_app)
    world.platform.script("history", answer)
    look(world, hour, age=3)
    sit_out(world, hour, days, watched_on)
    (status,) = status_of_app(
        world.app, [hour], world.archive.ledger.records([hour]), world.archive.ledger.watch(), world.clock.now()
    )
    assert (status.state, status.reason) == (HourState.EXPIRED, Reason.NO_ANSWER_IN_TIME)
    found = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    assert hour.key in found[FindingKind.HOURS_LOST]
    assert tasks_of(world, hour) == [Task.LOOK]
    record = look(world, hour).record
    assert (record.state, record.reason) == (HourState.EXPIRED, Reason.DELETED_BY_PLATFORM)
    assert tasks_of(world, hour) == []
    look_through(world.runtime, world.app, world.clock.now())
    seen = world.archive.ledger.watch()
    assert seen is not None
    assert seen.seen_through is not None
    assert seen.seen_through.unfinished == ()


@OUTAGES
def test_case_16_files_that_a_long_outage_left_unbuilt_are_told_and_built(
    make_world: MakeWorld, days: int, watched_on: tuple[int, ...]
) -> None:
    world = make_world(first_hour=HOUR.key)
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=25)
    sit_out(world, hour, days, watched_on)
    found = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    assert found[FindingKind.CONSERVATION] == (hour.key,)
    assert tasks_of(world, hour) == [Task.CONVERT]
    publish_messages(hour, world.archive, world.clock)
    assert tasks_of(world, hour) == []
    kinds = {each.kind for each in look_through(world.runtime, world.app, world.clock.now())}
    assert FindingKind.CONSERVATION not in kinds


def test_case_16_a_damaged_record_of_the_watch_keeps_nothing_from_being_asked_for(make_world: MakeWorld) -> None:
    world = make_world(first_hour=HOUR.key)
    look(world, HOUR, age=3)
    key = world.archive.layout.watch_record
    world.runtime.bucket.put_bytes(key, b"{}", content_type="application/json", replaces=None)
    turn_to_age(world, HOUR, 24 * 12)
    assert tasks_of(world, HOUR.plus(1)) == [Task.RECORD_LOSS]
    assert tasks_of(world, HOUR.plus(24 * 11)) == [Task.LOOK]


@pytest.mark.parametrize("answer", WITHOUT_A_FILE.values(), ids=WITHOUT_A_FILE)
def test_case_16_a_loss_does_not_become_nobody_spoke_because_the_retention_is_raised_later(
    make_world: MakeWorld, answer: ScriptedAnswer
) -> None:
    app = SimulatedApp("acme", "support", retention=timedelta(days=7), requests_per_minute=100_000)
    world = make_world(apps=[app], first_hour=HOUR.key)
    hour = hour_that_grows(app)
    assert look(world, hour, age=80).record.state is HourState.EXPIRED
    patient = world.app.model_copy(update={"retention_hours": 168.0})
    archive = app_archive(patient, world.runtime.bucket)
    for age in (81, 163):
        turn_to_age(world, hour, age)
        world.platform.script("history", answer)
        record = capture_hour(hour, archive, lambda: world.runtime.platform(patient), world.clock).record
        assert (record.state, record.reason) == (HourState.EXPIRED, Reason.DELETED_BY_PLATFORM)
    record = capture_hour(hour, archive, lambda: world.runtime.platform(patient), world.clock).record
    assert record.state is HourState.ARCHIVED


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ([timedelta(hours=40), timedelta(minutes=7, seconds=30), timedelta(hours=3)], "2026112013, saved 7 minutes"),
        ([timedelta(hours=40)], None),
        ([None, timedelta(seconds=-5)], None),  # already safe; and one the platform still had after its deadline
    ],
)
def test_case_16_a_catch_up_tells_how_near_it_came_to_losing_an_hour(
    world: World, margins: list[timedelta | None], said: str | None
) -> None:
    results = [
        TaskResult(
            PlannedTask(world.app, HOUR.plus(number), Task.LOOK, world.app.policy.deadline(HOUR.plus(number))),
            Outcome.ARCHIVED,
            margin=margin,
        )
        for number, margin in enumerate(margins)
    ]
    console = Console(record=True, width=200)
    summarise(console, results)
    text = console.export_text()
    assert ("Nearest to being lost" in text) == (said is not None)
    assert (said or "") in text


def test_case_16_every_look_tells_how_long_before_the_deadline_it_was_made(world: World) -> None:
    record = look(world, HOUR, age=71.5).record
    metadata = raw_history_metadata(HOUR, record, world.archive, world.settings.archive)
    assert metadata["hours_before_deadline"].value == 0.5
