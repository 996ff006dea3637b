"""What is due for an hour, case by case, and what every life an hour can lead has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import cycle, pairwise
from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.hours.due import (
    FIRST_FAILURE_PAUSE,
    LAST_CHANCE,
    LAST_LOOK_GRACE,
    LATE_PAUSE,
    LONGEST_FAILURE_PAUSE,
    Due,
    HourFacts,
    Task,
    failure_pause,
    next_look_at,
    task_of_a_run,
    what_is_due,
)
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState
from resources.hours.verdict import Answer, KnownBefore, judge, says_empty_in_window

HOUR = Hour.from_key("2026110123")
POLICY = HourPolicy()
LOOK, CONVERT, RECORD_LOSS = Task.LOOK, Task.CONVERT, Task.RECORD_LOSS
ARCHIVED, EMPTY, PENDING = HourState.ARCHIVED, HourState.EMPTY, HourState.PENDING
EXPIRED, FAILED = HourState.EXPIRED, HourState.FAILED


NEVER = float("nan")


def at(hours_after_the_end: float) -> datetime:
    return HOUR.end + timedelta(hours=hours_after_the_end)


def facts(
    state: HourState | None = None,
    *,
    looked: float | None = None,
    answered: float | None = None,
    failures: int = 0,
    confirmed: bool = False,
    unconverted: bool = False,
    conversion_failed: float | None = None,
    conversion_failures: int = 0,
) -> HourFacts:
    """Facts with times in hours after the hour's end; a look without failures was answered."""
    if failures == 0 and answered is None:
        answered = looked
    return HourFacts(
        state=state,
        confirmed=confirmed,
        last_look_at=None if looked is None else at(looked),
        last_answer_at=None if answered is None or isnan(answered) else at(answered),
        failures_in_a_row=failures,
        messages_current=not unconverted,
        last_conversion_at=None if conversion_failed is None else at(conversion_failed),
        conversion_failures=conversion_failures,
    )


