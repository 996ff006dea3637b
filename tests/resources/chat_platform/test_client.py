"""What the client does with each answer of the platform: ask, wait, renew, retry, fetch, refuse."""

from __future__ import annotations

import gzip
from datetime import UTC, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from resources.chat_platform.client import ChatPlatform
from resources.chat_platform.connection import connect
from resources.chat_platform.download import DownloadedFile
from resources.chat_platform.error_catalogue import HourAnswer
from resources.chat_platform.errors import (
    DownloadForbidden,
    DownloadUrlExpired,
    PlanLimitReached,
    PlatformError,
    RateLimited,
    RequestBug,
    RequestRefused,
    TemporaryFailure,
    TokenRefused,
    UnexpectedAnswer,
    WrongConfiguration,
)
from resources.hours.hour import Hour
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.resources.chat_platform.conftest import HOUR, Dial, Line

CHINA = timezone(timedelta(hours=8))


def lines_of(files: tuple[DownloadedFile, ...]) -> int:
    return sum(gzip.decompress(file.path.read_bytes()).count(b"\n") for file in files)


@pytest.mark.parametrize("zone", [UTC, CHINA], ids=["overseas", "China"])
@pytest.mark.parametrize("urls", [1, 3])
def test_an_hours_files_arrive_whole_whatever_the_zone_and_the_number_of_urls(
    dial: Dial, tmp_path: Path, zone: timezone, urls: int
) -> None:
    app = SimulatedApp("acme", "support", hour_zone=zone, urls_per_hour=urls, requests_per_minute=1000)
    answer, files = dial(app).client.fetch(HOUR, tmp_path)
    assert len(answer.urls) == len(files) == urls
    assert lines_of(files) == truth(app, HOUR).line_count


def test_no_file_is_an_answer_and_no_error(line: Line) -> None:
    quiet = next(hour for back in range(60) if not truth(line.platform.apps[0], hour := HOUR.plus(-back)).lines)
    answer = line.client.history_urls(quiet)
    assert (answer.http_status, answer.error, answer.hour_answer) == (
        404,
        "storage_object_not_found",
        HourAnswer.NO_FILE,
    )
    assert answer.urls == ()


@pytest.mark.parametrize("key", ["2026112309", "2026111900"], ids=["not generated yet", "deleted"])
def test_expired_or_unstored_is_an_answer_and_no_error(line: Line, key: str) -> None:
    assert line.client.history_urls(Hour.from_key(key)).hour_answer is HourAnswer.EXPIRED_OR_UNSTORED


def test_the_platforms_own_time_comes_from_the_body_else_from_the_date_header(line: Line) -> None:
    assert line.client.history_urls(HOUR).platform_time == line.clock.now()
    line.platform.script("history", ScriptedAnswer(status=200, body={"data": []}))
    assert line.client.history_urls(HOUR).platform_time == line.clock.now()
    line.platform.script(
        "history", ScriptedAnswer(status=200, body={"data": [], "timestamp": 5}, headers={"Date": "nonsense"})
    )
    assert line.client.history_urls(HOUR).platform_time is None


@pytest.mark.parametrize("body", [{"data": []}, {"data": None}])
def test_an_answer_without_urls_is_an_answer(line: Line, body: dict[str, object]) -> None:
    line.platform.script("history", ScriptedAnswer(status=200, body=body))
    answer = line.client.history_urls(HOUR)
    assert (answer.http_status, answer.urls, answer.hour_answer) == (200, (), None)


def test_a_url_that_is_given_twice_is_fetched_once(line: Line) -> None:
    url = line.client.history_urls(HOUR).urls[0].reveal()
    line.platform.script("history", ScriptedAnswer(status=200, body={"data": [{"url": url}, {"url": url}]}))
    assert len(line.client.history_urls(HOUR).urls) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>welcome to the gateway</html>",
        {},
        {"data": "x"},
        {"data": [{}]},
        {"data": [{"url": 1}]},
        {"data": ["u"]},
    ],
)
def test_a_200_that_cannot_be_read_never_passes_for_an_empty_hour(line: Line, body: bytes | dict[str, object]) -> None:
    line.platform.script("history", ScriptedAnswer(status=200, body=body))
    with pytest.raises(UnexpectedAnswer):
        line.client.history_urls(HOUR)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_that_passes_is_waited_out(line: Line, status: int) -> None:
    line.platform.script("history", ScriptedAnswer(status=status, body=b"<html>"), times=3)
    assert line.client.history_urls(HOUR).urls
    assert len(line.platform.requests_of("history")) == 4
    assert 3 <= line.waited() <= 60


