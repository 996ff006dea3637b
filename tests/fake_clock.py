"""A clock that stands still until a test turns it."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock


class FakeClock:
    """Tells the moment it was given; sleeping turns it. Safe to use from several threads.

    Args:
        start: The first moment, aware, in UTC.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._lock = Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))

    def advance(self, span: timedelta) -> None:
        with self._lock:
            self._now += span

    def turn_to(self, moment: datetime) -> None:
        with self._lock:
            self._now = moment