@pytest.mark.parametrize(
    ("known", "now", "task", "due_at"),
    [
        # Nothing recorded.
        (facts(), 0, LOOK, 2),
        (facts(), 71.9, LOOK, 2),
        (facts(), 72, RECORD_LOSS, 72),
        (facts(), 900, RECORD_LOSS, 72),
        # Pending: asked again every hour, not before the first look is due.
        (facts(PENDING, looked=0.1), 0.2, LOOK, 2),
        (facts(PENDING, looked=2), 2, LOOK, 3),
        (facts(PENDING, looked=40), 40.5, LOOK, 41),
        (facts(PENDING, looked=71.5), 71.9, LOOK, 72.5),
        (facts(PENDING, looked=71.5), 72, LOOK, 72),
        # Failed: asked again after a growing pause.
        (facts(FAILED, looked=2, failures=1), 2, LOOK, 2.25),
        (facts(FAILED, looked=3, failures=2), 3, LOOK, 3.5),
        (facts(FAILED, looked=3, failures=3), 3, LOOK, 4),
        (facts(FAILED, looked=30, failures=9), 30, LOOK, 32),
        (facts(PENDING, looked=30, answered=29, failures=1), 30, LOOK, 30.25),
        # Archived: a second look when settled, and that is all.
        (facts(ARCHIVED, looked=2), 2, LOOK, 24),
        (facts(ARCHIVED, looked=23.9), 50, LOOK, 24),
        (facts(ARCHIVED, looked=24), 24, None, None),
        (facts(ARCHIVED, looked=50), 70, None, None),
        (facts(ARCHIVED, looked=24, answered=2, failures=1), 24, LOOK, 24.25),
        (facts(ARCHIVED, looked=2), 72, None, None),
        # Archived, and the settled look brought no file: asked again every hour, and half an hour before the deadline.
        (facts(ARCHIVED, looked=24.5, answered=2), 24.5, LOOK, 25.5),
        (facts(ARCHIVED, looked=70.8, answered=2), 70.9, LOOK, 71.5),
        (facts(ARCHIVED, looked=71.5, answered=2), 71.6, None, None),
        (facts(ARCHIVED, looked=71.5, answered=2), 72, None, None),
        (facts(ARCHIVED, looked=40, answered=2, unconverted=True), 40, CONVERT, 0),
        (facts(ARCHIVED, looked=40, answered=24), 40, None, None),
        # Adopted: archived, and no look ever brought a file.
        (facts(ARCHIVED, looked=30, answered=NEVER), 30, LOOK, 31),
        (facts(ARCHIVED, looked=3, answered=NEVER), 30, LOOK, 24),
        (facts(ARCHIVED), 30, LOOK, 2),
        (facts(ARCHIVED, looked=71.9, answered=2, failures=40), 72, None, None),
        # Empty: a look when settled, and one more shortly before the deadline.
        (facts(EMPTY, looked=2), 2, LOOK, 24),
        (facts(EMPTY, looked=24, confirmed=True), 24, LOOK, 66),
        (facts(EMPTY, looked=24), 24, LOOK, 66),
        (facts(EMPTY, looked=23.9, confirmed=True), 24, LOOK, 66),
        (facts(EMPTY, looked=65.9, confirmed=True), 66, LOOK, 66),
        (facts(EMPTY, looked=66, confirmed=True), 66, None, None),
        (facts(EMPTY, looked=66), 66, LOOK, 67),
        (facts(EMPTY, looked=71), 71, LOOK, 71.5),
        (facts(EMPTY, looked=71.5), 71.5, None, None),
        (facts(EMPTY, looked=66, answered=24, failures=2, confirmed=True), 66, LOOK, 66.5),
        (facts(EMPTY, looked=2), 72, None, None),
        (facts(EMPTY, looked=24, confirmed=True), 72, None, None),
        # Expired: never again, unless the app's retention was raised and the window is open once more.
        (facts(EXPIRED), 72, None, None),
        (facts(EXPIRED, looked=72), 72, None, None),
        (facts(EXPIRED, looked=72, failures=3), 900, None, None),
        (facts(EXPIRED), 40, LOOK, 2),
        (facts(EXPIRED, looked=40), 40, LOOK, 41),
        # Past the deadline: one last look, again if it fails, and after a day the loss is written down.
        (facts(FAILED, looked=71, failures=30), 72, LOOK, 72),
        (facts(FAILED, looked=71, failures=30), 900, LOOK, 72),
        (facts(FAILED, looked=72, failures=1), 72, LOOK, 72.25),
        (facts(FAILED, looked=90, failures=30), 90, LOOK, 92),
        (facts(FAILED, looked=93.9, failures=30), 94, LOOK, 95.9),
        (facts(FAILED, looked=94, failures=30), 94, RECORD_LOSS, 96),
        (facts(FAILED, looked=94, failures=30), 900, RECORD_LOSS, 96),
        (facts(PENDING, looked=72.5), 73, LOOK, 72.75),
        (facts(PENDING), 73, LOOK, 72),
        # Messages are built from what is kept, whenever no look is due first.
        (facts(ARCHIVED, looked=2, unconverted=True), 2, CONVERT, 0),
        (facts(ARCHIVED, looked=2, unconverted=True), 24, LOOK, 24),
        (facts(ARCHIVED, looked=24, unconverted=True), 24, CONVERT, 0),
        (facts(ARCHIVED, looked=24, unconverted=True), 900, CONVERT, 0),
        (facts(ARCHIVED, looked=24, unconverted=True, conversion_failed=25, conversion_failures=1), 25, CONVERT, 25.25),
        (facts(ARCHIVED, looked=2, unconverted=True, conversion_failed=3, conversion_failures=9), 3, CONVERT, 5),
        (facts(ARCHIVED, looked=2, unconverted=True, conversion_failed=23, conversion_failures=9), 23, LOOK, 24),
        (facts(FAILED, looked=30, failures=5, unconverted=True), 30, CONVERT, 0),
    ],
)
def test_what_is_due_follows_from_what_is_known(
    known: HourFacts, now: float, task: Task | None, due_at: float | None
) -> None:
    due = None if task is None or due_at is None else Due(task, at(due_at))
    assert what_is_due(HOUR, POLICY, known, at(now)) == due


