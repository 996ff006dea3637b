"""One UTC hour, the unit everything is kept by: its key, its borders, and its name on the platform.

Not here: what is known about an hour (`state.py`) and what to do with it (`verdict.py`, `due.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

KEY_FORMAT = "%Y%m%d%H"
"""How an hour is written everywhere: `YYYYMMDDHH`, in UTC."""

_KEY = re.compile(r"[1-9]\d{9}", re.ASCII)
_ONE_HOUR = timedelta(hours=1)


@dataclass(frozen=True, order=True, slots=True)
class Hour:
    """One UTC hour. Hours compare and sort by time.

    Attributes:
        start: The hour's first instant, aware, in UTC, on the full hour; the end belongs to the next hour.
    """

    start: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.start != self.start.replace(minute=0, second=0, microsecond=0):
            raise ValueError(f"{self.start!r} is not the start of a UTC hour. Use Hour.containing(moment).")

    @classmethod
    def from_key(cls, key: str) -> Hour:
        """Read a partition key such as `"2026110123"`.

        Raises:
            ValueError: The key is not an existing hour in the form YYYYMMDDHH.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not an hour. Write YYYYMMDDHH in UTC, for example 2026110123.")
        try:
            return cls(datetime.strptime(key, KEY_FORMAT).replace(tzinfo=UTC))
        except ValueError:
            raise ValueError(f"{key!r} names no hour of the calendar. Write YYYYMMDDHH in UTC.") from None

    @classmethod
    def containing(cls, moment: datetime) -> Hour:
        """Return the hour in which an aware moment lies.

        Raises:
            ValueError: The moment names no zone; it would be read in the zone of whatever machine this is.
        """
        if moment.tzinfo is None:
            raise ValueError(f"{moment!r} names no zone. Give it one, for example datetime.UTC.")
        return cls(moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0))

    @property
    def key(self) -> str:
        """The partition key, `YYYYMMDDHH` in UTC."""
        return self.start.strftime(KEY_FORMAT)

    @property
    def end(self) -> datetime:
        """The first instant that no longer belongs to the hour."""
        return self.start + _ONE_HOUR

    def plus(self, hours: int) -> Hour:
        """Return the hour that many hours later, or earlier when negative."""
        return Hour(self.start + hours * _ONE_HOUR)

    def platform_time(self, hour_zone: timezone) -> str:
        """Return the platform's `{time}` for this hour.

        Overseas clusters name hours in UTC, China clusters in UTC+8 (Easemob REST documentation of 2025; every public
        sample from a China cluster agrees, although older pages of the same documentation say UTC).
        """
        return self.start.astimezone(hour_zone).strftime(KEY_FORMAT)

    def __str__(self) -> str:
        return self.key


def hours_between(first: Hour, last: Hour) -> Iterator[Hour]:
    """Yield every hour from first to last, both included; nothing when last lies before first."""
    hour = first
    while hour <= last:
        yield hour
        hour = hour.plus(1)


def last_finished_hour(now: datetime) -> Hour:
    """Return the newest hour that had ended by now: the newest partition there is."""
    return Hour.containing(now).plus(-1)
