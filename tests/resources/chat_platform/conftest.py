"""A client connected to a simulated platform over HTTP, with a clock that the test turns."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from resources.chat_platform.client import ChatPlatform
from resources.chat_platform.connection import connect
from resources.hours.hour import Hour
from resources.settings import AppSettings
from resources.simulated_platform import SimulatedApp, SimulatedPlatform, serve
from tests.fake_clock import FakeClock

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HOUR = Hour.from_key("2026112215")
"""An hour that is settled, and in which the default app's people spoke."""


@dataclass(frozen=True)
class Line:
    """A client and the platform at the other end."""

    clock: FakeClock
    platform: SimulatedPlatform
    settings: AppSettings
    client: ChatPlatform
    folder: Path
    start: datetime

    def waited(self) -> float:
        """For how many seconds the client has slept."""
        return (self.clock.now() - self.start).total_seconds()


Dial = Callable[..., Line]


@pytest.fixture
def dial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dial]:
    """Return a function that starts a platform with one app and connects to it."""
    # Reading certificates takes longer than most tests here, which speak plain HTTP.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
    with ExitStack() as stack:

        def start(
            app: SimulatedApp = SimulatedApp("acme", "support", requests_per_minute=100_000),  # noqa: B008 - frozen
            credentials: dict[str, object] | None = None,
            platform_options: dict[str, object] | None = None,
            **more: object,
        ) -> Line:
            clock = FakeClock(NOW)
            platform = SimulatedPlatform([app], clock, **(platform_options or {}))  # type: ignore[arg-type]
            base_url = stack.enter_context(serve(platform))
            monkeypatch.setenv("CLIENT_ID", app.client_id)
            monkeypatch.setenv("CLIENT_SECRET", app.client_secret)
            settings = AppSettings.model_validate(
                {
                    "org": app.org,
                    "app": app.app,
                    "rest_url": base_url,
                    "hour_zone": datetime(2000, 1, 1, tzinfo=app.hour_zone).isoformat()[-6:],
                    "credentials": credentials
                    or {
                        "type": "client_credentials",
                        "client_id": {"env": "CLIENT_ID"},
                        "client_secret": {"env": "CLIENT_SECRET"},
                    },
                    "download_hosts": ["127.0.0.1"],
                    "allow_http": True,
                    "requests_per_minute": 100_000,
                }
                | more,
            )
            client = stack.enter_context(connect(settings, tmp_path, clock, Random(7)))
            return Line(clock, platform, settings, client, tmp_path, NOW)

        yield start


@pytest.fixture
def line(dial: Dial) -> Line:
    """Return a client of the app `acme/support`."""
    return dial()
