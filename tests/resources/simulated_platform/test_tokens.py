"""How a client comes by a token, and which tokens open an app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from resources.hours.hour import Hour
from resources.simulated_platform import SimulatedApp
from tests.resources.simulated_platform.conftest import NOON, Visit
from tests.resources.simulated_platform.visitor import FIXED_TOKEN, Visitor

HOUR = Hour.containing(NOON).plus(-4)


def told(answer: httpx.Response) -> tuple[int, str, str | None]:
    body = answer.json()
    return answer.status_code, body["error"], body.get("error_description")


def test_client_credentials_give_a_token_that_opens_the_app(visitor: Visitor) -> None:
    answer = visitor.ask_token()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "expires_in", "application"}
    assert answer.json()["expires_in"] == 5_184_000
    assert visitor.ask_hour(HOUR, answer.json()["access_token"]).status_code == 200


def test_a_token_lives_as_long_as_asked_for(visitor: Visitor) -> None:
    token = visitor.new_token(ttl=600)
    visitor.clock.advance(timedelta(seconds=599))
    assert visitor.ask_hour(HOUR, token).status_code == 200
    visitor.clock.advance(timedelta(seconds=1))
    expired = (401, "unauthorized", "Unable to authenticate due to expired access token")
    assert told(visitor.ask_hour(HOUR, token)) == expired


def test_a_ttl_of_zero_never_expires(visitor: Visitor) -> None:
    answer = visitor.ask_token(ttl=0).json()
    visitor.clock.advance(timedelta(days=3650))
    assert answer["expires_in"] == 0
    assert visitor.ask_hour(Hour.containing(visitor.clock.now()).plus(-9), answer["access_token"]).status_code != 401


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"client_id": "else"}, (400, "invalid_grant", "client_id does not match")),
        ({"client_secret": "else"}, (400, "invalid_grant", "client_secret does not match")),
        ({"client_id": None}, (400, "illegal_argument", "client_id must be provided.")),
        ({"client_secret": None}, (400, "illegal_argument", "client_secret must be provided")),
        ({"grant_type": "password"}, (400, "invalid_grant", "invalid username or password")),
        ({"grant_type": "else"}, (400, "illegal_argument", "this is an invalid request.")),
        ({"ttl": -1}, (400, "illegal_argument", "this is an invalid request.")),
        ({"filler": "x" * 6000}, (413, "Request Entity Too Large", "Request Entity Too Large")),
    ],
)
def test_a_wrong_token_request_is_refused(
    visitor: Visitor, asked: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert told(visitor.ask_token(**asked)) == expected


def test_wrong_credentials_get_the_short_body(visitor: Visitor) -> None:
    assert set(visitor.ask_token(client_id="else").json()) == {"error", "error_description"}


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"grant_type=x", "application/json", (400, "json_parse")),
        (b"[]", "application/json", (400, "illegal_argument")),
        (b"{}", "text/plain", (415, "web_application")),
    ],
)
def test_a_token_request_that_is_no_json_is_refused(
    visitor: Visitor, content: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    headers = {"content-type": content_type}
    answer = visitor.request("POST", "acme/support/token", content=content, headers=headers)
    assert told(answer)[:2] == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (None, (401, "unauthorized", "Unable to authenticate due to expired access token")),
        ("nonsense", (401, "auth_bad_access_token", "Unable to authenticate due to corrupt access token")),
        ("YWMtelsewhere", (401, "auth_bad_access_token", "Unable to authenticate")),
        ("007elsewhere", (401, "auth_bad_access_token", "Unable to authenticate")),
    ],
)
def test_a_wrong_token_opens_nothing(visitor: Visitor, token: str | None, expected: tuple[int, str, str]) -> None:
    assert told(visitor.ask_hour(HOUR, token)) == expected


def test_a_token_opens_only_its_own_app(visit: Visit) -> None:
    visitor = visit(SimulatedApp("acme", "support"), SimulatedApp("acme", "sales"))
    token = visitor.new_token(path="acme/sales")
    assert visitor.ask_hour(HOUR, token).status_code == 401


def test_a_token_made_elsewhere_is_left_to_the_callback(visit: Visit) -> None:
    visitor = visit(accepts_token=lambda app, token: (app.key, token) == ("acme#support", "007good"))
    assert visitor.ask_hour(HOUR, "007good").status_code == 200
    assert visitor.ask_hour(HOUR, "007bad").status_code == 401


def test_a_token_made_elsewhere_can_be_exchanged(visitor: Visitor) -> None:
    headers = {"Authorization": f"Bearer {FIXED_TOKEN}"}
    answer = visitor.request("POST", "acme/support/token", json={"grant_type": "agora"}, headers=headers).json()
    assert answer["expire_timestamp"] == int((visitor.clock.now() + timedelta(days=60)).timestamp() * 1000)
    assert visitor.ask_hour(HOUR, answer["access_token"]).status_code == 200


def test_a_wrong_token_cannot_be_exchanged(visitor: Visitor) -> None:
    answer = visitor.request("POST", "acme/support/token", json={"grant_type": "agora"})
    assert answer.status_code == 401


def test_a_revoked_token_is_unknown(visitor: Visitor) -> None:
    token = visitor.new_token()
    visitor.platform.revoke_tokens()
    assert told(visitor.ask_hour(HOUR, token)) == (401, "auth_bad_access_token", "Unable to authenticate")


def test_every_token_is_new(visitor: Visitor) -> None:
    assert visitor.new_token() != visitor.new_token()
