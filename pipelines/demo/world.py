"""The demo's world: two servers on loopback, a settings file, and an environment, all gone when it ends."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import mkdtemp

import boto3
import yaml
from moto.server import ThreadedMotoServer

from resources.clock import SystemClock
from resources.hours.hour import Hour, last_finished_hour
from resources.hours.policy import HourPolicy
from resources.local_state import STATE_VARIABLE
from resources.settings_file import CONFIG_VARIABLE
from resources.simulated_platform import SimulatedApp, SimulatedPlatform, serve

BUCKET = "chat-archive"
_ROOT = f"s3://{BUCKET}/history"
_HOURS_BEFORE_NOW = 75
"""The archive begins three hours before the oldest hour the platform still has, to show what beginning late costs."""

_REQUESTS_PER_MINUTE = 1200
"""Far above the platform's 10: nobody wants to watch a demo for a quarter of an hour."""

_TRIES_TO_REMOVE = 10

_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux: # no invitation to Dagster's community in front of the first page
  enabled: false
event_log_storage: # one SQLite file; by default every run makes a database of its own, which takes longer than the run
  module: dagster._core.storage.event_log
  class: ConsolidatedSqliteEventLogStorage
  config:
    base_dir: {dagster_home}/history
compute_logs: # a run of this project prints nothing
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


@dataclass(frozen=True, slots=True)
class World:
    """What the demo runs in.

    Attributes:
        folder: Holds everything that is written to disk.
        environment: For the commands that are run; names the settings file and holds made-up credentials.
        platform: The simulated platform, which knows what was said.
        endpoint_url: The S3 server.
        started_at: When the demo began; what the platform has is judged by this moment.
        first_hour: The archive's first hour.
        last_due_hour: The newest hour that is old enough to be asked for.
    """

    folder: Path
    environment: dict[str, str]
    platform: SimulatedPlatform
    endpoint_url: str
    started_at: datetime
    first_hour: Hour
    last_due_hour: Hour


@contextmanager
def made_up_world() -> Iterator[World]:
    """Start the servers, write the settings, and take everything away at the end."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's request log
    clock = SystemClock()
    started_at = clock.now()
    first_hour = Hour.containing(started_at).plus(-_HOURS_BEFORE_NOW)
    platform = SimulatedPlatform(_apps(), clock)
    with _folder() as folder, serve(platform) as base_url, _s3_server() as endpoint:
        dagster_home = folder / "dagster_home"
        dagster_home.mkdir()
        (dagster_home / "dagster.yaml").write_text(_DAGSTER_YAML.format(dagster_home=dagster_home))
        settings_file = folder / "settings.yaml"
        settings_file.write_text(yaml.safe_dump(_settings(platform, base_url, endpoint, first_hour), sort_keys=False))
        environment = _environment(folder, settings_file, platform)
        boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        ).create_bucket(Bucket=BUCKET)
        last_due_hour = last_finished_hour(started_at - HourPolicy().publish_delay)
        yield World(folder, environment, platform, endpoint, started_at, first_hour, last_due_hour)


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder, and remove it again, also when a Dagster run that has just been ended still writes into it."""
    folder = Path(mkdtemp(prefix="chat-archive-demo-"))
    try:
        yield folder
    finally:
        for _ in range(_TRIES_TO_REMOVE):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(1)


def _apps() -> list[SimulatedApp]:
    return [
        SimulatedApp("acme", "support", seed=1, requests_per_minute=_REQUESTS_PER_MINUTE),
        SimulatedApp(
            "acme",
            "mall",
            seed=2,
            hour_zone=timezone(timedelta(hours=8)),
            mean_messages_per_hour=40,
            requests_per_minute=_REQUESTS_PER_MINUTE,
        ),
    ]


@contextmanager
def _s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def _settings(
    platform: SimulatedPlatform,
    base_url: str,
    endpoint_url: str,
    first_hour: Hour,
) -> dict[str, object]:
    return {
        "archive": {
            "root": _ROOT,
            "endpoint_url": endpoint_url,
            "region": "us-east-1",
            "first_hour": first_hour.key,
        },
        "apps": [
            {
                "org": app.org,
                "app": app.app,
                "rest_url": base_url,
                "hour_zone": "+08:00" if app.hour_zone.utcoffset(None) else "+00:00",
                "credentials": {
                    "type": "client_credentials",
                    "client_id": {"env": "DEMO_CLIENT_ID"},
                    "client_secret": {"env": "DEMO_CLIENT_SECRET"},
                },
                "download_hosts": ["127.0.0.1"],
                "allow_http": True,
                "requests_per_minute": app.requests_per_minute,
            }
            for app in platform.apps
        ],
    }


def _environment(folder: Path, settings_file: Path, platform: SimulatedPlatform) -> dict[str, str]:
    (some_app, *_) = platform.apps
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DAGSTER_"))}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo-secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "DAGSTER_HOME": str(folder / "dagster_home"),
        "DEMO_CLIENT_ID": some_app.client_id,
        "DEMO_CLIENT_SECRET": some_app.client_secret,
        CONFIG_VARIABLE: str(settings_file),
        STATE_VARIABLE: str(folder / "state"),
    }
