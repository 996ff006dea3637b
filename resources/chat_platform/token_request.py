"""The one request that gives a token for client credentials. Sharing and pacing it lies in `tokens.py`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from resources.chat_platform.error_catalogue import exception_for, look_up
from resources.chat_platform.errors import ErrorKind, UnexpectedAnswer
from resources.chat_platform.http import ApiAnswer, call
from resources.clock import Clock

_OK = 200
_HEADER_SAFE = re.compile(r"[!-~]+", re.ASCII)
_WITHOUT_AN_END = timedelta(days=1)  # `expires_in` 0 or absent: an unlimited token; it is renewed daily all the same
_LONGEST_TRUST = timedelta(days=60)  # the longest life in the vendor's samples


def request_token(
    client: httpx.Client,
    app_name: str,
    client_id: SecretStr,
    client_secret: SecretStr,
    clock: Clock,
) -> tuple[SecretStr, datetime]:
    """Ask for a token and return it with the moment it ends. It is asked for once: the caller paces.

    Raises:
        PlatformError: As the error catalogue says; `UnexpectedAnswer` when a 200 holds no token.
    """
    name = f"POST token of {app_name}"
    request = client.build_request(
        "POST",
        "token",
        json={
            "grant_type": "client_credentials",
            "client_id": client_id.get_secret_value(),
            "client_secret": client_secret.get_secret_value(),
        },
    )
    asked_at = clock.now()
    answer = call(client, request, name, clock)
    if answer.status != _OK:
        entry = look_up(answer.status, answer.error, answer.description)
        if entry.kind is ErrorKind.HOUR_STATE:
            raise UnexpectedAnswer(
                f"{name} was answered with status {answer.status}, as if it had asked for an hour.",
                "Check that rest_url is the platform's REST API host.",
            )
        raise exception_for(entry, request=name, status=answer.status, error=answer.error)
    return _token_in(answer, name), asked_at + _life_in(answer)


def _token_in(answer: ApiAnswer, name: str) -> SecretStr:
    token = answer.body.get("access_token") if answer.body else None
    if not isinstance(token, str) or not _HEADER_SAFE.fullmatch(token):
        raise UnexpectedAnswer(
            f"{name} was answered with status {_OK} and no token that could be sent.",
            "Check that rest_url is the platform's REST API host.",
        )
    return SecretStr(token)


def _life_in(answer: ApiAnswer) -> timedelta:
    """How long the token lives: `expires_in`, in seconds."""
    seconds = answer.body.get("expires_in") if answer.body else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        return _WITHOUT_AN_END
    return min(timedelta(seconds=min(seconds, _LONGEST_TRUST.total_seconds())), _LONGEST_TRUST)
