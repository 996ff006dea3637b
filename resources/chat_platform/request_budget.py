"""One budget of requests per app, shared by every process of this machine: schedule, backfill and reruns together.

The counting is pyrate-limiter's, in a SQLite file behind a file lock. Not here: what to do when the platform says 429
although the budget was kept (`client.py`).
"""

from __future__ import annotations

import hashlib
import logging
import threading
from contextlib import closing
from pathlib import Path
from typing import Protocol

from pyrate_limiter import Rate, RateItem, SQLiteBucket

from resources.clock import Clock

# The platform counts per minute, and it is not documented whether its minute slides or is fixed. A sliding window keeps
# within both. The extra second covers requests that travel at different speeds.
_WINDOW_MILLISECONDS = 61_000

logging.getLogger("filelock").setLevel(logging.WARNING)


class RequestBudget(Protocol):
    """Grants requests, one at a time."""

    def take(self) -> float:
        """Wait until one more request may be made, and return for how many seconds that was."""
        ...


class SharedRequestBudget:
    """At most so many requests in any minute, over all processes that share the folder.

    Args:
        folder: The private folder that the processes share.
        app_name: The app, `org/app`: the platform counts per App Key.
        requests_per_minute: The limit.
        clock: Wall time; all processes of a machine share it.
    """

    def __init__(self, folder: Path, app_name: str, requests_per_minute: int, clock: Clock) -> None:
        self._file = folder / "request-budgets.sqlite"
        self._table = f"app_{hashlib.sha256(app_name.encode()).hexdigest()[:16]}"
        self._rate = Rate(requests_per_minute, _WINDOW_MILLISECONDS)
        self._clock = clock
        self._one_thread_at_a_time = threading.Lock()

    def take(self) -> float:
        """Wait until one more request may be made, and return for how many seconds that was."""
        waited = 0.0
        while (wait := self._try()) > 0:
            self._clock.sleep(wait)
            waited += wait
        return waited

    def _try(self) -> float:
        """Take one request and return 0, or return the seconds until it is worth another try."""
        with self._one_thread_at_a_time, closing(self._open()) as bucket:
            item = RateItem("request", int(self._clock.now().timestamp() * 1000))
            if bucket.put(item):
                bucket.leak(item.timestamp)
                return 0.0
            wait = bucket.waiting(item)
            if not isinstance(wait, int) or wait > _WINDOW_MILLISECONDS + 1:
                # Only a clock that was set back leaves requests "in the future". They say nothing; the next try goes.
                bucket.flush()
                wait = 1
            return max(wait, 1) / 1000

    def _open(self) -> SQLiteBucket:
        return SQLiteBucket.init_from_file(
            [self._rate],
            table=self._table,
            db_path=str(self._file),
            use_file_lock=True,
        )
