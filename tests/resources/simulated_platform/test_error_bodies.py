"""The errors' bodies: the platform's shape, its words, and a moment of the handed-in clock."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from resources.simulated_platform import ScriptedAnswer
from resources.simulated_platform.error_bodies import (
    HTML,
    TOKEN_EXPIRED,
    UNAUTHORIZED_WITHOUT_WORDS,
    ErrorAnswer,
    every_error,
    gateway_page,
)
from tests.resources.simulated_platform.visitor import Visitor

NOW = datetime(2026, 11, 3, 12, 0, 0, 441_000, tzinfo=UTC)
EVERY_ERROR = every_error("acme", "support", "2026110308")


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: f"{error.status} {error.description}")
def test_an_error_body_has_the_platforms_shape(error: ErrorAnswer) -> None:
    body = orjson.loads(error.body(NOW))
    long_keys = set() if error.exception is None else {"exception", "timestamp", "duration"}
    words = set() if error.description is None else {"error_description"}
    assert set(body) == {"error"} | long_keys | words
    assert body["error"] == error.error
    assert body.get("timestamp", 1_793_707_200_441) == 1_793_707_200_441


def test_every_error_can_be_scripted(visitor: Visitor) -> None:
    for error in EVERY_ERROR:
        visitor.platform.script("history", ScriptedAnswer(error.status, error.body(NOW)))
        answer = visitor.ask_time("2026110308")
        assert (answer.status_code, answer.json()["error"]) == (error.status, error.error)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "invalid_grant"),
        (400, "json_parse"),
        (400, "illegal_argument"),
        (401, "unauthorized"),
        (401, "auth_bad_access_token"),
        (403, "forbidden_service_operation"),
        (404, "organization_application_not_found"),
        (404, "service_resource_not_found"),
        (404, "storage_object_not_found"),
        (413, "Request Entity Too Large"),
        (415, "web_application"),
        (429, "resource_limited"),
        (429, "reach_limit"),
        (500, "unsupported_service_operation"),
        (500, "web_application"),
    ],
)
def test_every_error_of_the_index_that_a_client_can_meet_is_there(status: int, error: str) -> None:
    assert (status, error) in {(known.status, known.error) for known in EVERY_ERROR}


def test_one_401_has_no_words() -> None:
    assert "error_description" not in orjson.loads(UNAUTHORIZED_WITHOUT_WORDS.body(NOW))
    assert "error_description" in orjson.loads(TOKEN_EXPIRED.body(NOW))


@pytest.mark.parametrize(
    ("status", "title"), [(502, "502 Bad Gateway"), (503, "503 Service Unavailable"), (504, "504 Gateway Timeout")]
)
def test_a_gateway_answers_in_html(visitor: Visitor, status: int, title: str) -> None:
    visitor.platform.script("history", ScriptedAnswer(status, gateway_page(status), {"content-type": HTML}))
    answer = visitor.ask_time("2026110308")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html"
    assert f"<h1>{title}</h1>" in answer.text
