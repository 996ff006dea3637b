"""Answers that a test writes itself, and the record of what was asked."""

from __future__ import annotations

import logging

import httpx
import pytest

from resources.hours.hour import Hour
from resources.simulated_platform import (
    RequestKind,
    ScriptedAnswer,
    SimulatedApp,
    SimulatedPlatform,
    Version,
    serve,
)
from resources.simulated_platform.hour_files import gzip_files
from tests.fake_clock import FakeClock
from tests.resources.simulated_platform.conftest import NOON
from tests.resources.simulated_platform.visitor import FIXED_TOKEN, Visitor

HOUR = Hour.containing(NOON).plus(-4)


def test_scripted_answers_come_in_order_and_then_the_platforms_own(visitor: Visitor) -> None:
    visitor.platform.script("history", ScriptedAnswer(503), times=2)
    visitor.platform.script("history", ScriptedAnswer(500))
    assert [visitor.ask_hour(HOUR).status_code for _ in range(4)] == [503, 503, 500, 200]


def test_a_script_holds_only_for_its_kind(visitor: Visitor) -> None:
    visitor.platform.script("token", ScriptedAnswer(503))
    assert visitor.ask_hour(HOUR).status_code == 200
    assert visitor.ask_token().status_code == 503


def test_an_unknown_kind_cannot_be_scripted(visitor: Visitor) -> None:
    with pytest.raises(ValueError, match="hstory"):
        visitor.platform.script("hstory", ScriptedAnswer(503))


def test_a_scripted_answer_has_its_own_status_headers_and_body(visitor: Visitor) -> None:
    visitor.platform.script("history", ScriptedAnswer(429, {"error": "reach_limit"}, {"Retry-After": "7"}))
    answer = visitor.ask_hour(HOUR)
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (429, {"error": "reach_limit"}, "7")
    assert answer.headers["date"] == "Tue, 03 Nov 2026 12:00:20 GMT"


def test_an_empty_script_lets_one_request_through(visitor: Visitor) -> None:
    visitor.platform.script("history", ScriptedAnswer())
    visitor.platform.script("history", ScriptedAnswer(502))
    assert [visitor.ask_hour(HOUR).status_code for _ in range(2)] == [200, 502]


def read_into(received: bytearray, url: str) -> None:
    with httpx.stream("GET", url, trust_env=False) as answer:
        for chunk in answer.iter_raw():
            received += chunk


def test_the_platforms_own_file_can_be_cut(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    (url,) = visitor.urls_of(HOUR)
    (whole,) = gzip_files(visitor.app, HOUR, Version.EARLY)
    visitor.platform.script("file", ScriptedAnswer(cut_after=100))
    received = bytearray()
    words = f"received 100 bytes, expected {len(whole)}"
    with caplog.at_level(logging.WARNING), pytest.raises(httpx.RemoteProtocolError, match=words):
        read_into(received, url)
    assert bytes(received) == whole[:100]
    assert caplog.records == []
    assert visitor.download(url).content == whole


def test_a_scripted_body_can_be_cut(visitor: Visitor) -> None:
    visitor.platform.script("history", ScriptedAnswer(200, b'{"data": []}', cut_after=0))
    with pytest.raises(httpx.RemoteProtocolError, match="received 0 bytes, expected 12"):
        visitor.ask_hour(HOUR)


def test_an_answer_can_stall_until_the_client_gives_up(visitor: Visitor) -> None:
    (url,) = visitor.urls_of(HOUR)
    visitor.platform.script("file", ScriptedAnswer(stall_after=10, stall_seconds=60))
    with pytest.raises(httpx.ReadTimeout):
        visitor.download(url, timeout=0.05)
    assert visitor.download(url).status_code == 200


def test_a_stalled_answer_does_not_hold_up_the_end_of_the_server() -> None:
    platform = SimulatedPlatform([SimulatedApp("acme", "support")], FakeClock(NOON))
    platform.script("other", ScriptedAnswer(200, b"slow", stall_after=2, stall_seconds=3600))
    with serve(platform) as base_url, httpx.Client(trust_env=False) as client:
        request = client.build_request("GET", f"{base_url}/else")
        answer = client.send(request, stream=True)
        assert answer.status_code == 200


def test_a_stalled_answer_comes_whole_in_the_end(visitor: Visitor) -> None:
    (url,) = visitor.urls_of(HOUR)
    visitor.platform.script("file", ScriptedAnswer(stall_after=10, stall_seconds=0.01))
    assert visitor.download(url).content == gzip_files(visitor.app, HOUR, Version.EARLY)[0]


def test_every_request_is_recorded_once_without_its_query(visitor: Visitor) -> None:
    visitor.ask_token()
    (url,) = visitor.urls_of(HOUR)
    visitor.download(url)
    visitor.request("GET", "else")
    assert [(one.kind, one.method, one.path) for one in visitor.platform.requests] == [
        (RequestKind.TOKEN, "POST", "/acme/support/token"),
        (RequestKind.HISTORY, "GET", f"/acme/support/chatmessages/{HOUR.key}"),
        (RequestKind.FILE, "GET", f"/history/3D/acme/support/{HOUR.key}.gz"),
        (RequestKind.OTHER, "GET", "/else"),
    ]
    assert {one.moment for one in visitor.platform.requests} == {NOON}


def test_the_record_tells_who_carried_credentials(visitor: Visitor) -> None:
    (url,) = visitor.urls_of(HOUR)
    visitor.download(url)
    (history,), (file,) = visitor.platform.requests_of("history"), visitor.platform.requests_of(RequestKind.FILE)
    assert (history.has_authorization, file.has_authorization) == (True, False)
    assert FIXED_TOKEN not in repr(history)


def test_a_scripted_answer_is_recorded_as_well(visitor: Visitor) -> None:
    visitor.platform.script("history", ScriptedAnswer(503))
    visitor.ask_hour(HOUR)
    assert len(visitor.platform.requests_of("history")) == 1
