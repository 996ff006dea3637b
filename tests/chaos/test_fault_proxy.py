"""Each fault does on the wire what its name says, and is counted only if it did."""

from __future__ import annotations

import base64
import hashlib
import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.chaos.fault_kinds import CUTS, Choice, Fault, Faults, Place, Traffic
from tests.chaos.fault_proxy import FaultProxy, serving

BODY = bytes(range(256)) * 4
UPLOAD = b"some bytes to be kept"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
BROKEN = (ConnectionError, http.client.HTTPException)


class FirstRequest(Faults):
    """The first request meets one fault, all others none."""

    def __init__(self) -> None:
        super().__init__(1, 1000)
        self.waiting: Fault | None = None

    def choose(self, traffic: Traffic, name: str) -> Choice | None:
        del traffic, name
        fault, self.waiting = self.waiting, None
        return None if fault is None else Choice(fault, Random(1))


@dataclass
class Server:
    """A server behind a proxy, and what it was asked."""

    faults: FirstRequest
    proxy: FaultProxy
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def ask(
        self, method: str = "GET", body: bytes | None = None, timeout: float = 10, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        port = self.proxy.listener.getsockname()[1]
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as client:
            client.request(method, "/folder/name?query=1", body, headers)
            response = client.getresponse()
            return response, response.read()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Serve BODY to every GET, behind a proxy whose traffic is of the kind the test names (S3 data otherwise)."""
    asked: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked.append((self.command, dict(self.headers), self.rfile.read(length)))

        def do_GET(self) -> None:
            self._take()
            self._answer(BODY)

        def do_HEAD(self) -> None:
            self._take()
            self._answer(BODY)

        def do_PUT(self) -> None:
            self._take()
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    traffic, options = getattr(request, "param", (Traffic.S3_DATA, {}))
    faults = FirstRequest()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as behind:
        thread = threading.Thread(target=behind.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        proxy = FaultProxy(behind.server_address[:2], lambda *_: traffic, faults, lambda: NOW, **options)  # type: ignore[arg-type]
        with serving([proxy]):
            yield Server(faults, proxy, asked)
        behind.shutdown()
        thread.join()


def behind(traffic: Traffic, **options: object) -> Callable[..., Any]:
    return pytest.mark.parametrize("server", [(traffic, options)], indirect=True, ids=[traffic])


def test_without_a_fault_request_and_answer_pass_unchanged(server: Server) -> None:
    response, body = server.ask("GET", Host="archive.example:7480", Authorization="AWS4-HMAC-SHA256 Signature=abc")
    assert (response.status, body) == (200, BODY)
    ((method, headers, _),) = server.asked
    assert (method, headers["Host"]) == ("GET", "archive.example:7480")
    assert headers["Authorization"] == "AWS4-HMAC-SHA256 Signature=abc"
    assert server.faults.total == 0


def test_an_answer_without_a_body_keeps_the_length_it_tells(server: Server) -> None:
    response, body = server.ask("HEAD")
    assert (response.headers["Content-Length"], body) == (str(len(BODY)), b"")


@pytest.mark.parametrize(
    ("fault", "status", "waits"),
    [
        (Fault.TOO_MANY_REQUESTS, 429, False),
        (Fault.TOO_MANY_REQUESTS_WAIT, 429, True),
        (Fault.SERVER_ERROR, 500, False),
        (Fault.BAD_GATEWAY, 502, False),
        (Fault.UNAVAILABLE, 503, False),
        (Fault.UNAVAILABLE_WAIT, 503, True),
        (Fault.GATEWAY_TIMEOUT, 504, False),
        (Fault.UNAUTHORIZED, 401, False),
        (Fault.FORBIDDEN, 403, False),
        (Fault.CLOCK_REFUSED, 403, False),
        (Fault.NOT_FOUND, 404, False),
        (Fault.CONFLICT, 409, False),
        (Fault.HTML_PAGE, 200, False),
    ],
)
@pytest.mark.parametrize(
    "server", [(each, {}) for each in (Traffic.HISTORY, Traffic.FILE, Traffic.S3_PUT)], indirect=True
)
def test_an_answer_of_the_proxys_own_never_reaches_the_server(
    server: Server, fault: Fault, status: int, waits: bool
) -> None:
    server.faults.waiting = fault
    response, body = server.ask("PUT", UPLOAD)
    assert response.status == status
    assert ("Retry-After" in response.headers) is waits
    assert body
    assert not server.asked
    assert list(server.faults.counts.values()) == [1]
    assert server.ask()[1] == BODY


@behind(Traffic.HISTORY)
def test_the_api_answers_in_the_platforms_words(server: Server) -> None:
    server.faults.waiting = Fault.UNAUTHORIZED
    assert b'"error":"unauthorized"' in server.ask()[1]
    assert server.faults.counts == {(Place.API, Fault.UNAUTHORIZED): 1}


@behind(Traffic.S3_PUT)
def test_s3_answers_in_its_own_words(server: Server) -> None:
    server.faults.waiting = Fault.UNAVAILABLE
    assert b"<Code>SlowDown</Code>" in server.ask("PUT", UPLOAD)[1]


def test_a_connection_that_is_reset_before_leaves_the_server_unasked(server: Server) -> None:
    server.faults.waiting = Fault.RESET_BEFORE
    with pytest.raises(BROKEN):
        server.ask()
    assert not server.asked
    assert server.faults.total == 1


def test_an_answer_that_is_lost_was_given(server: Server) -> None:
    server.faults.waiting = Fault.ANSWER_LOST
    with pytest.raises(BROKEN):
        server.ask("PUT", UPLOAD)
    assert [body for *_, body in server.asked] == [UPLOAD]


@pytest.mark.parametrize(
    ("fault", "arrives"), [(f, min(int(1024 * share), 1023)) for f, share in CUTS.items()], ids=str
)
def test_a_cut_body_ends_early_although_its_length_was_told(server: Server, fault: Fault, arrives: int) -> None:
    server.faults.waiting = fault
    with pytest.raises(http.client.IncompleteRead) as broken:
        server.ask()
    assert broken.value.partial == BODY[:arrives]
    assert server.faults.total == 1


def test_a_reset_in_the_answer_breaks_its_body(server: Server) -> None:
    server.faults.waiting = Fault.RESET_IN_ANSWER
    with pytest.raises(BROKEN):
        server.ask()
    assert len(server.asked) == 1


def test_a_flipped_answer_differs_in_one_bit(server: Server) -> None:
    server.faults.waiting = Fault.FLIPPED_ANSWER
    _, body = server.ask()
    assert bits_that_differ(body, BODY) == 1


def test_a_flipped_upload_reaches_the_server_with_one_bit_changed(server: Server) -> None:
    server.faults.waiting = Fault.FLIPPED_UPLOAD
    server.ask("PUT", UPLOAD)
    ((_, _, body),) = server.asked
    assert bits_that_differ(body, UPLOAD) == 1


@behind(Traffic.S3_PUT, checks_uploads=True)
def test_a_flipped_upload_is_refused_for_a_server_that_does_not_check(server: Server) -> None:
    server.faults.waiting = Fault.FLIPPED_UPLOAD
    md5 = base64.b64encode(hashlib.md5(UPLOAD, usedforsecurity=False).digest()).decode()
    announced: dict[str, Any] = {"Content-MD5": md5}
    response, body = server.ask("PUT", UPLOAD, **announced)
    assert (response.status, b"BadDigest" in body, server.asked) == (400, True, [])
    assert server.ask("PUT", UPLOAD, **announced)[0].status == 200


def test_of_a_cut_upload_the_server_gets_a_part(server: Server) -> None:
    server.faults.waiting = Fault.UPLOAD_CUT
    with pytest.raises(BROKEN):
        server.ask("PUT", UPLOAD)
    assert server.ask()[1] == BODY  # by now the server has seen the end of the other
    assert all(len(body) < len(UPLOAD) for _, _, body in server.asked)
    assert server.faults.total == 1


def test_a_request_that_arrives_twice_is_done_twice(server: Server) -> None:
    server.faults.waiting = Fault.REQUEST_TWICE
    response, _ = server.ask("PUT", UPLOAD)
    assert response.status == 200
    assert [body for *_, body in server.asked] == [UPLOAD, UPLOAD]


@pytest.mark.parametrize("fault", [Fault.DELAY, Fault.TRICKLE])
def test_a_slow_answer_arrives_whole(server: Server, fault: Fault) -> None:
    server.faults.waiting = fault
    assert server.ask()[1] == BODY
    assert server.faults.total == 1


def test_a_stalled_answer_never_comes_although_the_work_is_done(server: Server) -> None:
    server.faults.waiting = Fault.STALL
    with pytest.raises(TimeoutError):
        server.ask(timeout=0.3)
    assert len(server.asked) == 1
    assert server.ask()[1] == BODY


@pytest.mark.parametrize("fault", [*CUTS, Fault.TRICKLE, Fault.FLIPPED_ANSWER, Fault.RESET_IN_ANSWER])
def test_what_has_no_body_goes_through_and_is_not_counted(server: Server, fault: Fault) -> None:
    server.faults.waiting = fault
    assert server.ask("PUT", UPLOAD)[0].status == 200
    assert server.faults.total == 0


def test_a_server_that_is_gone_cannot_be_reached_until_it_is_back(server: Server) -> None:
    with server.proxy.gone(), pytest.raises(BROKEN):
        server.ask()
    assert server.ask()[1] == BODY


def test_several_requests_can_be_made_on_one_connection(server: Server) -> None:
    port = server.proxy.listener.getsockname()[1]
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        for _ in range(3):
            client.request("GET", "/")
            assert client.getresponse().read() == BODY
    assert len(server.asked) == 3


def test_boto3_stores_and_reads_through_the_proxy(s3_endpoint: str, bucket_name: str) -> None:
    address = s3_endpoint.removeprefix("http://").split(":")
    proxy = FaultProxy((address[0], int(address[1])), lambda *_: Traffic.S3_PUT, FirstRequest(), lambda: NOW)
    with serving([proxy]), closing(client_of(proxy.url)) as client:
        client.put_object(Bucket=bucket_name, Key="a", Body=UPLOAD)
        assert client.get_object(Bucket=bucket_name, Key="a")["Body"].read() == UPLOAD
        assert client.head_object(Bucket=bucket_name, Key="a")["ContentLength"] == len(UPLOAD)
        assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket_name)["Contents"]] == ["a"]


def client_of(url: str) -> Any:
    config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=config)


def bits_that_differ(one: bytes, other: bytes) -> int:
    assert len(one) == len(other)
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
