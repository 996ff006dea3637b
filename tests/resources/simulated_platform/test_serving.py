"""Listening on loopback, for tests and for a person in a terminal."""

from __future__ import annotations

import gc
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
import typer
import yaml

from resources.hours.hour import Hour
from resources.simulated_platform import SimulatedApp, SimulatedPlatform, serve
from resources.simulated_platform.__main__ import introduction, main
from tests.fake_clock import FakeClock
from tests.resources.simulated_platform.conftest import NOON, Visit

HOUR = Hour.containing(NOON).plus(-4)
APP = SimulatedApp("acme", "support")


def test_a_server_is_gone_after_its_block() -> None:
    threads = threading.active_count()
    with serve(SimulatedPlatform([APP], FakeClock(NOON))) as base_url:
        assert httpx.get(base_url, trust_env=False).status_code == 404
    assert threading.active_count() == threads
    with pytest.raises(httpx.ConnectError):
        httpx.get(base_url, trust_env=False)


def test_clients_who_connect_as_a_server_ends_are_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    left_open: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: left_open.append(found.exc_value))
    for _ in range(30):
        with serve(SimulatedPlatform([APP], FakeClock(NOON))) as base_url:
            parts = urlsplit(base_url)
            clients = [socket.create_connection((parts.hostname, parts.port)) for _ in range(3)]
        for client in clients:
            client.close()
    gc.collect()
    assert left_open == []


def test_a_server_ends_when_its_block_fails() -> None:
    threads = threading.active_count()
    with pytest.raises(KeyError), serve(SimulatedPlatform([APP], FakeClock(NOON))):
        raise KeyError
    assert threading.active_count() == threads


def test_a_taken_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):  # noqa: SIM117
        with serve(SimulatedPlatform([APP], FakeClock(NOON)), taken.getsockname()[1]):
            pass


def test_requests_at_the_same_time_are_counted_exactly(visit: Visit) -> None:
    visitor = visit(SimulatedApp("acme", "support", requests_per_minute=25))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: visitor.ask_hour(HOUR).status_code, range(40)))
    assert (statuses.count(200), statuses.count(429)) == (25, 15)
    assert len(visitor.platform.requests) == 40


def test_the_introduction_is_a_settings_file_and_its_exports() -> None:
    told = introduction(APP, "http://127.0.0.1:8077")
    settings = told.partition("In the settings file:")[2].partition("In the shell")[0]
    assert yaml.safe_load(settings) == {
        "apps": [
            {
                "org": "acme",
                "app": "support",
                "rest_url": "http://127.0.0.1:8077",
                "hour_zone": "+00:00",
                "credentials": {
                    "type": "client_credentials",
                    "client_id": {"env": "SIMULATED_CLIENT_ID"},
                    "client_secret": {"env": "SIMULATED_CLIENT_SECRET"},
                },
                "download_hosts": ["127.0.0.1"],
                "allow_http": True,
            }
        ]
    }
    assert f"export SIMULATED_CLIENT_ID={APP.client_id}\n" in told
    assert f"export SIMULATED_CLIENT_SECRET={APP.client_secret}\n" in told


def test_the_program_serves_until_interrupted() -> None:
    command = [sys.executable, "-W", "error", "-m", "resources.simulated_platform", "--port=0", "--hour-zone=+08:00"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as program:  # type: ignore[call-overload]  # noqa: S603 - our own
        lines: list[str] = []
        while not lines or not lines[-1].startswith("export SIMULATED_CLIENT_SECRET"):
            lines.append(program.stdout.readline())
            assert lines[-1], program.stderr.read()
        base_url = lines[0].split()[5].rstrip(".")
        answer = httpx.get(f"{base_url}/acme/support/chatmessages/2026110308", trust_env=False)
        program.send_signal(signal.SIGINT)
        _, complaints = program.communicate(timeout=20)
    assert answer.status_code == 401
    assert '    hour_zone: "+08:00"\n' in lines
    assert (program.returncode, complaints) == (0, "")


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match=r"\+08:00"):
        main(hour_zone="Beijing")
