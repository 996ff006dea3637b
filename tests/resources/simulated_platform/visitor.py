"""A plain HTTP client of the simulated platform, so that a test says what is asked and not how."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

from resources.hours.hour import Hour
from resources.simulated_platform import SimulatedApp, SimulatedPlatform
from tests.fake_clock import FakeClock

FIXED_TOKEN = "007-fixed"
"""Good for every app of a platform that a test visits."""


class Visitor:
    """Asks one platform for things.

    Args:
        platform: The platform that is served at `base_url`; for its memory, not for its answers.
        clock: The platform's clock.
        base_url: Where the platform listens.
    """

    def __init__(self, platform: SimulatedPlatform, clock: FakeClock, base_url: str) -> None:
        self.platform = platform
        self.clock = clock
        self.base_url = base_url
        self.app: SimulatedApp = platform.apps[0]
        self._client = httpx.Client(trust_env=False, timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def ask_token(self, path: str = "acme/support", **changes: Any) -> httpx.Response:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            **changes,
        }
        return self._client.post(f"{self.base_url}/{path}/token", json=asked)

    def new_token(self, **changes: Any) -> str:
        return str(self.ask_token(**changes).json()["access_token"])

    def ask_time(self, time: str, token: str | None = FIXED_TOKEN, path: str = "acme/support") -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self._client.get(f"{self.base_url}/{path}/chatmessages/{time}", headers=headers)

    def ask_hour(self, hour: Hour, token: str | None = FIXED_TOKEN) -> httpx.Response:
        return self.ask_time(hour.platform_time(self.app.hour_zone), token)

    def urls_of(self, hour: Hour) -> list[str]:
        return [entry["url"] for entry in self.ask_hour(hour).json()["data"]]

    def download(self, url: str, **options: Any) -> httpx.Response:
        return self._client.get(url, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._client.request(method, f"{self.base_url}/{path}", **options)
