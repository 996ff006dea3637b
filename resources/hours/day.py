"""One UTC day: its key, and the 24 hours it is made of. What is known about them lies elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from resources.hours.hour import Hour

_KEY = re.compile(r"[1-9]\d{3}-\d{2}-\d{2}", re.ASCII)
"""No year that an hour's key cannot name."""

_HOURS = 24


@dataclass(frozen=True, order=True, slots=True)
class Day:
    """One UTC day. Days compare and sort by time.

    Attributes:
        date: The day in the calendar.
    """

    date: date

    @classmethod
    def from_key(cls, key: str) -> Day:
        """Read a partition key such as `"2026-11-01"`.

        Raises:
            ValueError: The key is not an existing day in the form YYYY-MM-DD.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a day. Write YYYY-MM-DD, for example 2026-11-01.")
        try:
            return cls(date.fromisoformat(key))
        except ValueError:
            raise ValueError(f"{key!r} names no day of the calendar. Write YYYY-MM-DD.") from None

    @classmethod
    def of(cls, hour: Hour) -> Day:
        """Return the day an hour lies in."""
        return cls(hour.start.date())

    @property
    def key(self) -> str:
        """The partition key, `YYYY-MM-DD`, as in Hive's `date=`."""
        return self.date.isoformat()

    @property
    def hours(self) -> tuple[Hour, ...]:
        """All hours of the day, in order."""
        first = Hour(datetime.combine(self.date, time(), UTC))
        return tuple(first.plus(number) for number in range(_HOURS))

    @property
    def hour_before(self) -> Hour:
        """The last hour of the day before."""
        return self.hours[0].plus(-1)

    def __str__(self) -> str:
        return self.key
