"""Schedule, backfill and reruns together never exceed the platform's limit, whatever the processes and the clock do."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.chat_platform.request_budget import SharedRequestBudget
from resources.local_state import LocalStateError
from tests.fake_clock import FakeClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def most_in_a_minute(moments: list[float]) -> int:
    return max(sum(first <= moment < first + 60 for moment in moments) for first in moments)


@settings(max_examples=15, deadline=None)
@given(limit=st.integers(1, 12), pauses=st.lists(st.floats(0, 30), min_size=5, max_size=30))
def test_two_processes_together_keep_within_the_limit_in_every_minute(
    tmp_path_factory: object, limit: int, pauses: list[float]
) -> None:
    folder: Path = tmp_path_factory.mktemp("state")  # type: ignore[attr-defined]
    clock = FakeClock(NOON)
    budgets = [SharedRequestBudget(folder, "acme/support", limit, clock) for _ in range(2)]
    granted = []
    for number, pause in enumerate(pauses):
        clock.sleep(pause)
        budgets[number % 2].take()
        granted.append(clock.now().timestamp())
    assert most_in_a_minute(granted) <= limit


def test_waiting_is_reported_and_no_longer_than_needed(tmp_path: Path) -> None:
    budget = SharedRequestBudget(tmp_path, "acme/support", 2, FakeClock(NOON))
    assert [budget.take(), budget.take()] == [0, 0]
    assert 60 <= budget.take() <= 62


def test_each_app_has_a_budget_of_its_own(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    assert SharedRequestBudget(tmp_path, "acme/one", 1, clock).take() == 0
    assert SharedRequestBudget(tmp_path, "acme/two", 1, clock).take() == 0


def test_a_clock_that_was_set_back_does_not_stop_the_archive(tmp_path: Path) -> None:
    clock = FakeClock(NOON + timedelta(days=365))
    SharedRequestBudget(tmp_path, "acme/support", 1, clock).take()
    clock.turn_to(NOON)
    assert SharedRequestBudget(tmp_path, "acme/support", 1, clock).take() < 1


@pytest.mark.parametrize("back", [0.005, 1, 30])
def test_requests_a_little_in_the_future_count(tmp_path: Path, back: float) -> None:
    clock = FakeClock(NOON)
    budget = SharedRequestBudget(tmp_path, "acme/support", 1, clock)
    budget.take()
    clock.turn_to(NOON - timedelta(seconds=back))  # or another process, whose clock is that much behind
    budget.take()
    assert clock.now() >= NOON + timedelta(seconds=60)


def test_a_file_that_cannot_be_used_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "request-budgets.sqlite").mkdir()
    with pytest.raises(LocalStateError, match="Delete it"):
        SharedRequestBudget(tmp_path, "acme/support", 1, FakeClock(NOON)).take()


def test_threads_of_one_process_share_the_budget(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    budget = SharedRequestBudget(tmp_path, "acme/support", 1000, clock)
    threads = [threading.Thread(target=lambda: [budget.take() for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(SharedRequestBudget(tmp_path, "acme/support", 40, clock).take() for _ in range(1)) > 59


TAKE_UNTIL_IT_WOULD_WAIT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from resources.chat_platform.request_budget import SharedRequestBudget
from tests.fake_clock import FakeClock

class ClockThatCannotWait(FakeClock):
    def sleep(self, seconds):
        raise TimeoutError

budget = SharedRequestBudget(
    Path(sys.argv[1]), "acme/support", 15, ClockThatCannotWait(datetime(2026, 11, 23, 12, tzinfo=UTC))
)
taken = 0
try:
    while taken < 10:
        budget.take()
        taken += 1
except TimeoutError:
    pass
print(taken)
"""


def test_case_01_real_processes_share_the_budget(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKE_UNTIL_IT_WOULD_WAIT, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]  # noqa: S603 - our own program
    outputs = [process.communicate()[0] for process in processes]
    assert sum(map(int, outputs)) == 15
