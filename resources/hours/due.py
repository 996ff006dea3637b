"""What is to be done about an hour next, and from when: a pure function of what the ledger holds.

Looks are made at 2 hours, again when the hour is settled, and, for hours that are not archived, once more shortly
before the deadline. Hours that are late or failed, and archived ones of which no settled look brought a file, are asked
again in between. Not here: in which order hours are taken and how many (the planner, on the top floor).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState

LATE_PAUSE = timedelta(hours=1)
"""How long to wait before asking again for an hour the platform has not written yet, or not written to its end."""

FIRST_FAILURE_PAUSE = timedelta(minutes=15)
"""How long to wait after the first failure in a row; each further one doubles it."""

LONGEST_FAILURE_PAUSE = timedelta(hours=2)
"""The longest pause after a failure."""

LAST_CHANCE = timedelta(minutes=30)
"""So long before its deadline an hour whose looks fail, or whose record cannot be read, is asked for in any case."""

LAST_LOOK_GRACE = timedelta(hours=24)
"""How long after its deadline an hour whose looks fail is still asked for, before its loss is recorded."""


class Task(StrEnum):
    """What can be done about an hour."""

    LOOK = "look"
    """Ask the platform, and build the messages from what it gave."""

    CONVERT = "convert"
    """Build the messages from raw revisions that are kept; no request is made."""

    RECORD_LOSS = "record_loss"
    """Write down that the hour is lost; no request is made."""


@dataclass(frozen=True, slots=True)
class Due:
    """A task, and the moment from which it is to be done."""

    task: Task
    at: datetime


@dataclass(frozen=True, slots=True)
class HourFacts:
    """What the ledger says about an hour, reduced to what decides about the next step.

    Attributes:
        state: The recorded state, or None when nothing is recorded.
        confirmed: Only for `empty`: a settled look has said so again.
        last_look_at: When the platform was last asked.
        last_answer_at: When the platform last gave an answer that stands for the state, by whichever clock is behind:
            one that was no failure, and for `archived` one with a file that holds lines.
        failures_in_a_row: How many of the latest looks failed.
        messages_current: The messages table holds all raw revisions there are.
        last_conversion_at: When building the messages last failed, or None.
        conversion_failures: How many times in a row building the messages failed.
    """

    state: HourState | None = None
    confirmed: bool = False
    last_look_at: datetime | None = None
    last_answer_at: datetime | None = None
    failures_in_a_row: int = 0
    messages_current: bool = True
    last_conversion_at: datetime | None = None
    conversion_failures: int = 0


_NOT_FINAL = frozenset({HourState.PENDING, HourState.FAILED})


def is_given_up(hour: Hour, policy: HourPolicy, state: HourState, now: datetime) -> bool:
    """Tell whether an hour that nobody has closed counts as lost: a day past its deadline, without a final state."""
    return state in _NOT_FINAL and now >= policy.deadline(hour) + LAST_LOOK_GRACE


def what_is_due(hour: Hour, policy: HourPolicy, facts: HourFacts, now: datetime) -> Due | None:
    """Return what has to happen to the hour next, or None when it is finished.

    A task whose `at` lies ahead is not due yet. Looks come before conversions: the window closes, the raw files stay.
    """
    look = _next_look(hour, policy, facts, now)
    if look is not None and look.at <= now:
        return look
    conversion = _next_conversion(hour, facts)
    if conversion is None or (look is not None and look.at < conversion.at):
        return look
    return conversion


def is_last_chance(hour: Hour, policy: HourPolicy, now: datetime) -> bool:
    """Tell whether the platform is about to delete the hour; where its record cannot be read, nothing else is known."""
    return policy.deadline(hour) - LAST_CHANCE <= now < policy.deadline(hour)


def next_look_at(hour: Hour, policy: HourPolicy, facts: HourFacts, now: datetime) -> datetime | None:
    """Return when the hour is asked for next, or None when it never is again; the moment may have passed already."""
    look = _next_look(hour, policy, facts, now)
    return look.at if look is not None and look.task is Task.LOOK else None


def task_of_a_run(hour: Hour, policy: HourPolicy, facts: HourFacts, now: datetime) -> Task | None:
    """Return what a run of the hour does now, or None when it only shows what is recorded.

    A scheduled run comes when something is due; a person reruns an hour whenever he likes. Inside the window a run
    always looks. After it, only an hour without a final state is asked for, so reruns of lost hours cost no request.
    """
    if now < policy.deadline(hour):
        return Task.LOOK
    due = _after_the_deadline(hour, policy, facts)
    return due.task if due else None


def _next_look(hour: Hour, policy: HourPolicy, facts: HourFacts, now: datetime) -> Due | None:
    if now >= policy.deadline(hour):
        return _after_the_deadline(hour, policy, facts)
    if facts.last_look_at is None:
        return Due(Task.LOOK, policy.first_look_at(hour))
    if facts.failures_in_a_row:
        return Due(Task.LOOK, _again(facts.last_look_at, failure_pause(facts.failures_in_a_row), policy.deadline(hour)))
    if facts.state in {HourState.ARCHIVED, HourState.EMPTY}:
        return _milestone(hour, policy, facts, facts.last_look_at)
    # Pending; or expired under a retention that has been raised since, which is as good as pending.
    return Due(Task.LOOK, max(policy.first_look_at(hour), facts.last_look_at + LATE_PAUSE))


def _again(last_look_at: datetime, pause: timedelta, deadline: datetime) -> datetime:
    """Return when to ask again inside the window: a pause does not step over the last chance there is."""
    planned = last_look_at + pause
    last_chance = deadline - LAST_CHANCE
    return last_chance if last_look_at < last_chance < planned else planned


def _milestone(hour: Hour, policy: HourPolicy, facts: HourFacts, last_look_at: datetime) -> Due | None:
    settled_at, final_look_at, deadline = policy.settled_at(hour), policy.final_look_at(hour), policy.deadline(hour)
    answered = facts.last_answer_at
    if not facts.confirmed and (answered is None or answered < settled_at):
        milestone = settled_at
    elif facts.state is HourState.EMPTY and (answered is None or answered < final_look_at):
        milestone = final_look_at
    elif facts.state is HourState.EMPTY and not facts.confirmed:
        milestone = last_look_at  # first asked so late that nobody has said it again
    else:
        return None
    # A look that was made and did not do, as it brought no file, or came too early by the platform's clock, is made
    # again; past the deadline neither state is asked for.
    at = milestone if last_look_at < milestone else _again(last_look_at, LATE_PAUSE, deadline)
    return Due(Task.LOOK, at) if at < deadline else None


def _after_the_deadline(hour: Hour, policy: HourPolicy, facts: HourFacts) -> Due | None:
    """Close the hour: with one last look if it was asked for before, without a request if it never was."""
    deadline = policy.deadline(hour)
    if facts.state is None and facts.last_look_at is None:
        return Due(Task.RECORD_LOSS, deadline)
    if facts.state not in _NOT_FINAL:
        return None
    if facts.last_look_at is None or facts.last_look_at < deadline:
        return Due(Task.LOOK, deadline)
    retry_at = facts.last_look_at + failure_pause(max(1, facts.failures_in_a_row))
    if retry_at < deadline + LAST_LOOK_GRACE:
        return Due(Task.LOOK, retry_at)
    return Due(Task.RECORD_LOSS, deadline + LAST_LOOK_GRACE)


def _next_conversion(hour: Hour, facts: HourFacts) -> Due | None:
    if facts.messages_current:
        return None
    if facts.last_conversion_at is None:
        return Due(Task.CONVERT, hour.end)
    return Due(Task.CONVERT, facts.last_conversion_at + failure_pause(facts.conversion_failures))


def failure_pause(failures_in_a_row: int) -> timedelta:
    """Return how long to wait after that many failures in a row (at least one)."""
    doublings = min(failures_in_a_row - 1, 10)
    return min(FIRST_FAILURE_PAUSE * (1 << doublings), LONGEST_FAILURE_PAUSE)