def test_a_connection_that_breaks_is_made_again(line: Line) -> None:
    line.platform.script("history", ScriptedAnswer(cut_after=10), times=2)
    assert line.client.history_urls(HOUR).urls
    assert len(line.platform.requests_of("history")) == 3


def test_trouble_that_stays_ends_after_five_attempts(line: Line) -> None:
    line.platform.script("history", ScriptedAnswer(status=503), times=50)
    with pytest.raises(TemporaryFailure, match="503"):
        line.client.history_urls(HOUR)
    assert len(line.platform.requests_of("history")) == 5
    assert line.waited() <= 150


@pytest.mark.parametrize(
    ("retry_after", "shortest", "longest"),
    [
        (None, 30, 34),  # 09:30:00 is a full minute: the next one, and some jitter
        ("2", 2, 2),
        ("Mon, 23 Nov 2026 09:30:45 GMT", 45, 45),
        ("86400", 120, 120),
        ("-5", 30, 34),
        ("soon", 30, 34),
    ],
)
def test_the_rate_window_is_waited_for(line: Line, retry_after: str | None, shortest: float, longest: float) -> None:
    line.client.history_urls(HOUR)
    line.clock.advance(timedelta(seconds=30) if shortest == 30 else timedelta(0))
    before = line.waited()
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    body = {"error": "reach_limit", "error_description": "This request has reached api limit"}
    line.platform.script("history", ScriptedAnswer(status=429, body=body, headers=headers))
    assert line.client.history_urls(HOUR).urls
    assert shortest <= line.waited() - before <= longest


def test_a_rate_limit_that_stays_is_an_error(line: Line) -> None:
    line.platform.script("history", ScriptedAnswer(status=429, body={"error": "reach_limit"}), times=50)
    with pytest.raises(RateLimited):
        line.client.history_urls(HOUR)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (404, "organization_application_not_found", WrongConfiguration),
        (429, "resource_limited", PlanLimitReached),
        (403, "forbidden_service_operation", RequestRefused),
        (400, "json_parse", RequestBug),
        (302, None, WrongConfiguration),
    ],
)
def test_what_no_retry_can_mend_is_asked_once(
    line: Line, status: int, error: str | None, expected: type[PlatformError]
) -> None:
    line.platform.script("history", ScriptedAnswer(status=status, body={"error": error} if error else b""))
    with pytest.raises(expected) as caught:
        line.client.history_urls(HOUR)
    assert caught.value.remedy
    assert len(line.platform.requests_of("history")) == 1
    assert line.waited() == 0


def another_process(line: Line) -> ChatPlatform:
    return connect(line.settings, line.folder, line.clock, Random(8))


def test_the_token_is_asked_for_once_for_all_hours_and_processes(line: Line) -> None:
    for back in range(5):
        line.client.history_urls(HOUR.plus(-back))
    with another_process(line) as other:
        other.history_urls(HOUR)
    assert len(line.platform.requests_of("token")) == 1


def test_a_token_that_ends_is_renewed_in_time(dial: Dial) -> None:
    line = dial(platform_options={"token_lifetime": timedelta(hours=1)})
    line.client.history_urls(HOUR)
    line.clock.advance(timedelta(minutes=56))
    assert line.client.history_urls(HOUR).urls
    assert len(line.platform.requests_of("token")) == 2
    assert len(line.platform.requests_of("history")) == 2  # no 401 in between


def test_a_token_that_was_taken_back_is_renewed_once(line: Line) -> None:
    line.client.history_urls(HOUR)
    line.clock.advance(timedelta(hours=1))
    line.platform.revoke_tokens()
    assert line.client.history_urls(HOUR).urls
    assert len(line.platform.requests_of("token")) == 2


def test_a_token_another_process_renewed_is_used_without_asking(line: Line) -> None:
    with another_process(line) as other:
        line.client.history_urls(HOUR)
        other.history_urls(HOUR)
        line.clock.advance(timedelta(hours=1))
        line.platform.revoke_tokens()
        other.history_urls(HOUR)
        assert line.client.history_urls(HOUR).urls
    assert len(line.platform.requests_of("token")) == 2


