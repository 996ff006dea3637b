"""Where a request's token comes from: a fixed one, one built from an App Certificate, or one asked for and shared.

Each source gives the current token, and another one when the platform refused it: once, and never in a hurry. Not here:
the HTTP exchange (`token_request.py`) and the file that processes share (`token_cache.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from pydantic import SecretStr

from resources.chat_platform.agora_app_token import build_app_token
from resources.chat_platform.errors import (
    PlatformError,
    RateLimited,
    TemporaryFailure,
    TokenRefused,
    WrongConfiguration,
)
from resources.chat_platform.token_cache import IssuedToken, TokenCache
from resources.clock import Clock

SHORTEST_PAUSE = timedelta(seconds=60)
"""At least so long lies between two requests for a token. The vendor bans accounts that ask often, without a figure."""

_BEFORE_THE_END = timedelta(minutes=5)
_AGORA_TOKEN_LIFE = timedelta(hours=6)  # the platform accepts at most 24 hours
_ERRORS = {kind.__name__: kind for kind in PlatformError.__subclasses__()}
_PASSING = frozenset({TemporaryFailure.__name__, RateLimited.__name__})


class TokenSource(Protocol):
    """Gives tokens for one app."""

    def token(self) -> SecretStr:
        """Return a token that should be good."""
        ...

    def renewed(self, refused: SecretStr) -> SecretStr:
        """Return another token after the platform refused one.

        Raises:
            TokenRefused: There is no other, or the refused one is so new that another would fare no better.
        """
        ...


class FixedToken:
    """A token that somebody else renews."""

    def __init__(self, token: SecretStr, app_name: str) -> None:
        self._token = token
        self._app_name = app_name

    def token(self) -> SecretStr:
        """Return the one there is."""
        return self._token

    def renewed(self, refused: SecretStr) -> SecretStr:
        """There is no other."""
        del refused  # whichever it was, it is the only one
        raise TokenRefused(
            f"The platform refused the fixed token of {self._app_name}.",
            "Put a new token into its environment variable, or use client_credentials or agora in the settings.",
        )


class AgoraAppToken:
    """Tokens built from App ID and App Certificate."""

    def __init__(
        self,
        app_id: SecretStr,
        app_certificate: SecretStr,
        app_name: str,
        clock: Clock,
        random: Random,
    ) -> None:
        self._app_id = app_id
        self._app_certificate = app_certificate
        self._app_name = app_name
        self._clock = clock
        self._random = random
        self._built: tuple[datetime, SecretStr] | None = None

    def token(self) -> SecretStr:
        """Return the current token, or build one.

        Raises:
            WrongConfiguration: App ID or App Certificate are malformed.
        """
        now = self._clock.now()
        if self._built is None or abs(now - self._built[0]) >= _AGORA_TOKEN_LIFE - _BEFORE_THE_END:
            self._built = (now, self._build(now))
        return self._built[1]

    def renewed(self, refused: SecretStr) -> SecretStr:
        """Return another token: one built meanwhile, or a new one unless the refused one is brand new."""
        now = self._clock.now()
        if self._built is not None and self._built[1] != refused:
            return self.token()
        if self._built is not None and abs(now - self._built[0]) < SHORTEST_PAUSE:
            raise TokenRefused(
                f"The platform refused a token just built for {self._app_name}.",
                "Check App ID, App Certificate and rest_url against the console, and this machine's clock.",
            )
        self._built = (now, self._build(now))
        return self._built[1]

    def _build(self, now: datetime) -> SecretStr:
        try:
            token = build_app_token(
                self._app_id.get_secret_value(),
                self._app_certificate.get_secret_value(),
                issued_at=int(now.timestamp()),
                valid_for=int(_AGORA_TOKEN_LIFE.total_seconds()),
                salt=self._random.randint(1, 99_999_999),
            )
        except ValueError as error:
            raise WrongConfiguration(f"No token can be built for {self._app_name}.", str(error)) from None
        return SecretStr(token)


class SharedToken:
    """A token asked for with client credentials and shared by all processes of the machine.

    Args:
        ask: Makes the one request for a token; returns it with its end, or raises PlatformError.
        cache: Where processes share the token and the time of the last request.
        app_name: The app, `org/app`.
        clock: Wall time.
    """

    def __init__(
        self,
        ask: Callable[[], tuple[SecretStr, datetime]],
        cache: TokenCache,
        app_name: str,
        clock: Clock,
    ) -> None:
        self._ask = ask
        self._cache = cache
        self._app_name = app_name
        self._clock = clock
        self._issued: IssuedToken | None = None

    def token(self) -> SecretStr:
        """Return the current token; ask for one if there is none that is still good.

        Raises:
            PlatformError: None could be had. A refusal is remembered, and not asked about again in a hurry.
        """
        return self._good(self._issued) or self._other_than(None)

    def renewed(self, refused: SecretStr) -> SecretStr:
        """Return another token: one that another process got meanwhile, or a new one.

        Raises:
            TokenRefused: The refused token is brand new.
            PlatformError: None could be had.
        """
        return self._other_than(refused)

    def _other_than(self, refused: SecretStr | None) -> SecretStr:
        """Take the token that processes share, unless it is the refused one; else ask for one.

        Between two requests for a token lies a decent pause. It is waited for once, and not with the lock in hand: who
        wakes up after another process has asked meanwhile takes what came of that.
        """
        for has_waited in (False, True):
            with self._cache.locked():
                last = self._issued = self._cache.read()
                shared = self._good(last)
                if shared is not None and shared != refused:
                    return shared
                pause = 0.0 if last is None else self._pause_left(last)
                if last is None or pause <= 0:
                    return self._ask_now()
            if shared is not None:
                raise TokenRefused(
                    f"The platform refused a token it gave {self._app_name} a moment ago.",
                    "Check that rest_url is the host of the cluster this app lives on; a later run asks again.",
                )
            if last.refusal is not None and (has_waited or last.refused_as not in _PASSING):
                raise _ERRORS.get(last.refused_as or "", WrongConfiguration)(*last.refusal)
            if not has_waited:
                self._clock.sleep(pause)
        raise TemporaryFailure(
            f"The platform gives {self._app_name} tokens that end within the minute.",
            "Raise the tokens' life in the platform's console.",
        )

    def _good(self, issued: IssuedToken | None) -> SecretStr | None:
        if issued is None or issued.token is None or issued.expires_at is None:
            return None
        lifetime = issued.expires_at - issued.asked_at
        margin = min(_BEFORE_THE_END, lifetime / 2)
        return issued.token if self._clock.now() < issued.expires_at - margin else None

    def _pause_left(self, last: IssuedToken) -> float:
        """The seconds until another token may be asked for. A request far in the future says the clock was set back."""
        left = last.asked_at + SHORTEST_PAUSE - self._clock.now()
        return left.total_seconds() if left <= 2 * SHORTEST_PAUSE else 0.0

    def _ask_now(self) -> SecretStr:
        """Ask for a token and write down what came of it, with the lock in hand."""
        asked_at = self._clock.now()
        try:
            token, expires_at = self._ask()
        except PlatformError as error:
            self._remember(
                IssuedToken(
                    asked_at=asked_at,
                    refusal=(error.what_happened, error.remedy),
                    refused_as=type(error).__name__,
                ),
            )
            raise
        self._remember(IssuedToken(asked_at=asked_at, token=token, expires_at=expires_at))
        return token

    def _remember(self, issued: IssuedToken) -> None:
        self._issued = issued
        self._cache.write(issued)
