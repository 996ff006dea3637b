"""The truth table of an hour's life: every answer, at every age, with everything that may have been known before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.hours.verdict import NOTHING_KNOWN, Answer, KnownBefore, Verdict, judge, says_empty_in_window

HOUR = Hour.from_key("2026110123")
POLICY = HourPolicy()
INSTANT = timedelta(microseconds=1)

# How old the hour is when the platform answers: the first and the last instant of every column of the table.
TOO_YOUNG = (HOUR.start, HOUR.end, POLICY.first_look_at(HOUR) - INSTANT)
UNSETTLED = (POLICY.first_look_at(HOUR), POLICY.settled_at(HOUR) - INSTANT)
SETTLED = (POLICY.settled_at(HOUR), POLICY.final_look_at(HOUR), POLICY.deadline(HOUR) - INSTANT)
PAST = (POLICY.deadline(HOUR), POLICY.deadline(HOUR) + timedelta(days=400))
IN_WINDOW = UNSETTLED + SETTLED
ALWAYS = TOO_YOUNG + IN_WINDOW + PAST

NOTHING = NOTHING_KNOWN
SAID_EMPTY = KnownBefore(said_empty_in_window=True)
CONFIRMED = KnownBefore(said_empty_in_window=True, empty_confirmed=True)
HAVE_FILE = KnownBefore(archived=True)
HAVE_FILE_SAID_EMPTY = KnownBefore(archived=True, said_empty_in_window=True)
LOST = KnownBefore(lost=True)
LOST_SAID_EMPTY = KnownBefore(said_empty_in_window=True, lost=True)
NOT_ARCHIVED = (NOTHING, SAID_EMPTY, CONFIRMED)
IS_LOST = (LOST, LOST_SAID_EMPTY)
HAVE_IT = (HAVE_FILE, HAVE_FILE_SAID_EMPTY)

FILE, NO_LINES, NO_FILE, GONE = Answer.FILE, Answer.FILE_WITHOUT_LINES, Answer.NO_FILE, Answer.EXPIRED_OR_UNSTORED

archived = Verdict(HourState.ARCHIVED, Reason.FILE_KEPT)
too_young = Verdict(HourState.PENDING, Reason.TOO_YOUNG)
not_generated_yet = Verdict(HourState.PENDING, Reason.NOT_GENERATED_YET)
late = Verdict(HourState.PENDING, Reason.LATE)
empty_once = Verdict(HourState.EMPTY, Reason.NO_FILE)
empty_twice = Verdict(HourState.EMPTY, Reason.NO_FILE, confirmed=True)
no_lines_once = Verdict(HourState.EMPTY, Reason.FILE_WITHOUT_LINES)
no_lines_twice = Verdict(HourState.EMPTY, Reason.FILE_WITHOUT_LINES, confirmed=True)
expired = Verdict(HourState.EXPIRED, Reason.DELETED_BY_PLATFORM)

TABLE: list[tuple[Answer, tuple[datetime, ...], tuple[KnownBefore, ...], Verdict]] = [
    # answer, when, known before, verdict
    (FILE, ALWAYS, (*NOT_ARCHIVED, *IS_LOST, *HAVE_IT), archived),
    (NO_LINES, ALWAYS, HAVE_IT, archived),
    (NO_FILE, ALWAYS, HAVE_IT, archived),
    (GONE, ALWAYS, HAVE_IT, archived),
    (NO_LINES, TOO_YOUNG, NOT_ARCHIVED, too_young),
    (NO_LINES, UNSETTLED, (NOTHING, SAID_EMPTY), no_lines_once),
    (NO_LINES, UNSETTLED, (CONFIRMED,), no_lines_twice),
    (NO_LINES, SETTLED, (NOTHING,), no_lines_once),
    (NO_LINES, SETTLED, (SAID_EMPTY, CONFIRMED), no_lines_twice),
    (NO_LINES, PAST, (NOTHING,), expired),
    (NO_LINES, PAST, (SAID_EMPTY, CONFIRMED), no_lines_twice),
    (NO_FILE, TOO_YOUNG, NOT_ARCHIVED, too_young),
    (NO_FILE, UNSETTLED, (NOTHING, SAID_EMPTY), empty_once),
    (NO_FILE, UNSETTLED, (CONFIRMED,), empty_twice),
    (NO_FILE, SETTLED, (NOTHING,), empty_once),
    (NO_FILE, SETTLED, (SAID_EMPTY, CONFIRMED), empty_twice),
    (NO_FILE, PAST, (NOTHING,), expired),
    (NO_FILE, PAST, (SAID_EMPTY, CONFIRMED), empty_twice),
    (GONE, TOO_YOUNG, NOT_ARCHIVED, not_generated_yet),
    (GONE, IN_WINDOW, (NOTHING, SAID_EMPTY), late),
    (GONE, IN_WINDOW, (CONFIRMED,), empty_twice),
    (GONE, PAST, (NOTHING, SAID_EMPTY), expired),
    (GONE, PAST, (CONFIRMED,), empty_twice),
    # Lost: whatever the settings say by now, the platform may have deleted it.
    (NO_LINES, ALWAYS, (LOST,), expired),
    (NO_LINES, ALWAYS, (LOST_SAID_EMPTY,), no_lines_twice),
    (NO_FILE, ALWAYS, (LOST,), expired),
    (NO_FILE, ALWAYS, (LOST_SAID_EMPTY,), empty_twice),
    (GONE, ALWAYS, IS_LOST, expired),
]
CELLS = [
    pytest.param(answer, moment, known, verdict, id=f"{answer}, {moment - HOUR.end} after the end, {known}")
    for answer, moments, knowns, verdict in TABLE
    for moment in moments
    for known in knowns
]

answers = st.sampled_from(Answer)
ages = st.timedeltas(timedelta(hours=-3), timedelta(days=40))


@pytest.mark.parametrize(("answer", "answered_at", "known", "verdict"), CELLS)
def test_a_verdict_follows_the_table(
    answer: Answer, answered_at: datetime, known: KnownBefore, verdict: Verdict
) -> None:
    assert judge(answer, HOUR, POLICY, answered_at=answered_at, known=known) == verdict


def test_the_table_has_every_cell_once() -> None:
    cells = [(answer, moment, known) for answer, moments, knowns, _ in TABLE for moment in moments for known in knowns]
    assert len(set(cells)) == len(cells) == len(Answer) * len(ALWAYS) * len((*NOT_ARCHIVED, *IS_LOST, *HAVE_IT))


@given(answers, ages, st.booleans(), st.booleans())
def test_an_archived_hour_stays_archived(answer: Answer, age: timedelta, said_empty: bool, confirmed: bool) -> None:
    known = KnownBefore(archived=True, said_empty_in_window=said_empty, empty_confirmed=confirmed)
    assert judge(answer, HOUR, POLICY, answered_at=HOUR.end + age, known=known) == archived


@given(answers, ages, st.booleans(), st.booleans())
def test_only_a_file_archives_an_hour(answer: Answer, age: timedelta, said_empty: bool, confirmed: bool) -> None:
    known = KnownBefore(said_empty_in_window=said_empty, empty_confirmed=confirmed)
    verdict = judge(answer, HOUR, POLICY, answered_at=HOUR.end + age, known=known)
    assert (verdict.state is HourState.ARCHIVED) == (answer is Answer.FILE)


@given(answers, ages, st.booleans())
def test_an_hour_is_called_lost_only_past_its_deadline(answer: Answer, age: timedelta, said_empty: bool) -> None:
    known = KnownBefore(said_empty_in_window=said_empty)
    verdict = judge(answer, HOUR, POLICY, answered_at=HOUR.end + age, known=known)
    assert verdict.state is not HourState.EXPIRED or age >= POLICY.retention


@given(st.lists(st.tuples(answers, ages), min_size=1))
def test_no_series_of_looks_without_a_file_makes_a_loss_of_which_nothing_was_said_empty(
    looks: list[tuple[Answer, timedelta]],
) -> None:
    said_empty, state = False, HourState.EXPIRED
    for answer, age in looks:
        known = KnownBefore(said_empty_in_window=said_empty, lost=state is HourState.EXPIRED)
        verdict = judge(answer, HOUR, POLICY, answered_at=HOUR.end + age, known=known)
        said_empty |= says_empty_in_window(answer, HOUR, POLICY, answered_at=HOUR.end + age, known=known)
        if answer is Answer.FILE:
            return
        state = verdict.state
        assert verdict == expired


@given(st.lists(st.tuples(answers, ages), min_size=1))
def test_no_series_of_looks_confirms_an_empty_hour_before_it_is_settled(looks: list[tuple[Answer, timedelta]]) -> None:
    said_empty = confirmed = archive_has_it = False
    for answer, age in looks:
        known = KnownBefore(archive_has_it, said_empty, confirmed)
        verdict = judge(answer, HOUR, POLICY, answered_at=HOUR.end + age, known=known)
        if verdict.confirmed and not confirmed:
            assert age >= POLICY.settle
            assert said_empty
        archive_has_it = verdict.state is HourState.ARCHIVED
        confirmed = verdict.state is HourState.EMPTY and verdict.confirmed
        said_empty |= says_empty_in_window(answer, HOUR, POLICY, answered_at=HOUR.end + age)


@pytest.mark.parametrize(
    ("asked_at_here", "answered_at_there", "known", "verdict"),
    [
        # This machine runs ahead.
        (POLICY.first_look_at(HOUR), POLICY.first_look_at(HOUR) - INSTANT, NOTHING, too_young),
        (POLICY.settled_at(HOUR), POLICY.settled_at(HOUR) - INSTANT, SAID_EMPTY, empty_once),
        (POLICY.deadline(HOUR), POLICY.deadline(HOUR) - INSTANT, NOTHING, empty_once),
        # This machine runs behind.
        (POLICY.first_look_at(HOUR) - INSTANT, POLICY.first_look_at(HOUR), NOTHING, empty_once),
        (POLICY.settled_at(HOUR) - INSTANT, POLICY.settled_at(HOUR), SAID_EMPTY, empty_twice),
        (POLICY.deadline(HOUR) - INSTANT, POLICY.deadline(HOUR), NOTHING, expired),
    ],
)
def test_the_platforms_clock_tells_an_hours_age_when_clocks_disagree(
    asked_at_here: datetime, answered_at_there: datetime, known: KnownBefore, verdict: Verdict
) -> None:
    assert judge(NO_FILE, HOUR, POLICY, answered_at=answered_at_there, known=known) == verdict
    assert judge(NO_FILE, HOUR, POLICY, answered_at=asked_at_here, known=known) != verdict


def test_an_hours_age_follows_the_apps_own_spans() -> None:
    patient = HourPolicy(publish_delay=timedelta(hours=5), settle=timedelta(hours=30), retention=timedelta(hours=40))
    ages_and_verdicts = [(3, too_young), (6, empty_once), (29, empty_once), (31, empty_twice), (41, empty_twice)]
    for age, verdict in ages_and_verdicts:
        answered_at = HOUR.end + timedelta(hours=age)
        assert judge(NO_FILE, HOUR, patient, answered_at=answered_at, known=SAID_EMPTY) == verdict
    assert judge(NO_FILE, HOUR, patient, answered_at=HOUR.end + patient.retention) == expired


@pytest.mark.parametrize(
    ("answer", "moments", "counts"),
    [
        (NO_FILE, TOO_YOUNG, False),
        (NO_FILE, IN_WINDOW, True),
        (NO_FILE, PAST, False),
        (NO_LINES, TOO_YOUNG, False),
        (NO_LINES, IN_WINDOW, True),
        (NO_LINES, PAST, False),
        (GONE, ALWAYS, False),
        (FILE, ALWAYS, False),
    ],
)
def test_the_platforms_word_that_nobody_spoke_counts_inside_the_window_only(
    answer: Answer, moments: tuple[datetime, ...], counts: bool
) -> None:
    for moment in moments:
        assert says_empty_in_window(answer, HOUR, POLICY, answered_at=moment) is counts
        assert not says_empty_in_window(answer, HOUR, POLICY, answered_at=moment, known=LOST)
