"""The runs between planting and searching: each in a process, as a user has them, with every logger at DEBUG.

Four processes at once: all commands, that go well, badly, and end in a crash; one run through `dagster`; one that is
killed while it stores a file; and one without this project's log filters, to show that the search would find something.
What is typed lies in `commands.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from resources.clock import SystemClock
from resources.hours.hour import Hour
from tests.canaries import planted
from tests.canaries.commands import Command, all_of_them, of_support
from tests.canaries.planted_hours import PlantedHours
from tests.canaries.planted_platform import planted_platform

_PROJECT = Path(__file__).parents[2]
_SECONDS_TO_END = 600
_DAGSTER_YAML = """\
telemetry: {{enabled: false}}
python_logs: {{managed_python_loggers: [root], python_log_level: DEBUG}}
event_log_storage: # one SQLite file; by default every run makes a database of its own, which takes longer than the run
  module: dagster._core.storage.event_log
  class: ConsolidatedSqliteEventLogStorage
  config: {{base_dir: {home}/history}}
"""
_ENVIRONMENT = {
    "ACME_ID": planted.CLIENT_ID,
    "ACME_SECRET": planted.CLIENT_SECRET,
    "ACME_APP_ID": planted.APP_ID,
    "ACME_CERTIFICATE": planted.APP_CERTIFICATE,
    "AWS_ACCESS_KEY_ID": planted.S3_KEY_ID,
    "AWS_SECRET_ACCESS_KEY": planted.S3_SECRET,
    "AWS_SESSION_TOKEN": planted.S3_SESSION_TOKEN,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "COLUMNS": "200",
}


@dataclass(frozen=True)
class Ended:
    """A process that has ended, and the folders it had to itself.

    Attributes:
        code: Its exit code.
        shown: What it wrote to stdout and stderr.
        folder: Holds `home`, `temporary`, `state` and `dagster`.
    """

    code: int
    shown: bytes
    folder: Path


@dataclass(frozen=True)
class Runs:
    """All processes, and what was planted while they ran.

    Attributes:
        commands: One command after another, which go well, badly, and end in a crash of the command itself.
        dagster: A run through `dagster`.
        killed: A catch-up that was killed while it stored the hour's file.
        unfiltered: A catch-up without this project's log filters.
        app_tokens: Tokens that were built from the App Certificate.
        alerts: What the alert service was sent.
        typed: What was typed in the process of all commands.
        exported: What an export wrote.
        settings_file: Of all of them.
        environment: Likewise, the secrets included.
    """

    commands: Ended
    dagster: Ended
    killed: Ended
    unfiltered: Ended
    app_tokens: frozenset[str]
    alerts: tuple[bytes, ...]
    typed: tuple[Command, ...]
    exported: Path
    settings_file: Path
    environment: Mapping[str, str]


def run_everything(folder: Path, s3_endpoint: str, bucket: str) -> Runs:
    """Plant the canaries, run all processes at the same time, and return what there is to search."""
    hours = PlantedHours.since(Hour.containing(SystemClock().now()).plus(-25))
    exported = folder / "exported.json"
    typed = all_of_them(hours, exported)
    with ExitStack() as stack:
        platform, base_url = stack.enter_context(planted_platform(hours))
        alert_port, alerts = stack.enter_context(_alert_service())
        settings_file = folder / "settings.yaml"
        settings_file.write_text(yaml.safe_dump(_settings(base_url, s3_endpoint, bucket, hours.well)))
        environment = _ENVIRONMENT | {
            "CHAT_ARCHIVE_CONFIG": str(settings_file),
            "ALERT_URL": f"json://127.0.0.1:{alert_port}/{planted.ALERT_TOKEN}",
        }
        killed = Command(of_support(hours.killed), code=None, before=("kill",))
        unfiltered = Command(of_support(hours.unfiltered), before=("no filters",))
        by_dagster = (
            *("-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", "archive_acme__support"),
            *("--tags", json.dumps({"dagster/partition": hours.by_dagster.key})),
        )
        begun = {
            "commands": _begin(folder / "commands", environment, *_at_debug(typed)),
            "dagster": _begin(folder / "dagster", environment, *by_dagster),
            "killed": _begin(folder / "killed", environment, *_at_debug([killed])),
            "unfiltered": _begin(folder / "unfiltered", environment, *_at_debug([unfiltered])),
        }
        for process in begun.values():
            stack.callback(_end_firmly, process)
        ended = {name: _end(process, folder / name) for name, process in begun.items()}
        return Runs(
            **ended,
            app_tokens=frozenset(platform.app_tokens),
            alerts=tuple(alerts),
            typed=tuple(typed),
            exported=exported,
            settings_file=settings_file,
            environment=environment,
        )


def _at_debug(commands: Sequence[Command]) -> tuple[str, ...]:
    return "-m", "tests.canaries.at_debug", json.dumps([asdict(command) for command in commands])


def _begin(folder: Path, environment: Mapping[str, str], *words: str) -> subprocess.Popen[bytes]:
    for name in ("home", "temporary", "state", "dagster"):
        (folder / name).mkdir(parents=True)
    (folder / "dagster" / "dagster.yaml").write_text(_DAGSTER_YAML.format(home=folder / "dagster"))
    own = {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
        "CHAT_ARCHIVE_STATE_DIR": str(folder / "state"),
        "DAGSTER_HOME": str(folder / "dagster"),
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(_PROJECT),
    }
    with (folder / "shown").open("wb") as shown:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, *words], cwd=_PROJECT, env={**environment, **own}, stdout=shown, stderr=subprocess.STDOUT
        )


def _end(process: subprocess.Popen[bytes], folder: Path) -> Ended:
    code = process.wait(timeout=_SECONDS_TO_END)
    return Ended(code, (folder / "shown").read_bytes(), folder)


def _end_firmly(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _settings(base_url: str, s3_endpoint: str, bucket: str, first_hour: Hour) -> dict[str, Any]:
    shared = {
        "org": "acme",
        "rest_url": base_url,
        "download_hosts": ["127.0.0.1"],
        "allow_http": True,
        "requests_per_minute": 100_000,
    }
    by_client = {"type": "client_credentials", "client_id": {"env": "ACME_ID"}, "client_secret": {"env": "ACME_SECRET"}}
    by_agora = {"type": "agora", "app_id": {"env": "ACME_APP_ID"}, "app_certificate": {"env": "ACME_CERTIFICATE"}}
    return {
        "archive": {
            "root": f"s3://{bucket}/history",
            "endpoint_url": s3_endpoint,
            "region": "us-east-1",
            "first_hour": first_hour.key,
        },
        "alerts": {"urls": [{"env": "ALERT_URL"}]},
        "apps": [
            {**shared, "app": "support", "credentials": by_client},
            {**shared, "app": "mall", "credentials": by_agora},
        ],
    }


@contextmanager
def _alert_service() -> Iterator[tuple[int, list[bytes]]]:
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port, received
        finally:
            server.shutdown()
            thread.join()
