"""Several machines share one budget in Redis. Runs against a real Redis where the machine has one."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from resources.chat_platform.errors import TemporaryFailure
from resources.chat_platform.request_budget import NetworkRequestBudget
from tests.fake_clock import FakeClock
from tests.left_out import leave_out
from tests.servers.processes import free_port, running

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretStr]:
    program = shutil.which("redis-server")
    if program is None:
        leave_out("redis-server")
    folder: Path = tmp_path_factory.mktemp("redis")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--requirepass", "hush"]
    with running([program, *options], folder / "log", environment=os.environ):
        assert _listens(port)
        yield SecretStr(f"redis://:hush@127.0.0.1:{port}/0")


@retry(retry=retry_if_result(lambda listens: not listens), stop=stop_after_delay(20), wait=wait_fixed(0.02))
def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_two_machines_together_keep_within_the_budget(redis_url: SecretStr) -> None:
    clock = FakeClock(NOON)
    one = NetworkRequestBudget(redis_url, "acme/support", 10, clock)
    other = NetworkRequestBudget(redis_url, "acme/support", 10, clock)
    taken_at = []
    for _ in range(15):
        for budget in (one, other):
            budget.take()
            taken_at.append(clock.now().timestamp())
    for first in taken_at:
        assert sum(first <= moment < first + 60 for moment in taken_at) <= 10


def test_each_app_has_a_budget_of_its_own(redis_url: SecretStr) -> None:
    clock = FakeClock(NOON)
    for name in ("acme/one", "acme/two"):
        assert NetworkRequestBudget(redis_url, name, 1, clock).take() == 0


def test_a_redis_that_is_gone_is_an_error_that_holds_no_password() -> None:
    budget = NetworkRequestBudget(
        SecretStr(f"redis://:hush@127.0.0.1:{free_port()}/0"), "acme/support", 1, FakeClock(NOON)
    )
    with pytest.raises(TemporaryFailure, match="request_budget_url") as caught:
        budget.take()
    assert "hush" not in str(caught.value)
