"""A small world for tests: a simulated platform over HTTP, an archive in a bucket, a runtime, and one clock."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import yaml

from resources.archive.app_archive import AppArchive
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings import AppSettings, Settings
from resources.settings_file import read_settings
from resources.simulated_platform import SimulatedApp, SimulatedPlatform, serve
from tests.fake_clock import FakeClock

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test-access-key",
    "AWS_SECRET_ACCESS_KEY": "test-secret-key",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class World:
    """Everything a test of the archive may want to turn or look at."""

    clock: FakeClock
    platform: SimulatedPlatform
    settings_file: Path
    settings: Settings
    runtime: Runtime

    @property
    def secrets(self) -> dict[str, str]:
        """The environment variables that the settings name."""
        first = self.platform.apps[0]
        return {"TEST_CLIENT_ID": first.client_id, "TEST_CLIENT_SECRET": first.client_secret}

    @property
    def simulated_app(self) -> SimulatedApp:
        return self.platform.apps[0]

    @property
    def app(self) -> AppSettings:
        return self.settings.apps[0]

    @property
    def archive(self) -> AppArchive:
        return self.runtime.archive(self.app)

    @contextmanager
    def configured(self, **app_settings: object) -> Iterator[World]:
        """The same world, after somebody has changed settings of every app and restarted."""
        apps = tuple(app.model_copy(update=app_settings) for app in self.settings.apps)
        settings = self.settings.model_copy(update={"apps": apps})
        runtime = Runtime(settings, self.clock, Random(1), self.settings_file.parent)
        try:
            yield replace(self, settings=settings, runtime=runtime)
        finally:
            runtime.close()

    def hours_ago(self, hours: int) -> Hour:
        """The hour that began that many hours before the current one."""
        return Hour.containing(self.clock.now()).plus(-hours)

    def rows(self, hour: Hour, app: AppSettings | None = None) -> list[dict[str, Any]]:
        """Read an hour's Parquet from S3."""
        layout = self.runtime.archive(app or self.app).layout
        stored = self.runtime.bucket.read(layout.messages(hour))
        assert stored is not None, f"no messages object of {hour}"
        return list(pq.read_table(BytesIO(stored[0])).to_pylist())

    def message_ids(self, hour: Hour, app: AppSettings | None = None) -> Counter[str]:
        return Counter(row["msg_id"] for row in self.rows(hour, app))

    def keys(self) -> list[str]:
        """All keys in the bucket."""
        return list(self.runtime.bucket.keys(""))


def start_world(
    stack: ExitStack,
    s3_endpoint: str,
    bucket_name: str,
    folder: Path,
    *,
    apps: Sequence[SimulatedApp] = (SimulatedApp("acme", "support", requests_per_minute=100_000),),
    now: datetime = NOW,
    first_hour: str = "2026112000",
    **app_settings: object,
) -> World:
    """Start a world; it ends with the stack.

    Args:
        stack: Closes everything.
        s3_endpoint: The S3 server.
        bucket_name: A bucket that is there.
        folder: For the settings file and the state of processes.
        apps: The platform's apps.
        now: Where the clock stands.
        first_hour: The archive's first hour.
        app_settings: More keys for every app in the settings file.
    """
    clock = FakeClock(now)
    platform = SimulatedPlatform(apps, clock)
    base_url = stack.enter_context(serve(platform))
    settings_file = folder / "settings.yaml"
    content = {
        "archive": {
            "root": f"s3://{bucket_name}/history",
            "endpoint_url": s3_endpoint,
            "region": "us-east-1",
            "first_hour": first_hour,
        },
        "apps": [_app_settings(app, base_url) | app_settings for app in apps],
    }
    settings_file.write_text(yaml.safe_dump(json.loads(json.dumps(content))))
    settings = read_settings(settings_file)
    runtime = Runtime(settings, clock, Random(1), folder)
    stack.callback(runtime.close)
    return World(clock, platform, settings_file, settings, runtime)


def _app_settings(app: SimulatedApp, base_url: str) -> dict[str, object]:
    return {
        "org": app.org,
        "app": app.app,
        "rest_url": base_url,
        "hour_zone": datetime(2000, 1, 1, tzinfo=app.hour_zone).isoformat()[-6:],
        "credentials": {
            "type": "client_credentials",
            "client_id": {"env": "TEST_CLIENT_ID"},
            "client_secret": {"env": "TEST_CLIENT_SECRET"},
        },
        "download_hosts": ["127.0.0.1"],
        "allow_http": True,
        "requests_per_minute": app.requests_per_minute,
    }
