"""The hour's file, from its signed URL to a local file: the platform's bytes, all of them, or an error."""

from __future__ import annotations

import base64
import errno
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpcore
import httpx
import pytest

from resources.chat_platform.download import LONGEST_DOWNLOAD_SECONDS, DownloadedFile, download
from resources.chat_platform.errors import (
    DownloadFailed,
    DownloadForbidden,
    DownloadInterrupted,
    DownloadTooLarge,
    DownloadUrlExpired,
    PlatformError,
    UnexpectedAnswer,
)
from resources.chat_platform.http import download_client
from resources.chat_platform.signed_url import SignedUrl
from resources.digests import Digests
from resources.simulated_platform import RequestKind, ScriptedAnswer, SimulatedApp, Version
from resources.simulated_platform.hour_files import gzip_files
from tests.fake_clock import FakeClock
from tests.resources.chat_platform.conftest import HOUR, NOW, Dial, Line

NAME = "GET 0.jsonl.gz"
CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.mark.parametrize("urls", [0, 1, 3])
def test_the_bytes_of_every_file_are_the_platforms_in_its_order(dial: Dial, tmp_path: Path, urls: int) -> None:
    app = SimulatedApp("acme", "support", urls_per_hour=max(urls, 1), requests_per_minute=1000)
    line = dial(app)
    if not urls:
        line.platform.script("history", ScriptedAnswer(200, {"data": []}))
    _, files = line.client.fetch(HOUR, tmp_path)
    assert tuple(file.path.read_bytes() for file in files) == gzip_files(app, HOUR, Version.EARLY)[:urls]


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}, CHUNKED])
def test_no_header_of_the_storage_changes_the_bytes(line: Line, tmp_path: Path, headers: dict[str, str]) -> None:
    (content,) = gzip_files(line.platform.apps[0], HOUR, Version.EARLY)
    line.platform.script("file", ScriptedAnswer(200, content, headers))
    _, (file,) = line.client.fetch(HOUR, tmp_path)
    assert file.path.read_bytes() == content


def test_progress_is_told_piece_by_piece(line: Line, tmp_path: Path) -> None:
    line.platform.script("file", ScriptedAnswer(200, bytes(500_000)))
    pieces: list[int] = []
    line.client.fetch(HOUR, tmp_path, on_bytes=pieces.append)
    assert sum(pieces) == 500_000
    assert max(pieces) <= 64 * 1024  # gathered into larger ones, a slow server would go unnoticed for long


