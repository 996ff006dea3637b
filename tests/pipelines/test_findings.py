"""What is noticed in a ledger, what stays noticed, and what is told, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from assets.capture import capture_hour
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from pipelines.findings import Finding, FindingKind, findings_of
from pipelines.watch import look_through, tell_what_is_new
from resources.alerts import AlertNotSent
from resources.archive.errors import ArchiveSuperseded
from resources.archive.ledger import HourRecords
from resources.archive.records import (
    CaptureRecord,
    Look,
    MessageCounts,
    MessagesRecord,
    PublishedObject,
    RawRevision,
)
from resources.archive.watch_record import WatchRecord
from resources.hours.hour import Hour, hours_between
from resources.hours.state import HourState, Reason
from resources.simulated_platform import SimulatedApp
from tests.assets.looking import hour_that_stays, look, record_of
from tests.conftest import MakeWorld
from tests.pipelines.query.archives import DAY, archive_lines, message
from tests.pipelines.test_planner import APP
from tests.world import World

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
    found = findings_of(APP, [HOUR], {HOUR: records}, watch or WatchRecord(app=APP.name), dailies={}, now=now)
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
    found_now = findings_of(APP, hours, records, WatchRecord(app=APP.name), dailies={}, now=END + timedelta(days=100))
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


class Inbox:
    """Takes alerts; may be out of order."""

    def __init__(self, *, works: bool = True, exists: bool = True) -> None:
        self.works, self.exists = works, exists
        self.letters: list[tuple[str, str]] = []

    def send(self, title: str, text: str) -> bool:
        if not self.works:
            raise AlertNotSent("down")
        if self.exists:
            self.letters.append((title, text))
        return self.exists


@pytest.fixture
def world_with_losses(make_world: MakeWorld) -> World:
    return make_world(first_hour="2026112006")  # 06 and 07 are past their deadline at 09:30, 08 is at its last hour


def watch(world: World, inbox: Inbox) -> int:
    now = world.clock.now()
    findings = look_through(world.runtime, world.app, now)
    return tell_what_is_new(world.runtime, world.app, findings, now, inbox.send)


def test_what_is_lost_and_what_will_be_is_told_once_with_what_to_do(world_with_losses: World) -> None:
    inbox = Inbox()
    assert watch(world_with_losses, inbox) == 2
    assert watch(world_with_losses, inbox) == 0
    (lost_title, lost_text), (risk_title, risk_text) = inbox.letters
    assert "acme/support" in lost_title
    assert "hours_lost" in lost_title
    assert "2026112006, 2026112007, 2026112008" in lost_text
    assert "chat-archive acknowledge" in lost_text
    assert "hours_at_risk" in risk_title
    assert "chat-archive catch-up" in risk_text


def test_only_what_is_new_is_told_later(world_with_losses: World) -> None:
    inbox = Inbox()
    watch(world_with_losses, inbox)
    world_with_losses.clock.advance(timedelta(hours=1))
    watch(world_with_losses, inbox)
    lost = [text for title, text in inbox.letters if "hours_lost" in title]
    assert len(lost) == 2
    assert lost[1].startswith("2026112009 ")


def test_an_alert_that_could_not_be_sent_is_sent_at_the_next_watch(world_with_losses: World) -> None:
    with pytest.raises(AlertNotSent):
        watch(world_with_losses, Inbox(works=False))
    inbox = Inbox()
    assert watch(world_with_losses, inbox) == 2


def test_without_anybody_to_tell_nothing_counts_as_told(world_with_losses: World) -> None:
    assert watch(world_with_losses, Inbox(exists=False)) == 0
    assert watch(world_with_losses, Inbox()) == 2


def test_many_hours_are_named_shortly() -> None:
    finding = Finding(FindingKind.HOURS_LOST, tuple(f"20261120{hour:02d}" for hour in range(20)), "")
    assert finding.hours_in_words.endswith("2026112011 and 8 more")


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
        with pytest.raises(ArchiveSuperseded):
            look(world, hour, age=age)
        watch(world, inbox)
    ((title, text),) = inbox.letters
    assert "hours_at_risk" in title
    assert text.startswith(f"{hour.key} (UTC)")
    assert "chat-archive status" in text
