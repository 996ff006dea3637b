"""Counting what is written of an hour: by type, by time, and by the time that ids carry."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.conversion.drift import LONGEST_NAME, MOST_NAMES, OTHER_NAMES
from assets.conversion.ids import times_that_differ
from resources.hours.hour import Hour

NO_NAME: Final = "(none)"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class Tally:
    """Counts while rows go by.

    Attributes:
        hour: The hour they belong to.
        outside_hour: Rows whose timestamp lies in another hour.
        id_time_differs: Rows whose id carries another time than their timestamp.
        body_types: Rows by type of body; `(none)` without one. Beyond the first hundred names, and for names of more
            than 64 characters, the count is under `(other)`.
    """

    hour: Hour
    outside_hour: int = 0
    id_time_differs: int = 0
    body_types: Counter[str] = field(default_factory=Counter)
    _first_ms: int | None = None
    _last_ms: int | None = None

    def add(self, rows: pa.Table) -> None:
        """Count rows of the messages table, at least one."""
        milliseconds = rows.column("timestamp").cast(pa.int64()).to_numpy()
        start, end = _milliseconds(self.hour.start), _milliseconds(self.hour.end)
        self.outside_hour += int(np.count_nonzero((milliseconds < start) | (milliseconds >= end)))
        first, last = int(milliseconds.min()), int(milliseconds.max())
        self._first_ms = first if self._first_ms is None else min(self._first_ms, first)
        self._last_ms = last if self._last_ms is None else max(self._last_ms, last)
        self.id_time_differs += times_that_differ(rows.column("msg_id"), milliseconds)
        _count(self.body_types, rows.column("body_type"))

    @property
    def first_message_at(self) -> datetime | None:
        """The earliest timestamp, None without rows."""
        return None if self._first_ms is None else _moment(self._first_ms)

    @property
    def last_message_at(self) -> datetime | None:
        """The latest timestamp, None without rows."""
        return None if self._last_ms is None else _moment(self._last_ms)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _ONE_MILLISECOND


def _moment(milliseconds: int) -> datetime:
    # Not `fromtimestamp`: it goes through a float.
    return _EPOCH + milliseconds * _ONE_MILLISECOND


def _count(names: Counter[str], column: pa.ChunkedArray[Any]) -> None:
    """Count names that strangers chose, without letting strangers fill memory or metadata."""
    values, counts = pc.value_counts(column).flatten()
    for value, count in zip(values.to_pylist(), counts.to_numpy().tolist(), strict=True):
        name = NO_NAME if value is None else value
        named = len(names.keys() - {NO_NAME, OTHER_NAMES})
        if name not in names and name != NO_NAME and (named >= MOST_NAMES or len(name) > LONGEST_NAME):
            name = OTHER_NAMES
        names[name] += count