def test_the_storage_is_sent_no_credentials_and_asked_for_bytes_as_they_are(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[httpcore.Request] = []
    handle = httpcore.ConnectionPool.handle_request

    def record(pool: httpcore.ConnectionPool, request: httpcore.Request) -> httpcore.Response:
        sent.append(request)
        return handle(pool, request)

    monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", record)
    line.platform.script("file", ScriptedAnswer(503, headers={"Set-Cookie": "session=1"}))
    line.client.fetch(HOUR, tmp_path)
    to_storage = [httpx.Headers(request.headers) for request in sent if b"/history/" in request.url.target]
    assert len(to_storage) == 2
    for headers in to_storage:
        assert headers["Accept-Encoding"] == "identity"
        assert set(headers) <= {"host", "accept", "accept-encoding", "connection", "user-agent"}


@pytest.mark.parametrize("status", [302, 307, 400, 404, 410, 416, 206, 204])
def test_what_another_try_cannot_mend_is_an_error_at_once(line: Line, tmp_path: Path, status: int) -> None:
    elsewhere = {"Location": f"{line.settings.rest_url}/elsewhere"}
    line.platform.script("file", ScriptedAnswer(status, b"" if status == 204 else b"x", elsewhere))
    with pytest.raises(DownloadFailed, match=rf"status {status}|redirect") as caught:
        line.client.fetch(HOUR, tmp_path)
    assert type(caught.value) is DownloadFailed
    assert len(line.platform.requests_of("file")) == 1
    assert line.platform.requests_of(RequestKind.OTHER) == ()
    assert line.waited() == 0


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_trouble_of_the_storage_is_waited_out(line: Line, tmp_path: Path, status: int) -> None:
    line.platform.script("file", ScriptedAnswer(status), times=3)
    _, (file,) = line.client.fetch(HOUR, tmp_path)
    assert file.path.read_bytes() == gzip_files(line.platform.apps[0], HOUR, Version.EARLY)[0]
    assert line.waited() > 3


@pytest.mark.parametrize("answer", [ScriptedAnswer(503), ScriptedAnswer(cut_after=100)], ids=["503", "cut"])
def test_trouble_of_the_storage_that_stays_is_an_error_after_five_attempts(
    line: Line, tmp_path: Path, answer: ScriptedAnswer
) -> None:
    line.platform.script("file", answer, times=50)
    with pytest.raises(DownloadInterrupted):
        line.client.fetch(HOUR, tmp_path)
    assert len(line.platform.requests_of("file")) == 5


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_of_several_files_one_that_is_missing_fails_the_hour_and_all_others_are_told(
    dial: Dial, tmp_path: Path, missing: int
) -> None:
    line = dial(SimulatedApp("acme", "support", urls_per_hour=3))
    for index in range(3):
        line.platform.script("file", ScriptedAnswer(404) if index == missing else ScriptedAnswer())
    arrived: list[DownloadedFile] = []
    with pytest.raises(DownloadFailed, match=rf"{missing}\.jsonl\.gz"):
        line.client.fetch(HOUR, tmp_path, on_file=arrived.append)
    assert [file.path.name for file in arrived] == [f"{index}.jsonl.gz" for index in range(3) if index != missing]


def test_what_went_wrong_first_is_told_when_several_files_are_missing(dial: Dial, tmp_path: Path) -> None:
    line = dial(SimulatedApp("acme", "support", urls_per_hour=2))
    line.platform.script("file", ScriptedAnswer(404))
    line.platform.script("file", ScriptedAnswer(410))
    with pytest.raises(DownloadFailed, match="404"):
        line.client.fetch(HOUR, tmp_path)


def test_a_file_this_machine_has_no_room_for_takes_none_of_the_others_away(dial: Dial, tmp_path: Path) -> None:
    line = dial(SimulatedApp("acme", "support", urls_per_hour=2))
    arrived: list[DownloadedFile] = []

    def no_room_for_the_first(_: int) -> None:
        if not (tmp_path / "1.jsonl.gz").exists():
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        line.client.fetch(HOUR, tmp_path, on_file=arrived.append, on_bytes=no_room_for_the_first)
    assert [file.path.name for file in arrived] == ["1.jsonl.gz"]
    assert not (tmp_path / "0.jsonl.gz").exists()


def test_each_file_is_told_when_it_has_arrived_and_before_the_next_is_asked_for(dial: Dial, tmp_path: Path) -> None:
    app = SimulatedApp("acme", "support", urls_per_hour=3)
    line = dial(app)
    told: list[tuple[int, bytes]] = []

    def tell(file: DownloadedFile) -> None:
        told.append((len(line.platform.requests_of("file")), file.path.read_bytes()))

    line.client.fetch(HOUR, tmp_path, on_file=tell)
    assert told == list(enumerate(gzip_files(app, HOUR, Version.EARLY), 1))


@pytest.mark.parametrize("answer", [ScriptedAnswer(), ScriptedAnswer(cut_after=100), ScriptedAnswer(200, b"")])
def test_the_digests_of_a_file_are_those_of_the_bytes_that_stay(
    line: Line, tmp_path: Path, answer: ScriptedAnswer
) -> None:
    line.platform.script("file", answer)
    _, (file,) = line.client.fetch(HOUR, tmp_path)
    content = file.path.read_bytes()
    md5 = base64.b64encode(hashlib.md5(content).digest()).decode()  # noqa: S324 - a check of S3's, and no secret
    assert file.digests == Digests(len(content), hashlib.sha256(content).hexdigest(), md5)


@pytest.mark.parametrize("headers", [{}, CHUNKED], ids=["announced", "unannounced"])
def test_a_file_larger_than_the_limit_is_refused_announced_or_not(
    dial: Dial, tmp_path: Path, headers: dict[str, str]
) -> None:
    line = dial(max_download_bytes=1000)
    line.platform.script("file", ScriptedAnswer(200, bytes(1000), headers))
    _, (file,) = line.client.fetch(HOUR, tmp_path)
    assert file.path.stat().st_size == 1000
    line.platform.script("file", ScriptedAnswer(200, bytes(1_000_000), headers))
    with pytest.raises(DownloadTooLarge, match="max_download_bytes"):
        line.client.fetch(HOUR, tmp_path)
    assert not file.path.exists()


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ({"url": "http://127.0.0.1.example.test/x.gz"}, DownloadForbidden),
        ({"url": "http://["}, DownloadForbidden),
        ({"url": None}, UnexpectedAnswer),
        ({}, UnexpectedAnswer),
        ("no object", UnexpectedAnswer),
    ],
    ids=["a host that is not allowed", "a malformed URL", "no URL", "no field", "no object"],
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_an_entry_that_cannot_be_followed_fails_the_hour_and_takes_no_file_away(
    line: Line, tmp_path: Path, entry: object, error: type[PlatformError], first: bool
) -> None:
    good: object = {"url": line.client.history_urls(HOUR).urls[0].reveal()}
    line.platform.script("history", ScriptedAnswer(200, {"data": [entry, good] if first else [good, entry]}))
    arrived: list[DownloadedFile] = []
    with pytest.raises(error):
        line.client.fetch(HOUR, tmp_path, on_file=arrived.append)
    assert len(arrived) == len(line.platform.requests_of("file")) == 1


