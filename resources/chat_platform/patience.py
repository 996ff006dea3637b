"""How often and after which pauses a request is made again. Decisions only; `client.py` makes the requests."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from resources.chat_platform.errors import PlatformError
from resources.chat_platform.http import http_date
from resources.clock import Clock

Result = TypeVar("Result")

MOST_ATTEMPTS = 5
"""A request is made at most so often, those not counted that only the rate limit refused."""

MOST_REQUESTS = 30
"""A request is made at most so often, those included that the rate limit refused."""

LONGEST_WAITS_SECONDS = 480.0
"""Once a request has waited so long in all, it is made no more: a later run asks again."""

LONGEST_PAUSE_SECONDS = 30.0
"""The longest pause that is chosen here."""

LONGEST_RETRY_AFTER_SECONDS = 120.0
"""A server may ask for a day; an hour's run waits this long and leaves the rest to the next run."""

_FIRST_PAUSE_SECONDS = 1.0
_RATE_WINDOW_SECONDS = 60.0


class TryAgain(Exception):
    """Carries the error of an attempt that is worth another.

    Attributes:
        error: What to raise when this was the last attempt.
        pause: Seconds to wait first, or None for a growing pause.
        rate_limited: The platform did not look at the request, for it comes too often: no attempt that counts.
    """

    def __init__(self, error: PlatformError, pause: float | None = None, *, rate_limited: bool = False) -> None:
        super().__init__(error.what_happened)
        self.error = error
        self.pause = pause
        self.rate_limited = rate_limited


def persistently(
    attempt: Callable[[], Result], clock: Clock, random: Random, on_retry: Callable[[], None] = lambda: None
) -> Result:
    """Make an attempt until it returns, raises anything but `TryAgain`, or has been made often enough.

    Args:
        attempt: What to do.
        clock: Sleeps between attempts.
        random: The jitter of pauses.
        on_retry: Called before each further attempt.

    Raises:
        PlatformError: What the last attempt's `TryAgain` carried.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(TryAgain),
        stop=_often_enough(),
        wait=_pause(random),
        sleep=clock.sleep,
        before_sleep=lambda _: on_retry(),
        reraise=True,
    )
    try:
        return retrying(attempt)
    except TryAgain as last:
        raise last.error from None


def _often_enough() -> Callable[[RetryCallState], bool]:
    """Count attempts. A rate limit is waited out by time: the pauses it asks for may be far shorter than its window."""
    counted = 0

    def stop(state: RetryCallState) -> bool:
        nonlocal counted
        failure = state.outcome.exception() if state.outcome else None
        counted += not (isinstance(failure, TryAgain) and failure.rate_limited)
        waited_out = state.attempt_number >= MOST_REQUESTS or state.idle_for >= LONGEST_WAITS_SECONDS
        return counted >= MOST_ATTEMPTS or waited_out

    return stop


def _pause(random: Random) -> Callable[[RetryCallState], float]:
    def seconds(state: RetryCallState) -> float:
        asked_for = state.outcome.exception() if state.outcome else None
        if isinstance(asked_for, TryAgain) and asked_for.pause is not None:
            return asked_for.pause
        longest = min(_FIRST_PAUSE_SECONDS * (1 << state.attempt_number), LONGEST_PAUSE_SECONDS)
        return random.uniform(longest / 2, longest)

    return seconds


def rate_window_pause(retry_after: str | None, now: datetime, random: Random) -> float:
    """Return the seconds until the next rate window.

    The platform documents no `Retry-After`; one is honoured, within a cap, in both of its forms. Otherwise the next
    minute is waited for, with some jitter so that processes do not come back all at once.

    Args:
        retry_after: The header as it came, or None.
        now: By this machine's clock.
        random: The source of the jitter.
    """
    told = retry_after_seconds(retry_after, now)
    if told is not None:
        return told
    to_next_minute = _RATE_WINDOW_SECONDS - now.timestamp() % _RATE_WINDOW_SECONDS
    return to_next_minute + random.uniform(0.5, 3.0)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Read a `Retry-After` header, seconds or HTTP date, and cap it; None when there is none or it is garbage."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        moment = http_date(header)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_RETRY_AFTER_SECONDS)