@pytest.mark.parametrize(
    ("known", "now", "task"),
    [
        # Inside the window a person's run always asks.
        (facts(), 2, LOOK),
        (facts(ARCHIVED, looked=30), 40, LOOK),
        (facts(EMPTY, looked=70, confirmed=True), 71.99, LOOK),
        (facts(FAILED, looked=40, failures=3), 40, LOOK),
        (facts(EXPIRED), 40, LOOK),
        (facts(ARCHIVED, looked=30, unconverted=True), 40, LOOK),
        # Past the deadline only an hour without a final state is asked for.
        (facts(), 72, RECORD_LOSS),
        (facts(PENDING, looked=71), 72, LOOK),
        (facts(FAILED, looked=80, failures=2), 80, LOOK),
        (facts(FAILED, looked=94.5, failures=9), 96, RECORD_LOSS),
        (facts(ARCHIVED, looked=30), 72, None),
        (facts(EMPTY, looked=30), 72, None),
        (facts(EXPIRED, looked=72), 72, None),
    ],
)
def test_a_run_by_hand_does_what_the_hours_age_allows(known: HourFacts, now: float, task: Task | None) -> None:
    assert task_of_a_run(HOUR, POLICY, known, at(now)) is task


@pytest.mark.parametrize(
    ("known", "now", "asked_at"),
    [
        (facts(), 1, 2),
        (facts(), 40, 2),
        (facts(), 72, None),
        (facts(PENDING, looked=40), 40, 41),
        (facts(FAILED, looked=71, failures=30), 72, 72),
        (facts(FAILED, looked=94, failures=30), 94, None),
        (facts(ARCHIVED, looked=2, unconverted=True), 2, 24),
        (facts(ARCHIVED, looked=24, unconverted=True), 24, None),
        (facts(EMPTY, looked=24, confirmed=True), 24, 66),
        (facts(EXPIRED), 72, None),
        (facts(ARCHIVED, looked=24.5, answered=2), 24.5, 25.5),
        (facts(ARCHIVED, looked=71.5, answered=2), 71.5, None),
    ],
)
def test_the_next_look_is_told_whatever_else_is_due(known: HourFacts, now: float, asked_at: float | None) -> None:
    expected = None if asked_at is None else at(asked_at)
    assert next_look_at(HOUR, POLICY, known, at(now)) == expected


@given(st.integers(1, 100_000))
def test_pauses_after_failures_grow_up_to_a_bound(failures: int) -> None:
    assert FIRST_FAILURE_PAUSE <= failure_pause(failures) <= failure_pause(failures + 1) <= LONGEST_FAILURE_PAUSE


@pytest.mark.parametrize(("failures", "minutes"), [(1, 15), (2, 30), (3, 60), (4, 120), (5, 120), (10**9, 120)])
def test_each_failure_doubles_the_pause(failures: int, minutes: int) -> None:
    assert failure_pause(failures) == timedelta(minutes=minutes)


class Outcome(StrEnum):
    """How a look ends in the lives below."""

    FILE = "file"
    NOTHING = "nothing"
    NOT_THERE = "not_there"
    FAILURE = "failure"
    DAMAGE = "damage"


ANSWERS = {
    Outcome.FILE: Answer.FILE,
    Outcome.NOTHING: Answer.NO_FILE,
    Outcome.NOT_THERE: Answer.EXPIRED_OR_UNSTORED,
}


