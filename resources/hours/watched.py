"""What the watch and verifying agree about: how far back the watch looks, and how long work may be waiting. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from resources.hours.policy import HourPolicy

LONGEST_LAG: Final = timedelta(hours=3)
"""Looks that are due may wait so long before the archive is said to lag behind."""

CONVERSION_GRACE: Final = timedelta(hours=1)
"""Raw files may wait so long before their messages are said to be missing."""

_RECENT: Final = timedelta(days=36)
"""So far back hours are watched: the four weeks that volumes are compared with, and a week that is judged."""


def watched_from(now: datetime, policy: HourPolicy) -> datetime:
    """Return since when hours are watched: the watch reads the records of those that begin later, at every turn."""
    return now - max(_RECENT, 2 * policy.retention)
