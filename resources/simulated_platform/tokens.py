"""The tokens that the platform has given out, and what it thinks of one that comes back.

Who may have a token is decided in `server.py`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from resources.simulated_platform.error_bodies import TOKEN_CORRUPT, TOKEN_EXPIRED, TOKEN_UNKNOWN, ErrorAnswer
from resources.simulated_platform.simulated_app import SimulatedApp

AcceptsToken = Callable[[SimulatedApp, str], bool]
"""Tells whether a token that was made elsewhere, such as an AccessToken2, opens an app."""

_CLASSIC_PREFIX = "YWMt"
_ACCESS_TOKEN_2_PREFIX = "007"  # noqa: S105 - how such a token begins
_MOST_KEPT = 10_000


class Tokens:
    """Gives tokens out and checks them. Not safe for threads by itself; the platform holds the lock.

    Args:
        accepted_tokens: Tokens that are good for every app and never expire.
        accepts_token: Decides about tokens that were not given out here.
    """

    def __init__(self, accepted_tokens: Collection[str], accepts_token: AcceptsToken) -> None:
        self._accepted = frozenset(accepted_tokens)
        self._accepts = accepts_token
        self._given: dict[str, tuple[str, datetime | None]] = {}
        self._counter = 0

    def give(self, app: SimulatedApp, now: datetime, lifetime: timedelta | None) -> str:
        """Return a new token for the app; a lifetime of None never ends."""
        self._counter += 1
        digest = hashlib.sha256(f"{app.seed}/{app.key}/{now.isoformat()}/{self._counter}".encode()).digest()
        token = _CLASSIC_PREFIX + base64.urlsafe_b64encode(digest + digest[:9]).decode()
        self._given[token] = (app.key, None if lifetime is None else now + lifetime)
        if len(self._given) > _MOST_KEPT:
            del self._given[next(iter(self._given))]
        return token

    def forget_all(self) -> None:
        """Make every token that was given out unknown."""
        self._given.clear()

    def refusal(self, app: SimulatedApp, token: str | None, now: datetime) -> ErrorAnswer | None:
        """Return why the token does not open the app, or None when it does.

        Args:
            app: The app that is asked for.
            token: The bearer token; None when the request has none.
            now: The moment of the request.
        """
        if token is None:
            return TOKEN_EXPIRED
        if token in self._accepted:
            return None
        if token in self._given:
            app_key, expires = self._given[token]
            if app_key != app.key:
                return TOKEN_UNKNOWN
            return TOKEN_EXPIRED if expires is not None and now >= expires else None
        if self._accepts(app, token):
            return None
        return TOKEN_UNKNOWN if token.startswith((_CLASSIC_PREFIX, _ACCESS_TOKEN_2_PREFIX)) else TOKEN_CORRUPT
