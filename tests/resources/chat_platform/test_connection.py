"""A client made from settings: which secrets it takes, and what several of them share."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from resources.chat_platform.connection import connect
from resources.chat_platform.errors import WrongConfiguration
from resources.credentials import MissingSecret
from resources.hours.hour import Hour
from resources.local_state import LocalStateError
from tests.resources.chat_platform.conftest import HOUR, NOW, Dial, Line

UNSENDABLE = ["hush\n", " hush", "hush hush", "hush\r\nInjected: header", "hüsh", "hush\udce9", "hush\x7f"]


def test_connecting_makes_no_request(line: Line) -> None:
    assert line.platform.requests == ()


@pytest.mark.parametrize("secret", UNSENDABLE)
@pytest.mark.parametrize(
    "credentials",
    [
        {"type": "client_credentials", "client_id": {"env": "CLIENT_ID"}, "client_secret": {"env": "SECRET"}},
        {"type": "client_credentials", "client_id": {"env": "SECRET"}, "client_secret": {"env": "CLIENT_SECRET"}},
        {"type": "agora", "app_id": {"env": "CLIENT_ID"}, "app_certificate": {"env": "SECRET"}},
        {"type": "token", "token": {"env": "SECRET"}},
    ],
    ids=["client secret", "client id", "certificate", "token"],
)
def test_a_secret_that_cannot_be_sent_is_told_by_its_variable_and_not_shown(
    dial: Dial, monkeypatch: pytest.MonkeyPatch, credentials: dict[str, object], secret: str
) -> None:
    monkeypatch.setenv("SECRET", secret)
    with pytest.raises(MissingSecret, match="SECRET holds") as caught:
        dial(credentials=credentials)
    assert "hush" not in repr(caught.value)


def test_clients_in_many_threads_ask_for_one_token(line: Line) -> None:
    def look(back: int) -> int:
        with connect(line.settings, line.folder, line.clock, Random(back)) as client:
            return len(client.history_urls(HOUR.plus(-back)).urls)

    with ThreadPoolExecutor(8) as threads:
        assert all(count <= 1 for count in threads.map(look, range(10)))
    assert len(line.platform.requests_of("history")) == 10
    assert len(line.platform.requests_of("token")) == 1


A_PROCESS = """
import sys
from datetime import datetime
from pathlib import Path
from random import Random
from resources.chat_platform.connection import connect
from resources.hours.hour import Hour
from resources.settings import AppSettings
from tests.fake_clock import FakeClock

settings, folder, hour, now = sys.argv[1:]
clock = FakeClock(datetime.fromisoformat(now))
with connect(AppSettings.model_validate_json(settings), Path(folder), clock, Random()) as client:
    client.history_urls(Hour.from_key(hour))
"""


def test_processes_ask_for_one_token(line: Line) -> None:
    settings = line.settings.model_dump_json(exclude={"hour_zone"})
    command = [sys.executable, "-c", A_PROCESS, settings, str(line.folder), HOUR.key, NOW.isoformat()]
    processes = [subprocess.Popen(command) for _ in range(2)]  # noqa: S603 - our own program
    assert [process.wait() for process in processes] == [0, 0]
    assert len(line.platform.requests_of("history")) == 2
    assert len(line.platform.requests_of("token")) == 1


def test_a_token_of_other_credentials_is_not_used(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.client.history_urls(HOUR)
    monkeypatch.setenv("CLIENT_SECRET", "another-secret")
    with connect(line.settings, line.folder, line.clock, Random(1)) as client, pytest.raises(WrongConfiguration):
        client.history_urls(HOUR)
    assert len(line.platform.requests_of("token")) == 2


def test_a_private_folder_that_cannot_be_used_is_an_error_before_any_request(line: Line) -> None:
    file = line.folder / "file"
    file.touch()
    with connect(line.settings, file, line.clock, Random(1)) as client, pytest.raises(LocalStateError, match="file"):
        client.history_urls(Hour.from_key("2026112215"))
    assert line.platform.requests == ()
