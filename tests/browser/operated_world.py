"""The demo's world with one failed hour, archived, and Dagster running over it: what an operator has before him.

Not here: the browser (`chromium.py`), and what lies where on Dagster's pages (`dagster_pages.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import httpx
import pyarrow.parquet as pq
import yaml
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from pipelines.command_options import HOURS_NEWLY_LOST, SOME_HOUR_FAILED
from pipelines.demo.world import World, made_up_world
from resources.archive.app_archive import AppArchive
from resources.archive.layout import coverage_page
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.runtime import Runtime
from resources.settings_file import read_settings
from resources.simulated_platform import ScriptedAnswer
from tests.servers.processes import PROJECT, free_port, running

APP = "acme/support"
SLUG = "acme__support"

_FAILED_HOURS_AGO, _QUIET_HOURS_AGO = 30, 5
_SECONDS_TO_START = 120
HOSTILE_DESCRIPTION = "<script>window.obeyed='evil.test'</script>[a link](https://evil.test/d)"
"""What the platform says beside the code of its refusal."""

_REFUSED = ScriptedAnswer(
    status=403, body={"error": "forbidden_service_operation", "error_description": HOSTILE_DESCRIPTION}
)


@dataclass(frozen=True)
class OperatedWorld:
    """An archive that an operator looks at.

    Attributes:
        made_up: The servers, the settings and the environment.
        url: Dagster's pages, without a slash at the end.
        failed_hour: The hour of `APP` whose only look failed; it is not due again within a test.
        archive: The archive of `APP`, to see what a click really did.
    """

    made_up: World
    url: str
    failed_hour: Hour
    archive: AppArchive

    @property
    def archived_hour(self) -> Hour:
        """An hour of `APP` that is archived, and that nothing is due for."""
        return self.archived_hour_before(self.made_up.last_due_hour.plus(-_QUIET_HOURS_AGO))

    @property
    def lost_hour(self) -> Hour:
        """An hour that the platform had deleted before the archive began."""
        return self.made_up.first_hour

    @property
    def young_hour(self) -> Hour:
        """The last hour that has ended: too young to be asked for as long as the tests take, and longer."""
        return self.made_up.last_due_hour.plus(2)

    def archived_hour_before(self, hour: Hour) -> Hour:
        """The last archived hour of `APP` before an hour; nights are quiet, so not every hour is."""
        while (record := self.archive.ledger.capture(hour := hour.plus(-1))) is not None:
            if record.state is HourState.ARCHIVED:
                return hour
        raise LookupError("No hour before it is archived.")

    @property
    def coverage_page(self) -> str:
        """The picture of coverage as it lies in S3. A browser has no credentials, so it cannot fetch it itself."""
        stored = self.archive.bucket.read(coverage_page(self.archive.bucket.prefix))
        assert stored is not None
        return stored[0].decode()

    def message_ids(self, hour: Hour) -> Counter[str]:
        """The ids of an hour's messages, read from S3."""
        stored = self.archive.bucket.read(self.archive.layout.messages(hour))
        assert stored is not None
        return Counter(
            str(each) for each in pq.read_table(BytesIO(stored[0]), columns=["msg_id"])["msg_id"].to_pylist()
        )


@contextmanager
def operated_world(prepare: Callable[[World], None] = lambda _: None) -> Iterator[OperatedWorld]:
    """Archive the made-up world by `chat-archive catch-up`, start Dagster, and take everything away at the end.

    Args:
        prepare: Is given the world while nothing but the failed hour has been looked at.
    """
    with made_up_world() as made_up:
        _configure_dagster(Path(made_up.environment["DAGSTER_HOME"]) / "dagster.yaml")
        failed_hour = made_up.last_due_hour.plus(-_FAILED_HOURS_AGO)
        made_up.platform.script("history", _REFUSED)
        run_command(made_up, SOME_HOUR_FAILED, "catch-up", "--app", APP, "--hours", failed_hour.key)
        prepare(made_up)
        run_command(made_up, HOURS_NEWLY_LOST, "catch-up")
        credentials = {name: value for name, value in made_up.environment.items() if name.startswith("AWS_")}
        with patch.dict(os.environ, credentials), _dagster(made_up) as url:
            runtime = Runtime(read_settings(made_up.folder / "settings.yaml"))
            archive = runtime.archive(runtime.settings.app_named(APP))
            yield OperatedWorld(made_up, url, failed_hour, archive)


def _configure_dagster(file: Path) -> None:
    """Run as in production, with the queue and the limits of docs/dagster.yaml, but keep the demo's own storage."""
    production = yaml.safe_load((PROJECT / "docs" / "dagster.yaml").read_text(encoding="utf-8"))
    demo = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(production | demo), encoding="utf-8")


def run_command(made_up: World, expected: int, *arguments: str) -> None:
    """Run `chat-archive` with these arguments; it has to end with the exit code that is expected."""
    command = [sys.executable, "-m", "pipelines.command_line", *arguments]
    ended = subprocess.run(  # noqa: S603 - our own command
        command, cwd=PROJECT, env=made_up.environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == expected, ended.stdout + ended.stderr


@contextmanager
def _dagster(made_up: World) -> Iterator[str]:
    """Run webserver and daemon, so that a run that is launched is also taken from the queue."""
    port = free_port()
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    log = made_up.folder / "dagster.log"
    with running(command, log, environment=made_up.environment) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process, log)
        yield url


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    wait=wait_fixed(0.5),
    stop=stop_after_delay(_SECONDS_TO_START),
    reraise=True,
)
def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    assert process.poll() is None, log.read_text(errors="replace")
    httpx.get(f"{url}/server_info", trust_env=False, timeout=10).raise_for_status()
