"""What several floors' tests stand on: a clean environment, an S3 server on loopback, and a made-up world to archive.

The S3 server is real HTTP for boto3; the platform is the simulated one; all time is a clock that the test turns.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, Protocol

import boto3
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import ThreadedMotoServer

from resources.archive.app_archive import AppArchive
from resources.archive.objects import ArchiveBucket
from resources.hours.hour import Hour
from resources.local_state import STATE_VARIABLE
from resources.runtime import Runtime
from resources.settings import AppSettings, ArchiveSettings, Settings
from resources.simulated_platform import SimulatedApp, SimulatedPlatform, serve, truth
from tests.fake_clock import FakeClock

WORLD_HOUR = Hour(datetime(2026, 11, 3, 12, tzinfo=UTC))
"""An hour in which the world's app is lively."""

CLIENT_ID_VARIABLE = "MADE_UP_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "MADE_UP_CLIENT_SECRET"

_BUCKET_NUMBERS = count(1)
_FOREIGN = ("AWS_", "DAGSTER_", "CHAT_ARCHIVE_")


@pytest.fixture(scope="session", autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Take away what the tester's own machine would bring in, and put made-up credentials there."""
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(_FOREIGN) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "made-up-key-id")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "made-up-secret-key")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv(STATE_VARIABLE, str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Serve S3 on loopback and return its URL."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    lock, answer = Lock(), DomainDispatcherApplication.__call__

    def one_at_a_time(self: DomainDispatcherApplication, environ: dict[str, Any], start_response: Any) -> Any:
        # S3 checks a condition and stores in one step. moto does it in two, so requests may not come in between.
        with lock:
            return answer(self, environ, start_response)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DomainDispatcherApplication, "__call__", one_at_a_time)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield f"http://{host}:{port}"
        finally:
            server.stop()


@pytest.fixture(scope="session")
def s3(s3_endpoint: str) -> Any:
    """Return a boto3 client of the S3 server, for looking behind the archive's back."""
    return boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")


@pytest.fixture
def bucket_settings(s3_endpoint: str, s3: Any) -> ArchiveSettings:
    """Make a fresh bucket and return settings of an archive in it."""
    name = f"chat-archive-{next(_BUCKET_NUMBERS)}"
    s3.create_bucket(Bucket=name)
    return ArchiveSettings(
        root=f"s3://{name}/history",
        endpoint_url=s3_endpoint,
        region="us-east-1",
        first_hour=WORLD_HOUR.plus(-24),
    )


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands at the end of the world's hour."""
    return FakeClock(WORLD_HOUR.end)


@pytest.fixture
def bucket(bucket_settings: ArchiveSettings, clock: FakeClock) -> ArchiveBucket:
    """Return the archive's side of a fresh bucket."""
    return ArchiveBucket(bucket_settings, clock)


@dataclass(frozen=True)
class World:
    """One app, the platform it is on, and the archive it goes to.

    Attributes:
        clock: Our clock, and the platform's too unless a test gave it another.
        simulated: The app as the platform knows it.
        platform: The platform, which takes scripts and knows what was asked.
        settings: Of the one app.
        runtime: What runs are made with.
        s3: A boto3 client of the archive's server.
    """

    clock: FakeClock
    simulated: SimulatedApp
    platform: SimulatedPlatform
    settings: Settings
    runtime: Runtime
    s3: Any

    @property
    def app(self) -> AppSettings:
        return self.settings.apps[0]

    @property
    def archive(self) -> AppArchive:
        return self.runtime.archive(self.app)

    def turn_to_age(self, hour: Hour, hours: float) -> None:
        """Turn the clock to so many hours after the end of an hour."""
        self.clock.turn_to(hour.end + timedelta(hours=hours))

    def hour_that_grows(self) -> Hour:
        """Return an hour whose settled file holds messages that its early file does not."""
        return next(
            hour for hour in self._hours() if 0 < self._early_lines(hour) < len(truth(self.simulated, hour).lines)
        )

    def hour_that_stays(self) -> Hour:
        """Return an hour with messages, all of them in the early file."""
        return next(
            hour for hour in self._hours() if 0 < self._early_lines(hour) == len(truth(self.simulated, hour).lines)
        )

    def objects(self) -> dict[str, bytes]:
        """Return all of the archive's objects, keys without the prefix."""
        name, prefix = self.settings.archive.bucket, self.settings.archive.prefix
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket=name).get("Contents", ())]
        return {key.removeprefix(prefix): self.s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}

    def etags(self) -> dict[str, str]:
        """Return the version of each of the archive's objects."""
        listing = self.s3.list_objects_v2(Bucket=self.settings.archive.bucket)
        return {each["Key"]: each["ETag"] for each in listing.get("Contents", ())}

    def _early_lines(self, hour: Hour) -> int:
        return len(truth(self.simulated, hour, hour.end + self.simulated.publish_delay).lines)

    def _hours(self) -> Iterable[Hour]:
        return map(WORLD_HOUR.plus, count())


class MakeWorld(Protocol):
    """Makes a world; what is left out is ordinary."""

    def __call__(self, app: SimulatedApp = ..., platform_clock: FakeClock | None = ..., **settings: Any) -> World:
        """Serve the app, and return the world.

        Args:
            app: The app on the platform.
            platform_clock: The platform's own clock.
            settings: What stands differently in the app's settings.
        """
        ...


@pytest.fixture
def make_world(
    bucket_settings: ArchiveSettings,
    clock: FakeClock,
    s3: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MakeWorld]:
    """Return a function that makes a world; all of it is gone after the test."""
    state = tmp_path / "state"
    state.mkdir()
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    with ExitStack() as stack:

        def make(
            app: SimulatedApp = LIVELY,
            platform_clock: FakeClock | None = None,
            **settings: Any,
        ) -> World:
            monkeypatch.setenv(CLIENT_ID_VARIABLE, app.client_id)
            monkeypatch.setenv(CLIENT_SECRET_VARIABLE, app.client_secret)
            platform = SimulatedPlatform([app], platform_clock or clock)
            base_url = stack.enter_context(serve(platform))
            ours = Settings(archive=bucket_settings, apps=(_settings_of(app, base_url, settings),))
            runtime = Runtime(ours, clock, Random(1), state)
            stack.callback(runtime.close)
            return World(clock, app, platform, ours, runtime, s3)

        yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Return the ordinary world: a lively app, the platform's clock as ours."""
    return make_world()


LIVELY = SimulatedApp("acme", "support", mean_messages_per_hour=30, requests_per_minute=1000)
"""An app with messages in nearly every hour, and no rate limit to speak of."""

SILENT = SimulatedApp("acme", "support", mean_messages_per_hour=0, requests_per_minute=1000)
"""An app in which nobody ever speaks."""


def _settings_of(app: SimulatedApp, base_url: str, different: dict[str, Any]) -> AppSettings:
    return AppSettings.model_validate(
        {
            "org": app.org,
            "app": app.app,
            "rest_url": base_url,
            "credentials": {
                "type": "client_credentials",
                "client_id": {"env": CLIENT_ID_VARIABLE},
                "client_secret": {"env": CLIENT_SECRET_VARIABLE},
            },
            "download_hosts": ["127.0.0.1"],
            "allow_http": True,
            "requests_per_minute": app.requests_per_minute,
            **different,
        },
    )