@dataclass
class Life:
    """One hour from its first look to its end, each step the one that is due.

    Attributes:
        skew: How far the platform's clock is ahead of this machine's.
        looks: When the platform was asked.
        final_at: When nothing was left to be done.
    """

    policy: HourPolicy
    now: datetime
    skew: timedelta = timedelta(0)
    state: HourState | None = None
    confirmed: bool = False
    said_empty: bool = False
    failures: int = 0
    last_answer_at: datetime | None = None
    looks: list[datetime] = field(default_factory=list)

    @property
    def facts(self) -> HourFacts:
        return HourFacts(
            state=self.state,
            confirmed=self.confirmed,
            last_look_at=self.looks[-1] if self.looks else None,
            last_answer_at=self.last_answer_at,
            failures_in_a_row=self.failures,
        )

    def due(self) -> Due | None:
        return what_is_due(HOUR, self.policy, self.facts, self.now)

    def live(self, outcomes: Sequence[Outcome], delays: Sequence[timedelta]) -> None:
        """Do what is due, a little late each time, until nothing is; the outcomes and delays repeat for ever."""
        fates, waits = cycle(outcomes), cycle(delays)
        for _ in range(10_000):
            due = self.due()
            if due is None:
                return
            self.now = max(self.now, due.at) + next(waits)
            # A run begins by asking what is to be done now, as the window may have closed meanwhile.
            task = task_of_a_run(HOUR, self.policy, self.facts, self.now)
            if task is Task.LOOK:
                self._look(next(fates))
            elif task is Task.RECORD_LOSS:
                self.state, self.confirmed = HourState.EXPIRED, False
        raise AssertionError("This hour is asked for for ever.")

    def _look(self, outcome: Outcome) -> None:
        self.looks.append(self.now)
        if outcome not in ANSWERS:
            self.failures += 1
            kept = {HourState.ARCHIVED} if outcome is Outcome.DAMAGE else {ARCHIVED, EMPTY, EXPIRED}
            if self.state not in kept:
                self.state, self.confirmed = HourState.FAILED, False
            return
        answer, answered_at = ANSWERS[outcome], self.now + self.skew
        known = KnownBefore(
            archived=self.state is HourState.ARCHIVED,
            said_empty_in_window=self.said_empty,
            empty_confirmed=self.state is HourState.EMPTY and self.confirmed,
            lost=self.state is EXPIRED,
        )
        verdict = judge(answer, HOUR, self.policy, answered_at=answered_at, known=known)
        self.state, self.confirmed = verdict.state, verdict.confirmed
        self.said_empty |= says_empty_in_window(answer, HOUR, self.policy, answered_at=answered_at, known=known)
        self.failures = 0
        if self.state is not ARCHIVED or outcome is Outcome.FILE:
            self.last_answer_at = self.now


policies = st.sampled_from(
    [
        POLICY,
        HourPolicy(retention=timedelta(days=7)),
        HourPolicy(retention=timedelta(hours=24.5)),
        HourPolicy(publish_delay=timedelta(0), settle=timedelta(hours=1), retention=timedelta(hours=2)),
    ],
)
starts = st.timedeltas(timedelta(hours=-1), timedelta(hours=200))
skews = st.timedeltas(timedelta(minutes=-5), timedelta(minutes=5))
fates = st.lists(st.sampled_from(Outcome), min_size=1, max_size=12)
delays = st.lists(st.timedeltas(timedelta(0), timedelta(hours=3)), min_size=1, max_size=6)


def lived(
    policy: HourPolicy, start: timedelta, skew: timedelta, outcomes: list[Outcome], waits: list[timedelta]
) -> Life:
    life = Life(policy, HOUR.end + start, skew)
    life.live(outcomes, waits)
    return life


lives = st.builds(lived, policies, starts, skews, fates, delays)
punctual_lives = st.builds(lived, policies, starts, skews, fates, st.just([timedelta(0)]))
BRIEF = settings(max_examples=60, deadline=None)


@BRIEF
@given(lives)
def test_every_life_ends_archived_empty_or_expired(life: Life) -> None:
    assert life.state in {ARCHIVED, EMPTY, EXPIRED}


