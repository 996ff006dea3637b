"""What both HTTP clients do alike: read times, bound answers, keep no cookie, and call trouble by its name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.chat_platform import http
from resources.chat_platform.errors import TemporaryFailure, UnexpectedAnswer, WrongConfiguration
from resources.chat_platform.http import ApiAnswer, api_client, call, http_date, transport_error
from resources.simulated_platform import ScriptedAnswer
from tests.faults.raw_storage import COMES_SLOWLY, dripping, raw_storage
from tests.resources.chat_platform.conftest import HOUR, NOW, Line

NAME = "GET something of acme/support"
NOW_IN_MILLISECONDS = int(NOW.timestamp() * 1000)


def ask(line: Line, path: str = "chatmessages/2026112215") -> ApiAnswer:
    with api_client(line.settings) as client:
        return call(client, client.build_request("GET", path), NAME, line.clock)


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand where local time is far from UTC."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        ("Mon, 23 Nov 2026 09:30:00", NOW),
        ("Mon, 23 Nov 2026 09:30:00 -0000", NOW),
        ("Mon, 23 Nov 2026 17:30:00 +0800", NOW),
        ("Mon, 23 Nov 99999999999999999999 09:30:00 GMT", None),
        ("Mon, 23 Nov 2026 09:30:00 +9999", None),
        ("2026-11-23T09:30:00Z", None),
        ("nonsense", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_read_as_utc_wherever_this_machine_stands(header: str | None, moment: datetime | None) -> None:
    assert http_date(header) == moment


@given(st.text() | st.from_regex(r"\A\w{3}, \d\d \w{3} \d{1,30} \d\d:\d\d:\d\d( [+-]\d{1,9})?\Z"))
def test_no_date_header_is_more_than_garbage(header: str) -> None:
    moment = http_date(header)
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("timestamp", "date", "moment"),
    [
        (NOW_IN_MILLISECONDS + 5000, "Mon, 23 Nov 2026 09:30:00 GMT", NOW + timedelta(seconds=5)),
        (None, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        (5, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        (NOW_IN_MILLISECONDS // 1000, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),  # seconds instead of milliseconds
        (NOW_IN_MILLISECONDS * 1000, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),  # microseconds
        (10**18, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        (-NOW_IN_MILLISECONDS, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        (str(NOW_IN_MILLISECONDS), "Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        (NOW_IN_MILLISECONDS + 0.5, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        (True, "Mon, 23 Nov 2026 09:30:00 GMT", NOW),
        ([NOW_IN_MILLISECONDS], "nonsense", None),
        (None, "Thu, 01 Jan 1970 00:00:00 GMT", None),
        (None, "Fri, 31 Dec 9999 23:59:59 GMT", None),
    ],
)
def test_the_platforms_time_is_the_bodys_else_the_date_headers_and_nothing_that_cannot_be(
    line: Line, timestamp: object, date: str, moment: datetime | None
) -> None:
    line.platform.script("history", ScriptedAnswer(200, {"timestamp": timestamp}, {"Date": date}))
    assert ask(line).platform_time == moment


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[1]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b'{"error": "x"'],
    ids=["nothing", "HTML", "array", "null", "text", "not UTF-8", "nested deeply", "NaN", "cut"],
)
def test_a_body_that_is_no_json_object_is_no_body(line: Line, body: bytes) -> None:
    line.platform.script("history", ScriptedAnswer(200, body))
    answer = ask(line)
    assert (answer.body, answer.error, answer.description) == (None, None, None)


def test_an_error_that_is_no_text_is_none(line: Line) -> None:
    line.platform.script("history", ScriptedAnswer(400, {"error": 5, "error_description": ["x"]}))
    answer = ask(line)
    assert (answer.error, answer.description) == (None, None)


def test_an_answer_of_any_size_is_not_read_into_memory(line: Line) -> None:
    line.platform.script("history", ScriptedAnswer(200, b" " * (5 * 1024 * 1024)))
    with pytest.raises(UnexpectedAnswer, match="4 MiB"):
        ask(line)


@pytest.mark.parametrize(("at_once", "slowly"), COMES_SLOWLY.values(), ids=COMES_SLOWLY)
def test_case_11_an_answer_that_comes_byte_by_byte_is_given_up_after_a_time_although_no_read_ever_times_out(
    line: Line, at_once: bytes, slowly: bytes
) -> None:
    with raw_storage(dripping(line.clock, at_once, slowly)) as url:
        settings = line.settings.model_copy(update={"rest_url": url.rpartition("/")[0]})
        with api_client(settings) as client, pytest.raises(TemporaryFailure, match="answered too slowly"):
            call(client, client.build_request("GET", "x"), NAME, line.clock)


def test_an_answer_that_does_not_come_is_asked_for_again(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.client.history_urls(HOUR)
    monkeypatch.setattr(line.client._api, "timeout", httpx.Timeout(0.2))
    line.platform.script("history", ScriptedAnswer(stall_after=0))
    assert line.client.history_urls(HOUR).urls
    assert len(line.platform.requests_of("history")) == 3


def test_no_cookie_is_kept(line: Line) -> None:
    cookie = {"Set-Cookie": "session=1; Path=/"}
    line.platform.script("history", ScriptedAnswer(200, {"data": []}, cookie), times=2)
    for client in (line.client._api, line.client._storage):
        url = f"{line.settings.rest_url}/acme/support/chatmessages/2026112215"
        for _ in range(2):
            client.get(url)
        assert not client.cookies
    assert not any("cookie" in request.header_names for request in line.platform.requests)


@pytest.mark.parametrize("location", ["/", "http://127.0.0.1:1/", "https://[", "//", "\x7f", "x" * 100_000])
def test_a_redirect_is_an_answer_and_never_followed(line: Line, location: str) -> None:
    line.platform.script("other", ScriptedAnswer(302, b"", {"Location": location}))
    try:
        assert ask(line, path="elsewhere").status == 302
    except TemporaryFailure:
        assert location in {"https://[", "\x7f", "x" * 100_000}  # httpx refuses to read these
    assert len(line.platform.requests) == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.PoolTimeout,
        httpx.ConnectError,
        httpx.ReadError,
        httpx.RemoteProtocolError,
        httpx.ProxyError,
    ],
)
def test_trouble_below_http_is_told_by_its_name_and_never_in_its_own_words(error: type[httpx.HTTPError]) -> None:
    told = transport_error(error("https://storage.test/?Signature=hush"), NAME)
    assert type(told) is TemporaryFailure
    assert error.__name__ in str(told)
    assert "hush" not in str(told)


def test_a_certificate_that_is_not_trusted_is_wrong_configuration() -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: hush")
    told = transport_error(error, NAME)
    assert type(told) is WrongConfiguration
    assert "hush" not in str(told)


def test_a_server_that_is_not_there_is_a_temporary_failure(line: Line) -> None:
    settings = line.settings.model_copy(update={"rest_url": "http://127.0.0.1:1"})
    with api_client(settings) as client, pytest.raises(TemporaryFailure, match="ConnectError"):
        call(client, client.build_request("GET", "x"), NAME, line.clock)


def test_an_address_that_is_none_is_wrong_configuration(line: Line) -> None:
    settings = line.settings.model_copy(update={"rest_url": "http://a..b"})
    with api_client(settings) as client, pytest.raises(WrongConfiguration, match="rest_url"):
        call(client, client.build_request("GET", "x"), NAME, line.clock)


def test_showing_an_answer_does_not_show_its_body() -> None:
    answer = ApiAnswer(200, {"access_token": "hush"}, NOW, None)
    assert "hush" not in repr(answer)


def test_a_loopback_platform_is_not_reached_through_a_proxy(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert ask(line).status == 401
    with http.download_client(line.settings) as client:
        assert client.get(f"{line.settings.rest_url}/elsewhere").status_code == 404
