"""The simulated platform's memory: its apps, tokens, rate windows, scripts, and the record of requests.

It decides what depends on earlier requests. How requests and answers look is `server.py`; what was said is
`conversations.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from threading import Lock

from resources.clock import Clock
from resources.simulated_platform.error_bodies import RATE_LIMIT, ErrorAnswer
from resources.simulated_platform.scripting import ReceivedRequest, RequestKind, ScriptedAnswer
from resources.simulated_platform.simulated_app import SimulatedApp
from resources.simulated_platform.tokens import AcceptsToken, Tokens

DEFAULT_TOKEN_LIFETIME = timedelta(days=60)
"""How long a token lives when nobody asks for another `ttl`: the `expires_in` of the documentation's sample."""

_MOST_REQUESTS_KEPT = 10_000


class SimulatedPlatform:
    """A made-up chat platform with some apps. Safe to use from several threads.

    Args:
        apps: The apps it knows, each App Key once.
        clock: Rules every decision, the `Date` header, and the `timestamp` of bodies.
        accepted_tokens: Bearer tokens that are good for every app and never expire.
        accepts_token: Decides about other bearer tokens that were made elsewhere, such as an AccessToken2.
        token_lifetime: How long a token lives when nobody asks for another `ttl`.
        storage_url: The scheme and host of signed URLs, such as `http://localhost:8077`; None means the host that the
            history request was sent to.

    Raises:
        ValueError: An App Key occurs twice.
    """

    def __init__(
        self,
        apps: Sequence[SimulatedApp],
        clock: Clock,
        *,
        accepted_tokens: Collection[str] = (),
        accepts_token: AcceptsToken = lambda _app, _token: False,
        token_lifetime: timedelta = DEFAULT_TOKEN_LIFETIME,
        storage_url: str | None = None,
    ) -> None:
        self.apps = tuple(apps)
        self.clock = clock
        self.token_lifetime = token_lifetime
        self.storage_url = storage_url
        self._apps_by_name = {(app.org, app.app): app for app in apps}
        if len(self._apps_by_name) < len(self.apps):
            raise ValueError("An App Key occurs twice among the simulated apps. Give each its own org and app.")
        self._lock = Lock()
        self._tokens = Tokens(accepted_tokens, accepts_token)
        self._rate_windows: dict[str, tuple[datetime, int]] = {}
        self._scripts: dict[RequestKind, deque[ScriptedAnswer]] = {kind: deque() for kind in RequestKind}
        self._requests: deque[ReceivedRequest] = deque(maxlen=_MOST_REQUESTS_KEPT)

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """The last 10,000 requests, oldest first."""
        with self._lock:
            return tuple(self._requests)

    def requests_of(self, kind: RequestKind | str) -> tuple[ReceivedRequest, ...]:
        """Return those of the requests that are of one kind: `token`, `history`, `file` or `other`."""
        return tuple(request for request in self.requests if request.kind == kind)

    def script(self, kind: RequestKind | str, answer: ScriptedAnswer, *, times: int = 1) -> None:
        """Give the next requests of a kind this answer, after those scripted before.

        Args:
            kind: `token`, `history`, `file` or `other`.
            answer: What they get.
            times: How many requests.

        Raises:
            ValueError: There is no such kind.
        """
        with self._lock:
            self._scripts[RequestKind(kind)].extend([answer] * times)

    def revoke_tokens(self) -> None:
        """Make every token that was given out unknown; the platform does not promise a token its whole life."""
        with self._lock:
            self._tokens.forget_all()

    def app_named(self, org: str, app: str) -> SimulatedApp | None:
        """Return the app, or None when this platform does not know it."""
        return self._apps_by_name.get((org, app))

    def received(self, request: ReceivedRequest) -> ScriptedAnswer | None:
        """Record a request and return the answer scripted for it, if any."""
        with self._lock:
            self._requests.append(request)
            scripts = self._scripts[request.kind]
            return scripts.popleft() if scripts else None

    def give_token(self, app: SimulatedApp, lifetime: timedelta | None) -> str:
        """Return a new token for the app; a lifetime of None never ends."""
        with self._lock:
            return self._tokens.give(app, self.clock.now(), lifetime)

    def token_refusal(self, app: SimulatedApp, token: str | None) -> ErrorAnswer | None:
        """Return why a bearer token does not open the app now, or None when it does."""
        with self._lock:
            return self._tokens.refusal(app, token, self.clock.now())

    def rate_refusal(self, app: SimulatedApp) -> ErrorAnswer | None:
        """Count one history request, and refuse it when this minute has seen enough of them.

        The window is a minute of the clock; the documentation does not say whether the real one slides.
        """
        minute = self.clock.now().replace(second=0, microsecond=0)
        with self._lock:
            window, count = self._rate_windows.get(app.key, (minute, 0))
            count = count + 1 if window == minute else 1
            self._rate_windows[app.key] = (minute, count)
        return RATE_LIMIT if count > app.requests_per_minute else None
