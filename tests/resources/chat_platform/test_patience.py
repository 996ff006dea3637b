"""Pauses: they grow, they differ, they end, and a server cannot make them longer than agreed."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.chat_platform import patience
from resources.chat_platform.errors import TemporaryFailure, UnexpectedAnswer
from resources.chat_platform.patience import TryAgain, persistently, rate_window_pause, retry_after_seconds
from tests.fake_clock import FakeClock

NOW = datetime(2026, 11, 23, 12, 0, 20, tzinfo=UTC)
FAILED = TemporaryFailure("It failed.", "Wait.")


class CountingClock(FakeClock):
    """Remembers each sleep."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        super().sleep(seconds)


def pauses_of_attempts_in_vain(
    random: Random, pause: float | None = None, *, rate_limited: bool = False
) -> list[float]:
    clock = CountingClock()

    def attempt() -> None:
        raise TryAgain(FAILED, pause, rate_limited=rate_limited)

    with pytest.raises(TemporaryFailure) as caught:
        persistently(attempt, clock, random)
    assert caught.value is FAILED
    return clock.pauses


def test_pauses_double_up_to_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MOST_ATTEMPTS", 12)
    pauses = pauses_of_attempts_in_vain(Random(1))
    longest = [2, 4, 8, 16, 30, 30, 30, 30, 30, 30, 30]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))


def test_pauses_differ_by_the_randomness_that_is_handed_in() -> None:
    assert pauses_of_attempts_in_vain(Random(1)) == pauses_of_attempts_in_vain(Random(1))
    assert pauses_of_attempts_in_vain(Random(1)) != pauses_of_attempts_in_vain(Random(2))


def test_a_pause_that_an_answer_asks_for_is_kept() -> None:
    assert pauses_of_attempts_in_vain(Random(1), pause=7) == [7, 7, 7, 7]


@pytest.mark.parametrize(("pause", "times"), [(0, 29), (2, 29), (60, 8), (120, 4)])
def test_a_rate_limit_is_waited_out_for_eight_minutes_or_thirty_requests(pause: float, times: int) -> None:
    assert pauses_of_attempts_in_vain(Random(1), pause, rate_limited=True) == [pause] * times


def test_other_failures_count_however_often_the_rate_limit_refused_in_between() -> None:
    attempts: list[bool] = []

    def attempt() -> None:
        attempts.append(len(attempts) % 3 == 0)
        raise TryAgain(FAILED, 1, rate_limited=not attempts[-1])

    with pytest.raises(TemporaryFailure):
        persistently(attempt, CountingClock(), Random(1))
    assert sum(attempts) == patience.MOST_ATTEMPTS
    assert len(attempts) == 13


def test_each_further_attempt_is_told() -> None:
    outcomes = iter([TryAgain(FAILED), TryAgain(FAILED, 5, rate_limited=True), None])
    retries: list[int] = []

    def attempt() -> None:
        if outcome := next(outcomes):
            raise outcome

    persistently(attempt, CountingClock(), Random(1), lambda: retries.append(1))
    assert len(retries) == 2


def test_what_is_not_worth_another_attempt_is_raised_at_once() -> None:
    clock = CountingClock()
    attempts: list[int] = []

    def attempt() -> None:
        attempts.append(1)
        raise UnexpectedAnswer("It is odd.", "Report it.")

    with pytest.raises(UnexpectedAnswer):
        persistently(attempt, clock, Random(1))
    assert (len(attempts), clock.pauses) == (1, [])


def test_the_first_good_result_is_returned() -> None:
    outcomes = iter([TryAgain(FAILED), TryAgain(FAILED), None])

    def attempt() -> str:
        if outcome := next(outcomes):
            raise outcome
        return "good"

    assert persistently(attempt, CountingClock(), Random(1)) == "good"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("7", 7),
        ("1.5", 1.5),
        ("120", 120),
        ("86400", 120),
        ("1e999", None),
        ("-5", None),
        ("nan", None),
        ("soon", None),
        ("Mon, 23 Nov 2026 12:00:50 GMT", 30),
        ("Mon, 23 Nov 2026 12:00:50", 30),  # without a zone it is UTC, wherever this machine stands
        ("Mon, 23 Nov 2026 12:00:50 -0000", 30),
        ("Mon, 23 Nov 2026 20:00:50 +0800", 30),
        ("Tue, 24 Nov 2026 12:00:50 GMT", 120),
        ("Sun, 22 Nov 2026 12:00:50 GMT", None),
        ("Mon, 23 Nov 99999999999999999999 12:00:50 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2300", None),
    ],
)
def test_a_retry_after_is_read_in_both_forms_and_capped(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text() | st.floats().map(str) | st.datetimes().map(format_datetime))
def test_no_retry_after_makes_a_negative_pause_or_a_long_one(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or 0 <= seconds <= 120


@pytest.mark.parametrize("second", [0, 1, 20, 59])
def test_without_a_retry_after_the_next_minute_is_waited_for_with_some_jitter(second: int) -> None:
    now = NOW.replace(second=second)
    pauses = {rate_window_pause(None, now, Random(seed)) for seed in range(20)}
    assert all(60.5 <= second + pause <= 63 for pause in pauses)
    assert len(pauses) == 20
