"""What is noticed in a ledger, and what stays noticed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from rich.console import Console

from assets.capture import capture_hour
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from pipelines.due_now import due_now
from pipelines.finding import FindingKind
from pipelines.findings import findings_of, loss_of
from pipelines.operator_commands import acknowledge_losses
from pipelines.telling import watch_and_tell
from pipelines.watch import look_through
from resources.archive.capture_record import CaptureRecord
from resources.archive.evidence import Look, RawRevision
from resources.archive.ledger import DaysRead, HourRecords, HoursRead
from resources.archive.messages_record import MessageCounts, MessagesRecord, PublishedObject
from resources.archive.watch_record import WatchRecord
from resources.hours.hour import Hour, hours_between
from resources.hours.state import HourState, Reason
from resources.simulated_platform import SimulatedApp
from tests.assets.looking import hour_that_stays, look, record_of
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.pipelines.query.archives import DAY, archive_lines, message
from tests.pipelines.test_planner import APP

HOUR = Hour.from_key("2026112000")
END = HOUR.end
SHA = "a" * 64


def capture(
    state: HourState,
    *looks_after_hours: float,
    problem: str | None = None,
    lines: tuple[int, ...] = (),
    hour: Hour = HOUR,
) -> CaptureRecord:
    return CaptureRecord(
        app=APP.name,
        hour=hour.key,
        state=state,
        reason=Reason.LOOK_FAILED if problem else Reason.FILE_KEPT,
        deadline=APP.policy.deadline(hour),
        looks=tuple(
            Look(
                asked_at=hour.end + timedelta(hours=after),
                state=state,
                reason=Reason.LOOK_FAILED if problem else Reason.FILE_KEPT,
                problem=problem,
                files=(f"{number:064x}",) if number < len(lines) else (),
            )
            for number, after in enumerate(looks_after_hours)
        ),
        raw_revisions=tuple(
            RawRevision(sha256=f"{number:064x}", bytes=1, lines=count, captured_at=hour.end)
            for number, count in enumerate(lines)
        ),
        updated_at=hour.end,
    )


def messages(count: int, hour: Hour = HOUR, **more: object) -> MessagesRecord:
    content: dict[str, object] = {
        "app": APP.name,
        "hour": hour.key,
        "raw_revisions": (f"{0:064x}", f"{1:064x}"),
        "counts": MessageCounts(lines=count, messages=count),
        "messages": PublishedObject(key="k", bytes=1, sha256=SHA),
        "updated_at": hour.end,
    }
    return MessagesRecord.model_validate(content | more)


def kinds_at(now: datetime, records: HourRecords, watch: WatchRecord | None = None) -> set[FindingKind]:
    found = findings_of(
        APP, [HOUR], HoursRead({HOUR: records}), watch or WatchRecord(app=APP.name), dailies=DaysRead(), now=now
    )
    return {finding.kind for finding in found}


ARCHIVED, EMPTY, PENDING, FAILED = HourState.ARCHIVED, HourState.EMPTY, HourState.PENDING, HourState.FAILED
NOTHING = HourRecords()


@pytest.mark.parametrize(
    ("after_hours", "records", "expected"),
    [
        (2.5, NOTHING, set()),
        (5.5, NOTHING, {FindingKind.ARCHIVE_LAG}),
        (60, NOTHING, {FindingKind.ARCHIVE_LAG, FindingKind.HOURS_AT_RISK}),
        (72, NOTHING, set()),  # lost: noticed by the watch record, not by the hour itself
        (59, HourRecords(capture(PENDING, 3)), set()),
        (60, HourRecords(capture(PENDING, 3)), {FindingKind.HOURS_AT_RISK}),
        (72, HourRecords(capture(PENDING, 3)), {FindingKind.HOURS_AT_RISK}),  # its last look is still to come
        (96, HourRecords(capture(PENDING, 3)), set()),  # lost
        (72, HourRecords(capture(ARCHIVED, 3)), set()),  # unsettled
        (60, HourRecords(capture(ARCHIVED, 3)), {FindingKind.HOURS_AT_RISK}),  # late messages may be missing
        (60, HourRecords(capture(ARCHIVED, 3, 25)), set()),
        (60, HourRecords(capture(EMPTY, 25)), set()),
        (60, HourRecords(capture(ARCHIVED, 25, problem="503")), {FindingKind.HOURS_AT_RISK}),
        (5, HourRecords(capture(FAILED, 2, 3, problem="503")), set()),
        (5, HourRecords(capture(FAILED, 2, 3, 4, problem="503")), {FindingKind.HOURS_FAILING}),
        (80, HourRecords(capture(HourState.EXPIRED, 2, 3, 73, problem="503")), set()),
        (5, HourRecords(capture(ARCHIVED, 3, lines=(5,)), messages(5)), set()),
        (5, HourRecords(capture(ARCHIVED, 3, lines=(5,))), {FindingKind.CONSERVATION}),
        (0.5, HourRecords(capture(ARCHIVED, 0.5, lines=(5,))), set()),  # the run may still be converting
        (
            5,
            HourRecords(capture(ARCHIVED, 3, lines=(5,)), messages(5, counts=MessageCounts(lines=6, messages=5))),
            {FindingKind.CONSERVATION},
        ),
        (
            5,
            HourRecords(capture(ARCHIVED, 3, lines=(5,)), messages(5, failures_in_a_row=3)),
            {FindingKind.HOURS_FAILING},
        ),
        (5, HourRecords(capture(ARCHIVED, 3, 4, lines=(5, 4)), messages(5)), {FindingKind.FILES_SHRANK}),
        (5, HourRecords(capture(ARCHIVED, 3, 4, lines=(5, 5)), messages(5)), set()),
    ],
)
def test_each_trouble_has_its_finding(after_hours: float, records: HourRecords, expected: set[FindingKind]) -> None:
    assert kinds_at(END + timedelta(hours=after_hours), records) == expected


def test_what_people_are_to_type_names_the_app() -> None:
    watch = WatchRecord(app=APP.name).with_hours_seen({HOUR.key: Reason.NEVER_ASKED}, (), END)
    (lost,) = findings_of(APP, [], HoursRead(), watch, dailies=DaysRead(), now=END)
    assert f"chat-archive acknowledge --app {APP.name} --hours" in lost.sentence


@pytest.mark.parametrize(("settle_hours", "told_from"), [(24, 60), (57, 60), (62, 65), (68.9, 71.5), (71.9, 71.5)])
def test_an_archived_hour_is_at_risk_once_its_settled_look_is_overdue_and_in_any_case_before_its_deadline(
    settle_hours: float, told_from: float
) -> None:
    app = APP.model_copy(update={"settle_hours": settle_hours})
    records = HoursRead({HOUR: HourRecords(capture(ARCHIVED, 3))})
    for age in (told_from - 0.1, told_from):
        now = END + timedelta(hours=age)
        found = findings_of(app, [HOUR], records, WatchRecord(app=app.name), dailies=DaysRead(), now=now)
        assert (FindingKind.HOURS_AT_RISK in {each.kind for each in found}) == (age == told_from)


@pytest.mark.parametrize(
    ("after_hours", "record", "expected"),
    [
        (71.9, None, None),
        (72, None, Reason.NEVER_ASKED),
        (40, capture(HourState.EXPIRED, 3), Reason.FILE_KEPT),  # the reason that was recorded
        (95.9, capture(PENDING, 3), None),
        (96, capture(PENDING, 3), Reason.NO_ANSWER_IN_TIME),
        (95.9, capture(FAILED, 3, 94, problem="503"), None),
        (96, capture(FAILED, 3, 94, problem="503"), Reason.NO_ANSWER_IN_TIME),
        (900, capture(FAILED, 3, problem="503", lines=(5,)), Reason.PART_KEPT),
        (71.9, capture(ARCHIVED, 3), None),
        (72, capture(ARCHIVED, 3), Reason.NOT_SETTLED),
        (72, capture(EMPTY, 3), Reason.NOT_SETTLED),
        (900, capture(ARCHIVED, 3, 25), None),
    ],
)
def test_an_hour_is_lost_for_a_true_reason_and_not_before_its_last_look_is_over(
    after_hours: float, record: CaptureRecord | None, expected: Reason | None
) -> None:
    assert loss_of(APP, HOUR, record, END + timedelta(hours=after_hours)) is expected


def test_an_older_hour_for_which_something_is_to_be_done_has_its_findings_too() -> None:
    old = HOUR.plus(-1000)
    records = {old: HourRecords(capture(ARCHIVED, 3, 25, lines=(5,), hour=old))}
    watch = WatchRecord(app=APP.name)
    found = findings_of(APP, [HOUR], HoursRead(records), watch, older=[old], dailies=DaysRead(), now=END)
    assert [(each.kind, each.hours) for each in found] == [(FindingKind.CONSERVATION, (old.key,))]


@pytest.mark.parametrize(
    ("past", "found", "odd"),
    [
        ((100, 110, 90, 100), 100, False),
        ((100, 110, 90, 100), 21, False),
        ((100, 110, 90, 100), 19, True),
        ((100, 110, 90, 100), 0, True),
        ((100, 110, 90, 100), 501, True),
        ((100,), 0, False),  # one week is no habit
        ((3, 4, 2, 3), 0, False),  # too few to tell
    ],
)
def test_an_hour_far_from_the_same_hour_of_past_weeks_is_noticed(past: tuple[int, ...], found: int, odd: bool) -> None:
    counts = {HOUR: found} | {HOUR.plus(-168 * week): count for week, count in enumerate(past, 1)}
    records = {
        hour: HourRecords(capture(ARCHIVED, 3, 25, lines=(1,), hour=hour), messages(count, hour))
        for hour, count in counts.items()
    }
    hours = list(hours_between(HOUR.plus(-168 * 5), HOUR))
    found_now = findings_of(
        APP, hours, HoursRead(records), WatchRecord(app=APP.name), dailies=DaysRead(), now=END + timedelta(days=100)
    )
    volume = [finding.hours for finding in found_now if finding.kind is FindingKind.VOLUME]
    assert volume == ([(HOUR.key,)] if odd else [])


def test_a_loss_stays_until_it_is_acknowledged_and_is_kept_afterwards() -> None:
    now = END + timedelta(days=4)
    watch = WatchRecord(app=APP.name).with_hours_seen({HOUR.key: Reason.NEVER_ASKED}, (), now)
    assert FindingKind.HOURS_LOST in kinds_at(now, NOTHING, watch)
    quiet = watch.with_acknowledged([HOUR.key], "moved in that week", now)
    assert FindingKind.HOURS_LOST not in kinds_at(now, NOTHING, quiet)
    assert quiet.losses[HOUR.key].acknowledged_because == "moved in that week"
    again = quiet.with_hours_seen({HOUR.key: Reason.NEVER_ASKED}, (), now)
    assert again == quiet


def test_an_hour_that_turns_out_not_to_be_lost_leaves_the_list_of_losses() -> None:
    now = END + timedelta(days=4)
    watch = WatchRecord(app=APP.name).with_hours_seen({HOUR.key: Reason.NEVER_ASKED}, (), now)
    assert watch.with_hours_seen({}, {HOUR.key}, now).losses == {}


def test_losses_of_long_ago_are_told_in_one_message_and_can_be_acknowledged(make_world: MakeWorld) -> None:
    world = make_world(first_hour="2026090100")
    inbox = Inbox()
    watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox])
    (lost,) = [letter for letter in inbox.letters if "hours_lost" in letter[0]]
    assert "1,929 hours" in lost[0]
    assert lost[1].startswith("2026090100, 2026090101, ")
    first = Hour.from_key("2026090100")
    for task in due_now(world.runtime, world.app, world.clock.now())[:3]:
        capture_hour(task.hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)
    assert record_of(world, first).reason is Reason.NEVER_ASKED
    assert watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox]).sent == 0
    hours = list(hours_between(first, first.plus(1928)))
    acknowledge_losses(Console(quiet=True), world.runtime, world.app, hours, "The archive began later.")
    found = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    assert FindingKind.HOURS_LOST not in found


def test_an_hour_archived_early_and_never_settled_is_told_after_its_deadline_until_acknowledged(
    make_world: MakeWorld,
) -> None:
    world = make_world(first_hour="2026112306")
    hour = Hour.from_key("2026112306")
    capture_hour(hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)
    publish_messages(hour, world.archive, world.clock)
    world.clock.advance(timedelta(hours=72))
    kinds = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    assert kinds[FindingKind.HOURS_UNSETTLED] == (hour.key,)
    assert hour.key not in kinds[FindingKind.HOURS_LOST]
    now = world.clock.now()
    world.archive.ledger.update_watch(
        lambda watch: (watch or WatchRecord(app=world.app.name)).with_acknowledged([hour.key], "outage", now),
    )
    assert FindingKind.HOURS_UNSETTLED not in {each.kind for each in look_through(world.runtime, world.app, now)}


@pytest.mark.parametrize(("hours_after_closing", "is_told"), [(1, False), (23, False), (25, True)])
def test_a_day_that_is_not_one_object_a_day_after_it_was_closed_is_told(
    make_world: MakeWorld, hours_after_closing: int, is_told: bool
) -> None:
    world = make_world(first_hour="2026111900")
    hour = DAY.hours[7]
    archive_lines(world, hour, message(1, hour, "ann", "bob", "hello"))
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=72 + hours_after_closing))
    found = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    assert found.get(FindingKind.DAYS_BEHIND) == ((DAY.hours[0].key,) if is_told else None)
    publish_daily(DAY, world.archive, world.clock)
    kinds = {each.kind for each in look_through(world.runtime, world.app, world.clock.now())}
    assert FindingKind.DAYS_BEHIND not in kinds


@pytest.mark.parametrize(
    ("outside_of_ten", "found"),
    [
        ((10, 10, 10), ["2026112000"]),
        ((6, 6, 6, 6, 0, 0, 0), ["2026112000"]),
        ((10, 10), []),  # too few to tell
        ((5, 5, 5), []),
        ((10, 10, 10, 0, 0, 0), []),  # somebody has imported messages
        ((10,) * 26, ["2026112000", "2026112100"]),
        ((10,) * 26 + (0,) * 26, []),  # the settings were mended
    ],
)
def test_hours_that_mostly_hold_messages_of_other_hours_are_told_as_a_wrong_zone_once_a_day(
    outside_of_ten: tuple[int, ...], found: list[str]
) -> None:
    hours = [HOUR.plus(number) for number in range(len(outside_of_ten))]
    records = {
        hour: HourRecords(
            capture(ARCHIVED, 3, 25, lines=(10,), hour=hour),
            messages(10, hour, counts=MessageCounts(lines=10, messages=10, outside_hour=outside)),
        )
        for hour, outside in zip(hours, outside_of_ten, strict=True)
    }
    now = hours[-1].end + timedelta(hours=26)
    findings = findings_of(APP, hours, HoursRead(records), WatchRecord(app=APP.name), dailies=DaysRead(), now=now)
    zone = [each for each in findings if each.kind is FindingKind.HOUR_ZONE]
    assert [hour for each in zone for hour in each.hours] == found
    assert all("hour_zone" in each.sentence and "settings file" in each.sentence for each in zone)


def test_an_app_in_china_whose_zone_was_left_as_overseas_is_noticed(make_world: MakeWorld) -> None:
    in_china = SimulatedApp("acme", "support", hour_zone=timezone(timedelta(hours=8)), requests_per_minute=100_000)
    world = make_world(apps=[in_china], first_hour="2026112304", hour_zone="+00:00")
    for hour in hours_between(Hour.from_key("2026112304"), Hour.from_key("2026112306")):
        capture_hour(hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)
        publish_messages(hour, world.archive, world.clock)
    found = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    assert found[FindingKind.HOUR_ZONE] == ("2026112300",)


def test_case_31_an_hour_whose_key_holds_somebody_elses_bytes_is_told_to_people_before_its_deadline(
    make_world: MakeWorld, s3_client: Any
) -> None:
    app = SimulatedApp("acme", "support", requests_per_minute=100_000)
    hour = hour_that_stays(app)
    world = make_world(apps=[app], first_hour=hour.key)
    look(world, hour, age=3)
    bucket = world.runtime.bucket.name
    key = world.archive.layout.raw(hour, record_of(world, hour).raw_revisions[0].sha256)
    s3_client.delete_object(Bucket=bucket, Key=world.archive.layout.capture_record(hour))
    s3_client.put_object(Bucket=bucket, Key=key, Body=b"a stranger's bytes")
    inbox = Inbox()
    for age in (3, 31, 60):  # of 72
        look(world, hour, age=age)
        watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox])
    assert inbox.kinds == ["hours_at_risk", "hours_failing"]
    assert all(text.startswith(f"{hour.key} (UTC)") for _, text in inbox.letters)
    assert "chat-archive status" in inbox.letters[0][1]
