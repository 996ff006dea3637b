"""No due hour is starved, none is asked twice, none is asked after it is done: over whole simulated lives of hours."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.planner import PlannedTask, cap, in_order, looks_by_hand, next_requests, plan_app, time_for, to_be_read
from resources.archive.capture_record import CaptureRecord
from resources.archive.evidence import Look
from resources.archive.ledger import HourRecords, HoursRead
from resources.archive.watch_record import SeenThrough
from resources.hours.due import Task
from resources.hours.hour import Hour, hours_between
from resources.hours.state import HourState, Reason
from resources.hours.verdict import Answer, judge, says_empty_in_window
from resources.hours.watched import planned_from
from resources.settings import AppSettings

FIRST = Hour.from_key("2026112000")
TICK = timedelta(minutes=15)


def app_settings(name: str = "support", **more: object) -> AppSettings:
    return AppSettings.model_validate(
        {
            "org": "acme",
            "app": name,
            "rest_url": "https://a61.chat.agora.io",
            "credentials": {"type": "token", "token": {"env": "TOKEN"}},
            "download_hosts": ["*.easemob.com"],
        }
        | more,
    )


APP = app_settings()


def after_look(record: CaptureRecord | None, hour: Hour, answer: Answer | None, now: datetime) -> CaptureRecord:
    """What capturing would write: an answer of None is a look that failed."""
    record = record or CaptureRecord.new(APP.name, hour, APP.policy, now)
    deadline = APP.policy.deadline(hour)
    if answer is None:
        failed = Look(asked_at=now, state=HourState.FAILED, reason=Reason.LOOK_FAILED, problem="503")
        return record.with_failed_look(failed, (), deadline)
    verdict = judge(answer, hour, APP.policy, answered_at=now, known=record.known(hour, APP.policy))
    alone = judge(answer, hour, APP.policy, answered_at=now)
    said = says_empty_in_window(answer, hour, APP.policy, answered_at=now, known=record.known(hour, APP.policy))
    look = Look(asked_at=now, state=alone.state, reason=alone.reason, said_empty=said)
    return record.with_look(look, verdict, (), deadline)


answers = st.sampled_from([Answer.FILE, Answer.NO_FILE, Answer.EXPIRED_OR_UNSTORED, None])


@settings(max_examples=10, deadline=None)
@given(data=st.data(), budget=st.integers(1, 6), outage_from=st.integers(0, 200), outage=st.integers(0, 300))
def test_every_hour_is_looked_at_in_time_or_recorded_as_lost_and_then_left_alone(
    data: st.DataObject, budget: int, outage_from: int, outage: int
) -> None:
    hours = list(hours_between(FIRST, FIRST.plus(11)))
    records: dict[Hour, HourRecords] = {}
    now = FIRST.end
    for tick in range(5 * 24 * 4):
        now += TICK
        if outage_from <= tick < outage_from + outage:
            continue
        due = plan_app(APP, [hour for hour in hours if hour.end <= now], HoursRead(records), now)
        in_flight = data.draw(st.sets(st.sampled_from(hours), max_size=1))
        asked = next_requests(APP, due, in_flight, budget, now)
        assert len({task.hour for task in asked}) == len(asked)
        assert in_flight.isdisjoint(task.hour for task in asked)
        for task in asked:
            before = records.get(task.hour, HourRecords()).capture
            assert before is None or before.state is not HourState.EXPIRED
            if task.task is Task.RECORD_LOSS:
                base = before or CaptureRecord.new(APP.name, task.hour, APP.policy, now)
                records[task.hour] = HourRecords(base.with_loss(Reason.NEVER_ASKED, now))
            else:
                answer = data.draw(answers)
                if now >= APP.policy.deadline(task.hour) and answer is Answer.FILE:
                    answer = Answer.EXPIRED_OR_UNSTORED
                records[task.hour] = HourRecords(after_look(before, task.hour, answer, now))
    for hour in hours:
        capture = records[hour].capture
        assert capture is not None
        assert capture.state in {HourState.ARCHIVED, HourState.EMPTY, HourState.EXPIRED}
        assert capture.looks_total <= 120
    assert plan_app(APP, hours, HoursRead(records), now) == []


@settings(max_examples=8, deadline=None)
@given(down_for=st.integers(0, 65))
def test_after_an_outage_shorter_than_the_window_every_hour_is_still_archived(down_for: int) -> None:
    hours = list(hours_between(FIRST, FIRST.plus(71)))
    records: dict[Hour, HourRecords] = {}
    now = FIRST.end + timedelta(hours=down_for)
    while now < FIRST.plus(71).end + timedelta(days=3):
        planned = plan_app(APP, [hour for hour in hours if hour.end <= now], HoursRead(records), now)
        for task in cap(in_order(planned, now), 150):
            before = records.get(task.hour, HourRecords()).capture
            records[task.hour] = HourRecords(after_look(before, task.hour, Answer.FILE, now))
        now += 4 * TICK
    states = Counter(record.capture.state for record in records.values() if record.capture)
    assert states == {HourState.ARCHIVED: 72}


def test_after_a_longer_outage_exactly_the_hours_past_their_deadline_are_lost_without_a_request() -> None:
    hours = list(hours_between(FIRST, FIRST.plus(99)))
    now = FIRST.plus(100).start + timedelta(minutes=30)
    planned = plan_app(APP, hours, HoursRead(), now)
    lost = [task.hour for task in planned if task.task is Task.RECORD_LOSS]
    assert lost == list(hours_between(FIRST, FIRST.plus(27)))
    assert [task.hour for task in planned if task.task is Task.LOOK] == list(
        hours_between(FIRST.plus(28), FIRST.plus(97))
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data(), turns=st.lists(st.integers(0, 700), max_size=5), until=st.integers(0, 1000))
def test_no_unfinished_hour_is_forgotten_however_long_nobody_watches(
    data: st.DataObject, turns: list[int], until: int
) -> None:
    """Hours are left unfinished for ever; the watch turns when it may, and the planner reads what it remembers."""
    seen, unfinished = None, data.draw(st.sets(st.integers(0, 700).map(FIRST.plus), max_size=5))
    for moment in sorted(turns):
        now = FIRST.plus(moment).end
        recent = planned_from(now, APP.policy)
        before = Hour.containing(recent)
        read = to_be_read(list(hours_between(FIRST, FIRST.plus(moment))), recent, seen)
        seen = SeenThrough(before=before.key, unfinished=tuple(h.key for h in read if h < before and h in unfinished))
    last = FIRST.plus(max([until, *turns]))
    read = to_be_read(list(hours_between(FIRST, last)), planned_from(last.end, APP.policy), seen)
    assert {hour for hour in unfinished if hour <= last} <= set(read)


def test_what_the_watch_saw_through_is_not_read_again() -> None:
    hours = list(hours_between(FIRST, FIRST.plus(999)))
    now = hours[-1].end
    recent = planned_from(now, APP.policy)
    read = to_be_read(hours, recent, SeenThrough(before=Hour.containing(recent).key, unfinished=(FIRST.plus(7).key,)))
    assert read == [FIRST.plus(7), *hours[-10 * 24 :]]
    assert to_be_read(hours, recent, None) == hours


BEFORE_ALL_DEADLINES = Hour.from_key("2026112100").start


def planned(name: str, key: str, task: Task = Task.LOOK) -> PlannedTask:
    app = app_settings(name)
    hour = Hour.from_key(key)
    return PlannedTask(app, hour, task, app.policy.deadline(hour))


def test_the_nearest_deadline_goes_first_apps_take_turns_and_what_nothing_is_won_by_comes_last() -> None:
    tasks = [
        planned("a", "2026112002"),
        planned("a", "2026111000", Task.RECORD_LOSS),
        planned("a", "2026111923"),
        planned("a", "2026112000"),
        planned("a", "2026112001"),
        planned("b", "2026112002"),
        planned("b", "2026112001"),
    ]
    order = [(task.app.app, task.hour.key) for task in in_order(tasks, planned("a", "2026112000").deadline)]
    assert order == [
        ("a", "2026112001"),
        ("b", "2026112001"),
        ("a", "2026112002"),
        ("b", "2026112002"),
        ("a", "2026111923"),
        ("a", "2026112000"),
        ("a", "2026111000"),
    ]


def test_a_longer_retention_moves_the_deadline_and_with_it_the_order() -> None:
    patient = app_settings("patient", retention_hours=240)
    hour = Hour.from_key("2026112001")
    tasks = [PlannedTask(patient, hour, Task.LOOK, patient.policy.deadline(hour)), planned("hurried", "2026112002")]
    assert [task.app.app for task in in_order(tasks, BEFORE_ALL_DEADLINES)] == ["hurried", "patient"]


def test_an_hour_that_is_past_its_deadline_waits_for_those_that_can_still_be_lost() -> None:
    last_look, saves = planned("a", "2026112001"), planned("b", "2026112002")
    rebuilt = planned("a", "2026112000", Task.CONVERT)
    now = last_look.deadline
    assert in_order([rebuilt, last_look, saves], now) == [saves, last_look, rebuilt]
    assert next_requests(APP, [last_look, saves], set(), 1, now) == [saves]


def test_a_tick_takes_no_more_looks_than_its_budget_and_the_nearest_deadlines() -> None:
    tasks = in_order([planned("a", f"20261120{hour:02d}") for hour in range(20)], BEFORE_ALL_DEADLINES)
    assert [task.hour.key for task in cap(tasks, 3)] == ["2026112000", "2026112001", "2026112002"]
    assert cap(tasks, -5) == []


def test_tasks_without_a_request_do_not_use_up_the_budget() -> None:
    tasks = [planned("a", "2026112000"), planned("a", "2026111000", Task.RECORD_LOSS)]
    assert cap(tasks, 0) == [tasks[1]]


BEFORE_ITS_DEADLINE = FIRST.end + timedelta(hours=71.5)
LONG_AGO = set(hours_between(FIRST.plus(-400), FIRST.plus(-251)))


def looks_requested(in_flight: set[Hour], *more: PlannedTask, looks: int = 150) -> list[Hour]:
    """The hours of which a tick requests looks when `FIRST` is due shortly before its deadline."""
    due = [PlannedTask(APP, FIRST, Task.LOOK, APP.policy.deadline(FIRST)), *more]
    requested = next_requests(APP, due, in_flight, looks, BEFORE_ITS_DEADLINE)
    return [task.hour for task in requested if task.task is Task.LOOK]


def test_runs_under_way_that_make_no_request_do_not_use_up_the_looks() -> None:
    assert looks_requested(LONG_AGO) == [FIRST]
    lost = [PlannedTask(APP, hour, Task.RECORD_LOSS, APP.policy.deadline(hour)) for hour in LONG_AGO]
    assert looks_requested(LONG_AGO, *lost) == [FIRST]
    recent = set(hours_between(FIRST.plus(1), FIRST.plus(50)))
    built = [PlannedTask(APP, hour, Task.CONVERT, APP.policy.deadline(hour)) for hour in recent]
    assert looks_requested(recent, *built, looks=50) == [FIRST]


def test_runs_under_way_that_look_use_up_the_looks_whoever_started_them() -> None:
    recent = set(hours_between(FIRST.plus(1), FIRST.plus(50)))
    assert looks_requested(recent, looks=50) == []
    assert looks_requested(recent, looks=51) == [FIRST]


def test_last_looks_take_only_the_budget_that_hours_inside_the_window_leave() -> None:
    last_looks = [PlannedTask(APP, hour, Task.LOOK, APP.policy.deadline(hour)) for hour in sorted(LONG_AGO)]
    first_of_them = [task.hour for task in last_looks[:3]]
    assert looks_requested(set(), *last_looks, looks=1) == [FIRST]
    assert looks_requested(set(), *last_looks, looks=3) == [FIRST, *first_of_them[:2]]
    assert looks_requested(LONG_AGO, *last_looks) == [FIRST]
    assert looks_requested(LONG_AGO - set(first_of_them), *last_looks, looks=len(LONG_AGO)) == [
        FIRST,
        *first_of_them[:2],
    ]


def test_looks_beyond_a_minutes_budget_take_time_and_apps_take_it_side_by_side() -> None:
    hours = list(hours_between(FIRST, FIRST.plus(69)))
    one = looks_by_hand(app_settings("one"), hours)
    two = looks_by_hand(app_settings("two"), hours)
    assert time_for(one) == time_for([*one, *two]) == timedelta(minutes=6)
    assert time_for(one[:10]) == timedelta(0)
    assert datetime(2026, 11, 20, tzinfo=UTC) == FIRST.start
