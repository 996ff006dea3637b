"""What planner, watch and verifying agree about: how far back they look at every turn, how long work may wait. Pure.

Older hours are read once; which of them are unfinished then is remembered (`resources.archive.watch_record`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from resources.hours.policy import HourPolicy

LONGEST_LAG: Final = timedelta(hours=3)
"""Looks that are due may wait so long before the archive is said to lag behind."""

CONVERSION_GRACE: Final = timedelta(hours=1)
"""Raw files may wait so long before their messages are said to be missing."""

_PLANNED: Final = timedelta(days=7)
"""So long after its deadline an hour is planned for whatever is remembered of it."""

_RECENT: Final = timedelta(days=36)
"""So far back hours are watched: the four weeks that volumes are compared with, and a week that is judged."""


def planned_from(now: datetime, policy: HourPolicy) -> datetime:
    """Return since when hours are planned for: the planner reads the records of those that end later, at every tick."""
    return now - policy.retention - _PLANNED


def watched_from(now: datetime, policy: HourPolicy) -> datetime:
    """Return since when hours are watched: the watch reads the records of those that begin later, at every turn."""
    return now - max(_RECENT, 2 * policy.retention)
