"""Which hours are due, and in which order: pure functions of the ledger and the time.

Not here: what is due for one hour (`resources.hours.due`), and running it (`catch_up.py`, and Dagster's schedules).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from resources.archive.capture_record import facts_of
from resources.archive.ledger import HoursRead
from resources.archive.watch_record import SeenThrough
from resources.hours.due import Task, is_last_chance, what_is_due
from resources.hours.hour import Hour, hours_between, last_finished_hour
from resources.settings import AppSettings

MOST_OTHER_TASKS = 200
"""So many tasks that cost no request are taken at once; each is a run, and the daemon starts some ten a second."""


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """One thing to be done now.

    Attributes:
        app: The app.
        hour: The hour.
        task: What to do.
        deadline: When the platform deletes the hour.
    """

    app: AppSettings
    hour: Hour
    task: Task
    deadline: datetime


def hours_of_the_archive(first_hour: Hour, now: datetime) -> list[Hour]:
    """Return every hour from the archive's first to the last one that has ended."""
    return list(hours_between(first_hour, last_finished_hour(now)))


def to_be_read(hours: Sequence[Hour], recent: datetime, seen: SeenThrough | None) -> list[Hour]:
    """Return the hours whose records have to be read: recent ones, and older ones that are not known to be finished.

    Args:
        hours: The archive's hours.
        recent: Hours that end later are recent.
        seen: How far the watch has seen through the ledger; None when it never has, or nobody knows.
    """
    if seen is None:
        return list(hours)
    unfinished = frozenset(seen.unfinished)
    return [hour for hour in hours if hour.end > recent or hour.key >= seen.before or hour.key in unfinished]


def plan_app(
    app: AppSettings,
    hours: Collection[Hour],
    records: HoursRead,
    now: datetime,
) -> list[PlannedTask]:
    """Return what is due for those hours of one app, nearest deadline first.

    Of an hour whose capture record cannot be read nobody knows what is due: it is looked at when the platform is about
    to delete it. One of whose messages that is so is looked at as usual, and its messages are left alone.

    Args:
        app: The app.
        hours: The hours to think about.
        records: What the ledger holds; hours without records may be missing.
        now: By this machine's clock.
    """
    planned = []
    for hour in sorted(hours):
        known, unreadable = records.known(hour), records.unreadable.get(hour)
        if unreadable is not None and unreadable.capture is not None:
            if is_last_chance(hour, app.policy, now):
                planned.append(PlannedTask(app, hour, Task.LOOK, app.policy.deadline(hour)))
            continue
        facts = facts_of(known.capture, known.messages, hour, app.policy)
        if unreadable is not None:
            facts = replace(facts, messages_current=True)
        due = what_is_due(hour, app.policy, facts, now)
        if due is not None and due.at <= now:
            planned.append(PlannedTask(app, hour, due.task, app.policy.deadline(hour)))
    return planned


def can_be_won(task: PlannedTask, now: datetime) -> bool:
    """Tell whether haste can win something: by a look that is made before the platform deletes the hour."""
    return task.task is Task.LOOK and now < task.deadline


def in_order(tasks: Collection[PlannedTask], now: datetime) -> list[PlannedTask]:
    """Order the tasks of several apps: what can still be lost first, nearest deadline first, apps taking turns.

    Then come last looks at hours whose deadline has passed, and then what costs no request: nothing is won by haste.
    """

    def urgency(task: PlannedTask) -> tuple[bool, bool, datetime, str]:
        return not can_be_won(task, now), task.task is not Task.LOOK, task.deadline, task.app.name

    return sorted(tasks, key=urgency)


def next_requests(
    app: AppSettings,
    due: Collection[PlannedTask],
    in_flight: Collection[Hour],
    looks: int,
    now: datetime,
) -> list[PlannedTask]:
    """Return which tasks of an app are started now: in order, none that is under way, no more than the budget allows.

    The budget is kept for hours inside the window: last looks that are under way wait for them, by their priority.

    Args:
        app: The app.
        due: What is due.
        in_flight: Hours that a queued or running run is about to do, whoever started it.
        looks: How many requests the platform allows until this is asked again.
        now: By this machine's clock.
    """
    free = [task for task in in_order(due, now) if task.hour not in in_flight]
    needs = {task.hour: task.task for task in due}

    def will_ask(hour: Hour) -> bool:
        # Of what is not due a run asks inside the window; later it only shows what is recorded, as most of a backfill.
        return needs[hour] is Task.LOOK if hour in needs else now < app.policy.deadline(hour)

    asking = [hour for hour in in_flight if will_ask(hour)]
    asking_in_time = sum(now < app.policy.deadline(hour) for hour in asking)
    saving = cap([task for task in free if can_be_won(task, now)], looks - asking_in_time)
    rest = [task for task in free if not can_be_won(task, now)]
    return saving + cap(rest, looks - len(asking) - len(saving))


def cap(tasks: Sequence[PlannedTask], looks: int) -> list[PlannedTask]:
    """Return the tasks in their order, with at most so many looks and `MOST_OTHER_TASKS` of the rest.

    A tick requests no more looks than the platform's budget allows until the next tick: what is left over is still due
    then, and nearer to its deadline than what came up meanwhile.
    """
    left = {True: max(looks, 0), False: MOST_OTHER_TASKS}
    kept = []
    for task in tasks:
        is_look = task.task is Task.LOOK
        if left[is_look] > 0:
            left[is_look] -= 1
            kept.append(task)
    return kept


def looks_by_hand(app: AppSettings, hours: Collection[Hour]) -> list[PlannedTask]:
    """Return a look at each of those hours, due or not: what a rerun in the UI does."""
    return [PlannedTask(app, hour, Task.LOOK, app.policy.deadline(hour)) for hour in sorted(hours)]


def time_for(tasks: Collection[PlannedTask]) -> timedelta:
    """Return how long the requests alone take: each app has its own budget a minute, and apps take turns."""
    looks: dict[AppSettings, int] = {}
    for task in tasks:
        if task.task is Task.LOOK:
            looks[task.app] = looks.get(task.app, 0) + 1
    minutes = (max(0, count - app.requests_per_minute) / app.requests_per_minute for app, count in looks.items())
    return timedelta(minutes=max(minutes, default=0.0))
