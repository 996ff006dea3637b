"""The world of a campaign: three apps on a simulated platform, an S3 server, and fault proxies before all of it.

Spans of time are short, so that hours get old within a campaign: looks at 2 h, again when settled, and the platform
deletes after 14 to 48 hours. The archive begins late: when the campaign starts, the platform has deleted the first two
hours of one app already. They, and no others, have to end as expired. The next three are the last of their day, which
closes when the platform has deleted them too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import yaml

from resources.archive.app_archive import AppArchive, app_archive
from resources.archive.objects import ArchiveBucket
from resources.hours.hour import Hour, hours_between
from resources.settings import AppSettings, Settings
from resources.settings_file import read_settings
from resources.simulated_platform import EmptyHourAnswer, SimulatedApp, SimulatedPlatform, serve
from tests.chaos.fault_kinds import Faults, Traffic
from tests.chaos.fault_proxy import FaultProxy, serving
from tests.chaos.s3_server import S3Server, s3_server
from tests.fake_clock import FakeClock
from tests.servers.s3_client import s3_client_of
from tests.world import AWS_ENVIRONMENT

FIRST_HOUR: Final = Hour(datetime(2026, 11, 20, 19, tzinfo=UTC))
BEGIN: Final = datetime(2026, 11, 21, 11, 30, tzinfo=UTC)
"""Where the clock stands when the campaign begins: 15.5 hours after the end of the archive's first hour."""

FIRST_DAY_CLOSES: Final = datetime(2026, 11, 21, 14, tzinfo=UTC)
"""14 hours after its end: of a day of which the archive has not all hours, nothing before closes it."""

_CHINA: Final = timezone(timedelta(hours=8))
_UNLIMITED: Final = 100_000
_TOKENS_LIVE: Final = timedelta(hours=7)
APPS: Final = (
    SimulatedApp(
        "acme",
        "brief",
        seed=11,
        mean_messages_per_hour=14,
        settle=timedelta(hours=4),
        retention=timedelta(hours=14),
        requests_per_minute=_UNLIMITED,
        client_secret="chaos-secret-brief",
    ),
    SimulatedApp(
        "acme",
        "mall",
        seed=12,
        hour_zone=_CHINA,
        mean_messages_per_hour=10,
        settle=timedelta(hours=6),
        retention=timedelta(hours=30),
        urls_per_hour=2,
        empty_hour_answer=EmptyHourAnswer.NO_URL,
        requests_per_minute=_UNLIMITED,
        client_secret="chaos-secret-mall",
    ),
    SimulatedApp(
        "acme",
        "quiet",
        seed=13,
        mean_messages_per_hour=3,
        settle=timedelta(hours=8),
        retention=timedelta(hours=48),
        empty_hour_answer=EmptyHourAnswer.EMPTY_FILE,
        requests_per_minute=_UNLIMITED,
        client_secret="chaos-secret-quiet",
    ),
)


@dataclass(frozen=True)
class ChaosWorld:
    """Everything a campaign turns, breaks and looks at.

    Attributes:
        folder: For everything on disk.
        clock: The platform's.
        platform: The simulated platform.
        s3: The S3 server.
        s3_proxy: The proxy before it.
        faults: Chooses and counts.
        settings_file: The archive's settings; everything in them is behind a proxy.
        settings: The same, but with S3 as it is: to look at what is there.
    """

    folder: Path
    clock: FakeClock
    platform: SimulatedPlatform
    s3: S3Server
    s3_proxy: FaultProxy
    faults: Faults
    settings_file: Path
    settings: Settings

    @cached_property
    def bucket(self) -> ArchiveBucket:
        """The archive's bucket, without any fault on the way."""
        return ArchiveBucket(self.settings.archive, self.clock)

    def archive(self, app: AppSettings) -> AppArchive:
        """An app's part of the archive, without any fault on the way."""
        return app_archive(app, self.bucket)

    def simulated(self, app: AppSettings) -> SimulatedApp:
        """The app on the platform."""
        found = self.platform.app_named(app.org, app.app)
        assert found is not None
        return found

    @property
    def state(self) -> Path:
        """The private folder that runs share: token, request budgets."""
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        """The variables a run needs, secrets among them."""
        secrets = {_variable(app, name): value for app in self.platform.apps for name, value in _credentials(app)}
        return AWS_ENVIRONMENT | secrets

    @property
    def secrets(self) -> frozenset[str]:
        """What may stand in no log and no record."""
        tokens = self.platform._tokens._given
        return frozenset(
            {AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], "Signature=", "OSSAccessKeyId=", *tokens}
            | {app.client_secret for app in self.platform.apps}
        )

    def ended_hours(self) -> list[Hour]:
        """Every hour of the archive that the platform has written by now."""
        now = self.clock.now()
        last = Hour.containing(now - timedelta(hours=2)).plus(-1)
        return list(hours_between(FIRST_HOUR, last))