@BRIEF
@given(lives, st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_a_finished_hour_is_never_asked_for_again(life: Life, later: timedelta) -> None:
    life.now += later
    assert life.due() is None


@BRIEF
@given(lives)
def test_an_hour_is_asked_for_a_bounded_number_of_times(life: Life) -> None:
    # The densest series is "not there, failure, failure": an hour, a quarter and a half, so 35 minutes on average.
    # The first look, the settled, the final and the last one, and a series that breaks off, come on top.
    span = life.policy.retention - life.policy.publish_delay + LAST_LOOK_GRACE
    assert len(life.looks) <= 5 + span / timedelta(minutes=35)


@BRIEF
@given(lives)
def test_only_a_milestone_shortens_the_pause_between_looks(life: Life) -> None:
    policy = life.policy
    deadline = policy.deadline(HOUR)
    milestones = (policy.settled_at(HOUR), policy.final_look_at(HOUR), deadline - LAST_CHANCE, deadline)
    for earlier, later in pairwise(life.looks):
        on_a_milestone = any(earlier < milestone <= later for milestone in milestones)
        assert on_a_milestone or later - earlier >= FIRST_FAILURE_PAUSE


@BRIEF
@given(lives)
def test_no_hour_is_asked_for_before_its_first_look_is_due(life: Life) -> None:
    assert all(look >= life.policy.first_look_at(HOUR) for look in life.looks)


@BRIEF
@given(lives)
def test_a_day_past_its_deadline_an_hour_gets_one_last_look_at_most(life: Life) -> None:
    closed_for_good = life.policy.deadline(HOUR) + LAST_LOOK_GRACE
    assert sum(look >= closed_for_good for look in life.looks) <= 1


@BRIEF
@given(punctual_lives)
def test_an_archived_hour_is_asked_for_until_a_settled_look_brings_a_file_or_its_deadline_comes(life: Life) -> None:
    if life.state is ARCHIVED:
        assert life.last_answer_at is not None
        is_settled = life.last_answer_at >= life.policy.settled_at(HOUR)
        assert is_settled or life.looks[-1] >= life.policy.deadline(HOUR) - LAST_CHANCE


@BRIEF
@given(punctual_lives)
def test_an_hour_that_is_not_archived_is_looked_at_shortly_before_its_deadline(life: Life) -> None:
    if life.state is EMPTY:
        assert life.looks[-1] >= life.policy.final_look_at(HOUR)


@BRIEF
@given(policies, skews, fates, delays)
def test_an_hour_nobody_asked_for_in_time_costs_no_request(
    policy: HourPolicy, skew: timedelta, outcomes: list[Outcome], waits: list[timedelta]
) -> None:
    life = lived(policy, policy.retention, skew, outcomes, waits)
    assert (life.state, life.looks) == (EXPIRED, [])


@pytest.mark.parametrize(
    ("outcomes", "looks", "state"),
    [
        ([Outcome.FILE], [2, 24], ARCHIVED),
        ([Outcome.NOTHING], [2, 24, 66], EMPTY),
        ([Outcome.NOTHING, Outcome.FILE], [2, 24], ARCHIVED),
        ([Outcome.NOTHING, Outcome.NOTHING, Outcome.FILE], [2, 24, 66], ARCHIVED),
        ([Outcome.NOT_THERE, Outcome.FILE], [2, 3, 24, 25], ARCHIVED),
        ([Outcome.FAILURE, Outcome.FAILURE, Outcome.FILE, Outcome.FILE], [2, 2.25, 2.75, 24], ARCHIVED),
        ([Outcome.FILE, Outcome.FAILURE], [2, 24, 24.25], ARCHIVED),
        ([Outcome.FILE, Outcome.NOT_THERE, Outcome.NOTHING, Outcome.FILE], [2, 24, 25, 26], ARCHIVED),
        ([Outcome.FILE, Outcome.NOT_THERE, Outcome.FAILURE, Outcome.FILE], [2, 24, 25, 25.25], ARCHIVED),
    ],
)
def test_an_ordinary_life_has_these_looks(outcomes: list[Outcome], looks: list[float], state: HourState) -> None:
    life = Life(POLICY, HOUR.end)
    life.live(outcomes, [timedelta(0)])
    assert life.looks == [at(look) for look in looks]
    assert life.state is state


def test_an_hour_that_stays_away_is_asked_for_every_hour_and_once_past_its_deadline() -> None:
    life = Life(POLICY, HOUR.end)
    life.live([Outcome.NOT_THERE], [timedelta(0)])
    assert life.looks == [at(2) + count * LATE_PAUSE for count in range(71)]
    assert life.state is EXPIRED


def test_an_outage_without_end_becomes_a_loss_a_day_past_the_deadline() -> None:
    life = Life(POLICY, HOUR.end)
    life.live([Outcome.FAILURE], [timedelta(0)])
    assert (life.state, life.now) == (EXPIRED, POLICY.deadline(HOUR) + LAST_LOOK_GRACE)
    assert len(life.looks) < 55


def test_the_worst_series_of_answers_stays_within_the_bound() -> None:
    life = Life(POLICY, HOUR.end)
    life.live([Outcome.NOT_THERE, Outcome.FAILURE, Outcome.FAILURE], [timedelta(0)])
    assert 100 < len(life.looks) <= 125
    assert life.state is EXPIRED


def test_a_growing_pause_does_not_step_over_the_last_chance_before_the_deadline() -> None:
    last_look = POLICY.deadline(HOUR) - timedelta(minutes=110)
    facts = HourFacts(state=HourState.FAILED, last_look_at=last_look, failures_in_a_row=6)
    due = what_is_due(HOUR, POLICY, facts, last_look)
    assert due == Due(Task.LOOK, POLICY.deadline(HOUR) - timedelta(minutes=30))
