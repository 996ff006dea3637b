"""A request's time in all: whoever is waited for, and whatever for, it ends when the request has no time left."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Semaphore
from urllib.parse import urlsplit

import httpcore
import pytest

from resources.chat_platform.deadline import BoundedConnections, OutOfTime, within
from resources.chat_platform.download import download
from resources.chat_platform.errors import DownloadInterrupted, TemporaryFailure
from resources.chat_platform.http import api_client, call, download_client
from resources.chat_platform.signed_url import SignedUrl
from tests.fake_clock import FakeClock
from tests.faults.raw_storage import COMES_SLOWLY, dripping, raw_storage
from tests.resources.chat_platform.conftest import NOW, Line
from tests.resources.chat_platform.tls_server import write_certificate

LONG = 30.0
"""A timeout, in real seconds, that no test here waits for."""

MOMENT = 0.05


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Listen, let one client come, and never say or read anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        yield listener.getsockname()[1]


def connect(port: int) -> closing[httpcore.NetworkStream]:
    return closing(BoundedConnections().connect_tcp("127.0.0.1", port, LONG))


WAITS: dict[str, Callable[[httpcore.NetworkStream, int], object]] = {
    "connecting": lambda _, port: connect(port),
    "TLS": lambda stream, _: stream.start_tls(ssl.create_default_context(), "127.0.0.1", LONG),
    "reading": lambda stream, _: stream.read(1, LONG),
    "writing": lambda stream, _: stream.write(bytes(100_000_000), LONG),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_no_wait_is_longer_than_what_is_left(
    silent_port: int, clock: FakeClock, wait: Callable[[httpcore.NetworkStream, int], object]
) -> None:
    with connect(silent_port) as stream, pytest.raises(OutOfTime), within(MOMENT, clock):
        wait(stream, silent_port)


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_when_no_time_is_left_nothing_is_waited_for(
    silent_port: int, clock: FakeClock, wait: Callable[[httpcore.NetworkStream, int], object]
) -> None:
    with connect(silent_port) as stream, within(60, clock):
        clock.advance(timedelta(seconds=60))
        with pytest.raises(OutOfTime):
            wait(stream, silent_port)


def test_a_timeout_that_ends_before_the_time_does_is_a_timeout(silent_port: int, clock: FakeClock) -> None:
    with connect(silent_port) as stream, within(LONG, clock), pytest.raises(httpcore.ReadTimeout):
        stream.read(1, MOMENT)


def test_the_time_of_a_request_is_over_with_it(silent_port: int, clock: FakeClock) -> None:
    with connect(silent_port) as stream:
        with within(60, clock):
            pass
        clock.advance(timedelta(seconds=60))
        with pytest.raises(httpcore.ReadTimeout):
            stream.read(1, MOMENT)


@pytest.fixture
def slow_proxy(line: Line, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the environment name a proxy that answers CONNECT a byte now and then."""
    with raw_storage(dripping(line.clock, *COMES_SLOWLY["a head"])) as url:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{urlsplit(url).netloc}")
        yield


@pytest.mark.usefixtures("slow_proxy")
def test_case_11_a_proxy_that_answers_byte_by_byte_is_given_up_after_a_time(line: Line, tmp_path: Path) -> None:
    settings = line.settings.model_copy(update={"rest_url": "https://rest.example.com", "allow_http": False})
    with api_client(settings) as client, pytest.raises(TemporaryFailure, match="answered too slowly"):
        call(client, client.build_request("GET", "x"), "GET x", line.clock)
    url = SignedUrl("https://storage.example.com/x")
    with download_client(settings) as client, pytest.raises(DownloadInterrupted, match="came too slowly"):
        download(client, url, tmp_path / "x", name="GET x", max_bytes=100, clock=line.clock)


class CountedClock(FakeClock):
    """Lets another thread wait until it has been looked at."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.looks = Semaphore(0)

    def now(self) -> datetime:
        moment = super().now()
        self.looks.release()
        return moment


def test_case_11_tls_through_tls_that_comes_byte_by_byte_is_given_up_after_a_time(tmp_path: Path) -> None:
    clock = CountedClock(NOW)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    at_the_proxy = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    at_the_proxy.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)

    def drip() -> Iterable[bytes]:
        for _ in range(2):  # when the time is set, and when the wait for the handshake begins
            clock.looks.acquire()
        return dripping(clock, b"\x16\x03\x03\x40\x00", bytes(1000))()  # a record of 16 KiB

    with (
        raw_storage(drip, tls=at_the_proxy) as url,
        connect(urlsplit(url).port or 0) as plain,
        closing(plain.start_tls(trusting, "127.0.0.1", LONG)) as stream,
    ):
        stream.write(b"\r\n", LONG)
        with pytest.raises(OutOfTime), within(120, clock):
            stream.start_tls(ssl.create_default_context(), "127.0.0.1", LONG)
