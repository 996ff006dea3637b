"""One budget of requests per app, shared by every process: schedule, backfill and reruns together never exceed it.

The counting is pyrate-limiter's: in a SQLite file behind a file lock for the processes of one machine, in Redis for
several machines. Not here: what to do when the platform says 429 although the budget was kept (`client.py`).
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr
from pyrate_limiter import Rate, RateItem, RedisBucket, SQLiteBucket

from resources.chat_platform.errors import TemporaryFailure
from resources.clock import Clock
from resources.local_state import STATE_VARIABLE, LocalStateError

# The platform counts per minute, and it is not documented whether its minute slides or is fixed. A sliding window keeps
# within both. The extra second covers requests that travel at different speeds.
_WINDOW_MILLISECONDS = 61_000
_REDIS_TIMEOUT_SECONDS = 10.0

logging.getLogger("filelock").setLevel(logging.WARNING)


class RequestBudget(Protocol):
    """Grants requests, one at a time."""

    def take(self) -> float:
        """Wait until one more request may be made, and return for how many seconds that was."""
        ...


class _CountedRequestBudget(ABC):
    """At most so many requests in any minute, counted in a bucket that processes share."""

    def __init__(self, app_name: str, requests_per_minute: int, clock: Clock) -> None:
        # The platform counts per App Key, so the app's name is what is shared, whatever the archive calls it.
        self._table = f"app_{hashlib.sha256(app_name.encode()).hexdigest()[:16]}"
        self._rate = Rate(requests_per_minute, _WINDOW_MILLISECONDS)
        self._clock = clock
        self._one_thread_at_a_time = threading.Lock()

    @abstractmethod
    def _open(self) -> SQLiteBucket | RedisBucket:
        """Open the shared bucket; it is closed after each try, so nothing is held while waiting."""

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
            if not isinstance(wait, int) or wait > 2 * _WINDOW_MILLISECONDS:
                # Only a clock that was set back leaves requests far in the future. They say nothing; the next try goes.
                # A little ahead is whoever came to the store first, or has a faster clock: such requests count.
                bucket.flush()
                wait = 1
            return max(wait, 1) / 1000


class SharedRequestBudget(_CountedRequestBudget):
    """The budget of one app for all processes of this machine.

    Args:
        folder: The private folder that the processes share.
        app_name: The app, `org/app`.
        requests_per_minute: The limit.
        clock: Wall time; all processes of a machine share it.
    """

    def __init__(self, folder: Path, app_name: str, requests_per_minute: int, clock: Clock) -> None:
        super().__init__(app_name, requests_per_minute, clock)
        self._file = folder / "request-budgets.sqlite"

    def _try(self) -> float:
        """Do as any budget does.

        Raises:
            LocalStateError: The shared file cannot be used.
        """
        try:
            return super()._try()
        except (sqlite3.Error, OSError) as error:
            raise LocalStateError(
                f"{self._file}, where processes share request budgets, cannot be used ({error}). "
                f"Delete it, it is then made anew, or set {STATE_VARIABLE} to another folder.",
            ) from None

    def _open(self) -> SQLiteBucket:
        return SQLiteBucket.init_from_file(
            [self._rate],
            table=self._table,
            db_path=str(self._file),
            use_file_lock=True,
        )


class NetworkRequestBudget(_CountedRequestBudget):
    """The budget of one app for several machines, counted in Redis.

    Args:
        url: `redis://` or `rediss://`, with its password.
        app_name: The app, `org/app`.
        requests_per_minute: The limit.
        clock: Wall time; the machines' clocks should agree to the second.
    """

    def __init__(self, url: SecretStr, app_name: str, requests_per_minute: int, clock: Clock) -> None:
        super().__init__(app_name, requests_per_minute, clock)
        self._url = url

    def take(self) -> float:
        """Wait until one more request may be made, and return for how many seconds that was.

        Raises:
            TemporaryFailure: Redis cannot be reached.
        """
        from redis.exceptions import RedisError  # noqa: PLC0415 - only who shares a budget over machines has it

        try:
            return super().take()
        except RedisError as error:
            raise TemporaryFailure(
                f"The request budget in Redis cannot be reached: {type(error).__name__}.",
                "No request was made. Check archive.request_budget_url and that Redis is running.",
            ) from None

    def _open(self) -> RedisBucket:
        from redis import Redis  # noqa: PLC0415 - as above

        connection = Redis.from_url(self._url.get_secret_value(), socket_timeout=_REDIS_TIMEOUT_SECONDS)
        bucket = RedisBucket.init([self._rate], connection, f"chat-archive:{self._table}")
        if not isinstance(bucket, RedisBucket):
            raise TypeError("An asynchronous bucket was made of a synchronous connection.")
        return bucket