def test_a_new_token_that_is_refused_too_is_not_renewed_in_a_hurry(line: Line) -> None:
    refused = ScriptedAnswer(status=401, body={"error": "auth_bad_access_token"})
    line.platform.script("history", refused, times=50)
    for _ in range(4):
        with pytest.raises(TokenRefused):
            line.client.history_urls(HOUR)
        line.clock.advance(timedelta(seconds=10))
    assert len(line.platform.requests_of("token")) == 1


def test_a_token_that_is_renewed_and_refused_again_is_an_error(line: Line) -> None:
    line.client.history_urls(HOUR)
    line.clock.advance(timedelta(hours=1))
    line.platform.script("history", ScriptedAnswer(status=401, body={"error": "unauthorized"}), times=50)
    with pytest.raises(TokenRefused):
        line.client.history_urls(HOUR)
    assert len(line.platform.requests_of("token")) == 2
    assert len(line.platform.requests_of("history")) == 3


def test_wrong_credentials_are_asked_about_once_in_a_while(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "wrong")
    with connect(line.settings, line.folder, line.clock, Random(1)) as client:
        for _ in range(5):
            with pytest.raises(WrongConfiguration, match="console"):
                client.history_urls(HOUR)
    assert len(line.platform.requests_of("token")) == 1
    assert line.platform.requests_of("history") == ()


@pytest.mark.parametrize("answer", [ScriptedAnswer(503), ScriptedAnswer(429), ScriptedAnswer(cut_after=3)])
def test_a_token_service_in_trouble_is_waited_out_with_a_decent_pause(line: Line, answer: ScriptedAnswer) -> None:
    line.platform.script("token", answer)
    assert line.client.history_urls(HOUR).urls
    first, second = (request.moment for request in line.platform.requests_of("token"))
    assert second - first >= timedelta(seconds=60)


def test_trouble_of_the_token_service_that_stays_ends_and_costs_a_request_a_minute(line: Line) -> None:
    line.platform.script("token", ScriptedAnswer(status=503), times=50)
    with pytest.raises(TemporaryFailure, match="POST token"):
        line.client.history_urls(HOUR)
    moments = [request.moment for request in line.platform.requests_of("token")]
    assert len(moments) <= 5
    assert all(later - earlier >= timedelta(seconds=60) for earlier, later in pairwise(moments))
    assert line.platform.requests_of("history") == ()


def test_a_fixed_token_is_used_as_it_is_and_cannot_be_renewed(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIXED", "a-fixed-token")
    line = dial(
        credentials={"type": "token", "token": {"env": "FIXED"}},
        platform_options={"accepted_tokens": {"a-fixed-token"}},
    )
    assert line.client.history_urls(HOUR).urls
    assert line.platform.requests_of("token") == ()
    line.platform.script("history", ScriptedAnswer(status=401, body={"error": "unauthorized"}))
    with pytest.raises(TokenRefused, match="environment variable"):
        line.client.history_urls(HOUR)


def test_a_url_that_ran_out_is_asked_for_again(line: Line, tmp_path: Path) -> None:
    line.platform.script("file", ScriptedAnswer(status=403, body=b"<Error><Code>AccessDenied</Code></Error>"), times=2)
    _, files = line.client.fetch(HOUR, tmp_path)
    assert lines_of(files) == truth(line.platform.apps[0], HOUR).line_count
    assert len(line.platform.requests_of("history")) == 3


def test_urls_that_always_run_out_are_an_error_after_three_rounds(line: Line, tmp_path: Path) -> None:
    line.platform.script("file", ScriptedAnswer(status=403), times=50)
    with pytest.raises(DownloadUrlExpired):
        line.client.fetch(HOUR, tmp_path)
    assert len(line.platform.requests_of("history")) == 3


@pytest.mark.parametrize("cut_after", [0, 1, 1000])
def test_a_download_that_is_cut_is_made_again_and_no_part_is_taken_for_whole(
    line: Line, tmp_path: Path, cut_after: int
) -> None:
    line.platform.script("file", ScriptedAnswer(cut_after=cut_after), times=2)
    _, files = line.client.fetch(HOUR, tmp_path)
    assert lines_of(files) == truth(line.platform.apps[0], HOUR).line_count


def test_a_url_to_another_host_is_refused_before_anything_is_sent(line: Line, tmp_path: Path) -> None:
    url = "http://files.example.test/x.gz?Signature=s3cr3t"
    line.platform.script("history", ScriptedAnswer(status=200, body={"data": [{"url": url}]}))
    with pytest.raises(DownloadForbidden, match=r"files\.example\.test"):
        line.client.fetch(HOUR, tmp_path)
