"""From settings to a client that can ask: secrets are read here, at the moment they are needed, and nowhere else."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from random import Random

from pydantic import SecretStr

from resources.chat_platform.client import ChatPlatform
from resources.chat_platform.http import api_client
from resources.chat_platform.request_budget import NetworkRequestBudget, RequestBudget, SharedRequestBudget
from resources.chat_platform.token_cache import TokenCache
from resources.chat_platform.token_request import request_token
from resources.chat_platform.tokens import AgoraAppToken, FixedToken, SharedToken, TokenSource
from resources.clock import Clock
from resources.credentials import AgoraCredentials, ClientCredentials, MissingSecret, SecretReference
from resources.settings import AppSettings

_SENDABLE = re.compile(r"[!-~]+", re.ASCII)


def connect(
    app: AppSettings,
    folder: Path,
    clock: Clock,
    random: Random,
    budget_url: SecretReference | None = None,
) -> ChatPlatform:
    """Return the client of one app. No request is made yet.

    Args:
        app: Its settings.
        folder: The private folder that processes share.
        clock: Wall time.
        random: The jitter of pauses, and the salt of app tokens.
        budget_url: Where several machines count their requests together; in the folder when left out.

    Raises:
        MissingSecret: An environment variable that the settings name is not set, or holds what cannot be sent.
    """
    tokens = _token_source(app, folder, clock, random)
    budget: RequestBudget
    if budget_url is None:
        budget = SharedRequestBudget(folder, app.name, app.requests_per_minute, clock)
    else:
        budget = NetworkRequestBudget(budget_url.read(), app.name, app.requests_per_minute, clock)
    return ChatPlatform(app, tokens, budget, clock, random)


def _token_source(app: AppSettings, folder: Path, clock: Clock, random: Random) -> TokenSource:
    credentials = app.credentials
    if isinstance(credentials, ClientCredentials):
        return _shared_token(app, _read(credentials.client_id), _read(credentials.client_secret), folder, clock)
    if isinstance(credentials, AgoraCredentials):
        return AgoraAppToken(
            _read(credentials.app_id),
            _read(credentials.app_certificate),
            app.name,
            clock,
            random,
        )
    return FixedToken(_read(credentials.token), app.name)


def _read(reference: SecretReference) -> SecretStr:
    """Read a secret; refuse one that cannot be sent, for encoding it would fail later with the secret in the error."""
    secret = reference.read()
    if not _SENDABLE.fullmatch(secret.get_secret_value()):
        raise MissingSecret(
            f"The environment variable {reference.env} holds a line break, a space or another character that no secret "
            f"of the platform has. Set it again, with nothing around the secret.",
        )
    return secret


def _shared_token(
    app: AppSettings,
    client_id: SecretStr,
    client_secret: SecretStr,
    folder: Path,
    clock: Clock,
) -> SharedToken:
    def ask() -> tuple[SecretStr, datetime]:
        with api_client(app) as client:
            return request_token(client, app.name, client_id, client_secret, clock)

    identity = f"{app.rest_url} {app.name} {client_id.get_secret_value()}"
    return SharedToken(ask, TokenCache(folder, identity, client_secret), app.name, clock)