def test_urls_that_ran_out_are_asked_for_again_whatever_else_is_wrong(dial: Dial, tmp_path: Path) -> None:
    line = dial(SimulatedApp("acme", "support", urls_per_hour=2))
    line.platform.script("file", ScriptedAnswer(404))
    line.platform.script("file", ScriptedAnswer(403))
    _, files = line.client.fetch(HOUR, tmp_path)
    assert len(files) == len(line.platform.requests_of("history")) == 2


@pytest.mark.parametrize("given_next", [0, 1], ids=["none", "one"])
def test_an_hour_of_which_fewer_urls_are_given_than_ran_out_is_not_whole(
    dial: Dial, tmp_path: Path, given_next: int
) -> None:
    line = dial(SimulatedApp("acme", "support", urls_per_hour=2))
    urls = [{"url": url.reveal()} for url in line.client.history_urls(HOUR).urls]
    line.platform.script("file", ScriptedAnswer(403))
    line.platform.script("history", ScriptedAnswer())
    line.platform.script("history", ScriptedAnswer(200, {"data": urls[:given_next]}))
    arrived: list[DownloadedFile] = []
    with pytest.raises(DownloadUrlExpired):
        line.client.fetch(HOUR, tmp_path, on_file=arrived.append)
    assert len(arrived) == 1 + given_next


class HurryingClock(FakeClock):
    """Five minutes pass between two looks at it."""

    def now(self) -> datetime:
        self.advance(timedelta(minutes=5))
        return super().now()


@pytest.fixture
def storage(line: Line) -> Iterator[httpx.Client]:
    """Return a client of the storage alone."""
    with download_client(line.settings) as client:
        yield client


def test_a_download_that_takes_too_long_is_given_up(line: Line, storage: httpx.Client, tmp_path: Path) -> None:
    url = line.client.history_urls(HOUR).urls[0]
    line.platform.script("file", ScriptedAnswer(200, bytes(2_000_000)))
    clock, pieces = HurryingClock(NOW), list[int]()
    with pytest.raises(DownloadInterrupted, match="too slowly"):
        download(storage, url, tmp_path / "x", name=NAME, max_bytes=10**9, clock=clock, on_bytes=pieces.append)
    assert len(pieces) <= LONGEST_DOWNLOAD_SECONDS / 300


def test_a_url_that_runs_out_while_its_turn_comes_is_asked_for_anew(dial: Dial, tmp_path: Path) -> None:
    line = dial(SimulatedApp("acme", "support", urls_per_hour=2))
    begun: list[int] = []

    def dawdle_once(_: int) -> None:
        if not begun:
            begun.append(1)
            line.clock.advance(timedelta(minutes=31))

    _, files = line.client.fetch(HOUR, tmp_path, on_bytes=dawdle_once)
    assert tuple(file.path.read_bytes() for file in files) == gzip_files(line.platform.apps[0], HOUR, Version.EARLY)
    assert len(line.platform.requests_of("history")) == 2


@pytest.mark.parametrize(("age", "why"), [(29, "not accepted"), (30, "has ended")])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_signature_says_whether_it_had_ended(
    line: Line, tmp_path: Path, status: int, age: int, why: str
) -> None:
    url = line.client.history_urls(HOUR).urls[0]
    line.clock.advance(timedelta(minutes=age))
    line.platform.script("file", ScriptedAnswer(status))
    with download_client(line.settings) as storage, pytest.raises(DownloadUrlExpired, match=why):
        download(storage, url, tmp_path / "x", name=NAME, max_bytes=10**9, clock=line.clock)


def test_a_length_other_than_the_announced_one_is_a_cut(tmp_path: Path) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Length": "10"}, stream=httpx.ByteStream(b"short"))

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(DownloadInterrupted, match="5 of 10 bytes"),
    ):
        download(client, SignedUrl("https://x.test/"), tmp_path / "x", name=NAME, max_bytes=100, clock=FakeClock(NOW))


@pytest.mark.parametrize("url", ["http://a..b/x?Signature=hush", "http://x\n/?Signature=hush"])
def test_a_url_that_leads_nowhere_is_an_error_that_does_not_tell_it(
    storage: httpx.Client, tmp_path: Path, url: str
) -> None:
    with pytest.raises(DownloadFailed, match="malformed") as caught:
        download(storage, SignedUrl(url), tmp_path / "x", name=NAME, max_bytes=100, clock=FakeClock(NOW))
    assert "hush" not in repr(caught.value)
