"""The request for a token: what each answer of the token service becomes. Pauses and sharing are `test_tokens.py`'s."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr

from resources.chat_platform.errors import (
    PlatformError,
    RateLimited,
    RequestRefused,
    TemporaryFailure,
    TokenRefused,
    UnexpectedAnswer,
    WrongConfiguration,
)
from resources.chat_platform.http import api_client
from resources.chat_platform.token_request import request_token
from resources.simulated_platform import ScriptedAnswer
from tests.resources.chat_platform.conftest import NOW, Line

GIVEN = "YWMt-made-up"


def ask(line: Line, client_id: str = "simulated-client-id", client_secret: str = "simulated-client-secret") -> object:
    with api_client(line.settings) as client:
        token, expires_at = request_token(
            client, "acme/support", SecretStr(client_id), SecretStr(client_secret), line.clock
        )
    return token.get_secret_value(), expires_at - NOW


@pytest.mark.parametrize(
    ("expires_in", "life"),
    [
        ({"expires_in": 3600}, timedelta(hours=1)),
        ({"expires_in": 1.5}, timedelta(seconds=1.5)),
        ({"expires_in": 5184000}, timedelta(days=60)),
        ({"expires_in": 10**18}, timedelta(days=60)),
        ({"expires_in": 1e300}, timedelta(days=60)),
        ({"expires_in": 0}, timedelta(days=1)),
        ({"expires_in": -1}, timedelta(days=1)),
        ({"expires_in": True}, timedelta(days=1)),
        ({"expires_in": "3600"}, timedelta(days=1)),
        ({}, timedelta(days=1)),
    ],
)
def test_a_token_is_trusted_for_its_life_sixty_days_at_most_and_a_day_when_it_has_no_end(
    line: Line, expires_in: dict[str, object], life: timedelta
) -> None:
    line.platform.script("token", ScriptedAnswer(200, {"access_token": GIVEN, **expires_in}))
    assert ask(line) == (GIVEN, life)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>welcome to the gateway</html>",
        b"",
        {},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 5},
        {"access_token": "two words"},
        {"access_token": "line\r\nInjected: header"},
        {"access_token": "töken"},
    ],
)
def test_a_200_without_a_token_that_can_be_sent_is_an_unexpected_answer(
    line: Line, body: bytes | dict[str, object]
) -> None:
    line.platform.script("token", ScriptedAnswer(200, body))
    with pytest.raises(UnexpectedAnswer, match="rest_url"):
        ask(line)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, "invalid_grant", WrongConfiguration),
        (404, "organization_application_not_found", WrongConfiguration),
        (404, "storage_object_not_found", UnexpectedAnswer),  # an hour's answer, where no hour was asked for
        (301, None, WrongConfiguration),
        (401, None, TokenRefused),
        (403, "forbidden_service_operation", RequestRefused),
        (429, "reach_limit", RateLimited),
        (503, None, TemporaryFailure),
    ],
)
def test_any_other_answer_is_an_error_of_its_kind_and_asked_for_once(
    line: Line, status: int, error: str | None, kind: type[PlatformError]
) -> None:
    line.platform.script("token", ScriptedAnswer(status, {"error": error} if error else b"", {"Location": "/"}))
    with pytest.raises(kind):
        ask(line)
    assert len(line.platform.requests) == 1


@pytest.mark.parametrize(("client_id", "client_secret"), [("wrong", "x"), ("simulated-client-id", "wrong")])
def test_wrong_credentials_are_told_without_being_shown(line: Line, client_id: str, client_secret: str) -> None:
    with pytest.raises(WrongConfiguration, match="console") as caught:
        ask(line, client_id, client_secret)
    assert "wrong" not in str(caught.value)