@contextmanager
def start_world(folder: Path, seed: int, faults: int, s3_kind: str | None) -> Iterator[ChaosWorld]:
    """Start everything; it ends with the block.

    Args:
        folder: An empty folder.
        seed: Decides the faults.
        faults: How many.
        s3_kind: `ceph`, `moto`, or None for the best there is.
    """
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, AWS_ENVIRONMENT | {"NO_PROXY": "127.0.0.1"}))
        (folder / "state").mkdir()
        s3 = stack.enter_context(s3_server(folder / "s3", s3_kind))
        clock, injected = FakeClock(BEGIN), Faults(seed, faults)
        platform = SimulatedPlatform(APPS, clock, token_lifetime=_TOKENS_LIVE)
        server = _address(stack.enter_context(serve(platform)))
        api = FaultProxy(server, _traffic_to_the_api, injected, clock.now)
        storage = FaultProxy(server, lambda *_: Traffic.FILE, injected, clock.now)
        s3_proxy = FaultProxy(
            _address(s3.endpoint), _traffic_to_s3, injected, clock.now, checks_uploads=not s3.checks_uploads
        )
        platform.storage_url = storage.url
        stack.enter_context(serving([api, storage, s3_proxy]))
        bucket = f"chaos-{uuid4().hex}"
        stack.enter_context(s3_client_of(s3.endpoint)).create_bucket(Bucket=bucket)
        settings_file = _write_settings(folder / "settings.yaml", bucket, api.url, s3_proxy.url)
        direct = _write_settings(folder / "settings-without-faults.yaml", bucket, api.url, s3.endpoint)
        settings = read_settings(direct)
        yield ChaosWorld(folder, clock, platform, s3, s3_proxy, injected, settings_file, settings)


def _traffic_to_the_api(method: str, _target: str) -> Traffic:
    return Traffic.TOKEN if method == "POST" else Traffic.HISTORY


def _traffic_to_s3(method: str, target: str) -> Traffic:
    parts = urlsplit(target)
    if method == "HEAD":
        return Traffic.S3_HEAD
    if method != "GET":
        return Traffic.S3_PUT
    if "list-type" in parse_qs(parts.query):
        return Traffic.S3_LIST
    return Traffic.S3_RECORD if parts.path.endswith(".json") else Traffic.S3_DATA


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def _write_settings(path: Path, bucket: str, api_url: str, s3_url: str) -> Path:
    archive = {
        "root": f"s3://{bucket}/history",
        "endpoint_url": s3_url,
        "region": "us-east-1",
        "first_hour": FIRST_HOUR.key,
    }
    content = {"archive": archive, "apps": [_app_settings(app, api_url) for app in APPS]}
    path.write_text(yaml.safe_dump(content))
    return path


def _app_settings(app: SimulatedApp, api_url: str) -> dict[str, object]:
    credentials = {name: {"env": _variable(app, name)} for name, _ in _credentials(app)}
    return {
        "org": app.org,
        "app": app.app,
        "rest_url": api_url,
        "hour_zone": "+08:00" if app.hour_zone is _CHINA else "+00:00",
        "credentials": {"type": "client_credentials", **credentials},
        "download_hosts": ["127.0.0.1"],
        "allow_http": True,
        "settle_hours": app.settle / timedelta(hours=1),
        "retention_hours": app.retention / timedelta(hours=1),
        "requests_per_minute": 60,
    }


def _credentials(app: SimulatedApp) -> tuple[tuple[str, str], ...]:
    return ("client_id", app.client_id), ("client_secret", app.client_secret)


def _variable(app: SimulatedApp, name: str) -> str:
    return f"CHAOS_{app.app}_{name}".upper()


def details(seed: int, subject: str) -> Random:
    """Return the randomness of one subject of a campaign: as the faults', it depends on nothing but seed and name."""
    return Random(f"{seed}/{subject}")
