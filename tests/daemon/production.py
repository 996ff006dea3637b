"""Dagster as in production: the shipped instance settings, the real daemon as a process, and an operator's clicks.

The only place in the tests that uses what Dagster keeps to itself. Not here: what is to be archived (`story.py`), and
what the database remembers of the time before (`power_cut.py`).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import dagster as dg
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import DEFAULT_DAGSTER_ENTRY_POINT, JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorTick,
    InstigatorType,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster_shared.error import SerializableErrorInfo
from tenacity import RetryError, retry, retry_if_result, stop_after_delay, wait_fixed

from resources.local_state import STATE_VARIABLE
from resources.settings_file import CONFIG_VARIABLE
from tests.servers.processes import PROJECT, running
from tests.world import AWS_ENVIRONMENT, World

SHIPPED = {"SQLite": PROJECT / "docs" / "dagster.yaml", "PostgreSQL": PROJECT / "deploy" / "dagster.yaml"}
"""The instance settings for one machine, and those for several containers."""

GONE = {"socket": "/nowhere/socket"}
"""Where a code server of this machine has listened: its socket went with it."""

UNREACHABLE = {"port": 1}
"""Where a code server listens of which nobody knows whether it is there."""

_CODE = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("chat_history_archive"), "__repository__")
_MODULE = RepositoryPythonOrigin(
    sys.executable, ModuleCodePointer("pipelines.definitions", "defs"), entry_point=DEFAULT_DAGSTER_ENTRY_POINT
)
_SECONDS_TO_WAIT = 300


@dataclass(frozen=True)
class Place:
    """What a story is told with.

    Attributes:
        database: A key of `SHIPPED`.
        variables: What the instance settings of that database name.
        s3_endpoint: The S3 server.
        bucket_name: A bucket that is there.
        folder: For everything that is written to disk.
    """

    database: str
    variables: Mapping[str, str]
    s3_endpoint: str
    bucket_name: str
    folder: Path


@dataclass(frozen=True)
class FinishedRun:
    """A run as the instance remembers it.

    Attributes:
        run_id: Its id.
        status: How it ended.
        tags: All of them.
        launched_at: When the queue let it go, in seconds since 1970.
        ended_at: When it ended, likewise.
        events: What its page says of it, the oldest first.
    """

    run_id: str
    status: dg.DagsterRunStatus
    tags: Mapping[str, str]
    launched_at: float
    ended_at: float
    events: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        return self.status is dg.DagsterRunStatus.SUCCESS


class Production:
    """A Dagster home, what is in it, and what an operator may do.

    Args:
        home: A folder for it, which need not be there.
        shipped: The instance settings to use, as they are.
        environment: Of all processes; the home is added.
    """

    def __init__(self, home: Path, shipped: Path, environment: Mapping[str, str]) -> None:
        home.mkdir()
        shutil.copy(shipped, home / "dagster.yaml")
        self.environment = {**environment, "DAGSTER_HOME": str(home), "PYTHONPATH": str(PROJECT)}
        self.instance = dg.DagsterInstance.from_config(str(home))
        self._home = home
        self._log = home / "daemon.log"

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """Run the daemon, and with it the code, until the block ends. Its log goes into whatever fails meanwhile."""
        program = Path(sys.executable).with_name("dagster-daemon")
        command = [str(program), "run", "--workspace", "workspace.yaml"]
        with running(command, self._log, environment=self.environment) as process:
            try:
                yield
                assert process.poll() is None, "the daemon ended by itself"
            except (AssertionError, RetryError) as failure:
                failure.add_note(self.log())
                raise

    def log(self) -> str:
        """Return what the daemon has said so far."""
        return self._log.read_text(errors="replace")

    def telemetry(self) -> tuple[str, ...]:
        """Return the names of the files that Dagster has written to tell its makers of us."""
        return tuple(path.name for path in self._home.glob("logs/*"))

    def turn(self, schedule: str, *, on: bool, since: datetime) -> None:
        """Turn a schedule's switch. The daemon makes up for the last tick that it has missed since then."""
        status = InstigatorStatus.RUNNING if on else InstigatorStatus.STOPPED
        # How often it ticks the daemon reads from the code, and not here.
        data = ScheduleInstigatorData("*/15 * * * *", since.timestamp())
        state = InstigatorState(_CODE.get_instigator_origin(schedule), InstigatorType.SCHEDULE, status, data)
        if self.instance.get_instigator_state(state.instigator_origin_id, state.selector_id) is None:
            self.instance.add_instigator_state(state)
        else:
            self.instance.update_instigator_state(state)

    def ticks(self, name: str) -> Sequence[InstigatorTick]:
        """Return the ticks of a schedule or a sensor, the newest first."""
        origin = _CODE.get_instigator_origin(name)
        return self.instance.get_ticks(origin.get_id(), origin.get_selector().get_id())

    def remember_tick(self, name: str, kind: InstigatorType, status: TickStatus, age: timedelta) -> None:
        """Put a tick into the database as if it had happened that long ago."""
        origin = _CODE.get_instigator_origin(name)
        selector_id = origin.get_selector().get_id()
        at = (datetime.now(UTC) - age).timestamp()
        error = SerializableErrorInfo("made up", [], None) if status is TickStatus.FAILURE else None
        data = TickData(origin.get_id(), name, kind, status, at, run_ids=[], error=error, selector_id=selector_id)
        self.instance.create_tick(data)

    def click(self, job: dg.JobDefinition, partition: str) -> str:
        """Queue a run of a partition as a click on the job's page does, and return its id."""
        run = self._new_run(job, partition)
        self.instance.submit_run(run.run_id, workspace=None)  # type: ignore[arg-type]  # the queue does not look at it
        return run.run_id

    def remember_run(
        self,
        job: dg.JobDefinition,
        partition: str | None,
        ages: Mapping[dg.DagsterEventType, timedelta],
        server: Mapping[str, object],
    ) -> str:
        """Put a run of a former code server into the database, which has no process now, and return its id.

        Args:
            job: Its job.
            partition: Of that job, if it has any.
            ages: How long ago each of its events happened, in their order; the last one says in which state it is.
            server: Where it was sent to.
        """
        run = self._new_run(job, partition)
        self.instance.add_run_tags(run.run_id, {GRPC_INFO_TAG: json.dumps({"host": "127.0.0.1", **server})})
        for kind, age in ages.items():
            at = (datetime.now(UTC) - age).timestamp()
            self.instance.report_dagster_event(dg.DagsterEvent(kind.value, job.name), run.run_id, timestamp=at)
        return run.run_id

    def _new_run(self, job: dg.JobDefinition, partition: str | None) -> dg.DagsterRun:
        tags = job.get_tags_for_partition_key(partition, selected_asset_keys=None) if partition else {}
        return self.instance.create_run_for_job(
            job,
            status=dg.DagsterRunStatus.NOT_STARTED,
            tags={**job.run_tags, **tags},
            remote_job_origin=_CODE.get_job_origin(job.name),
            job_code_origin=JobPythonOrigin(job.name, _MODULE),
        )

    def give_up(self, run_id: str) -> None:
        """Mark a run as cancelled, as the operator's "force termination immediately" does."""
        self.instance.report_run_canceled(self.run(run_id))

    def kill(self, run_id: str) -> None:
        """Kill the process of a run, as the kernel does when memory runs out."""
        (pid,) = (
            entry.dagster_event.engine_event_data.metadata["pid"].value
            for entry in self.instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
            if entry.message.startswith("Started process for run") and entry.dagster_event
        )
        os.kill(int(str(pid)), signal.SIGKILL)

    def run(self, run_id: str) -> dg.DagsterRun:
        """Return a run."""
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run

    def finished_runs(self) -> tuple[FinishedRun, ...]:
        """Return all runs that have ended, the oldest first."""
        return tuple(
            self._finished(record)
            for record in self.instance.get_run_records(ascending=True)
            if record.dagster_run.is_finished
        )

    def _finished(self, record: dg.RunRecord) -> FinishedRun:
        run = record.dagster_run
        launched_at = self.instance.get_run_stats(run.run_id).launch_time
        assert launched_at is not None
        assert record.end_time is not None
        events = tuple(entry.message for entry in self.instance.all_logs(run.run_id))
        return FinishedRun(run.run_id, run.status, run.tags, launched_at, record.end_time, events)

    def shown(self, asset: dg.AssetKey, partition: str) -> str:
        """Return the state of an hour as the asset's page shows it."""
        found = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(asset, asset_partitions=[partition]), limit=1
        ).records
        assert found, f"{partition} of {asset.to_user_string()} was never materialized"
        materialization = found[0].asset_materialization
        assert materialization is not None
        return str(materialization.metadata["state"].value)


def start_production(stack: ExitStack, world: World, place: Place) -> Production:
    """Make a Dagster home for a world, and this process one of those that share its environment, until the stack ends.

    Args:
        stack: Closes everything.
        world: What is to be archived, and where.
        place: Which database, and where on disk.
    """
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    environment = {
        **kept,
        **AWS_ENVIRONMENT,
        **world.secrets,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
        CONFIG_VARIABLE: str(world.settings_file),
        STATE_VARIABLE: str(place.folder / "state"),
        **place.variables,
    }
    stack.enter_context(patch.dict(os.environ, environment, clear=True))
    production = Production(place.folder / "dagster_home", SHIPPED[place.database], environment)
    stack.enter_context(production.instance)
    return production


def most_at_once(runs: Sequence[FinishedRun]) -> int:
    """Return how many of the runs were under way at the same moment, from launch to end, at most."""
    return max(sum(other.launched_at <= run.launched_at < other.ended_at for other in runs) for run in runs)


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again until it is so.

    Raises:
        RetryError: It never was.
    """
    retry(retry=retry_if_result(lambda so: not so), wait=wait_fixed(1), stop=stop_after_delay(_SECONDS_TO_WAIT))(
        condition
    )()
