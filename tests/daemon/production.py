"""Dagster as in production: the shipped instance settings, the real daemon as a process, and an operator's clicks.

The only place in the tests that uses what Dagster keeps to itself. Not here: what is to be archived (`story.py`).
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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
)
from tenacity import RetryError, retry, retry_if_result, stop_after_delay, wait_fixed

from tests.servers.processes import PROJECT, running

SHIPPED = {"SQLite": PROJECT / "docs" / "dagster.yaml", "PostgreSQL": PROJECT / "deploy" / "dagster.yaml"}
"""The instance settings for one machine, and those for several containers."""

_CODE = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("chat_history_archive"), "__repository__")
_MODULE = RepositoryPythonOrigin(
    sys.executable, ModuleCodePointer("pipelines.definitions", "defs"), entry_point=DEFAULT_DAGSTER_ENTRY_POINT
)
_SECONDS_TO_WAIT = 300


@dataclass(frozen=True)
class FinishedRun:
    """A run as the instance remembers it.

    Attributes:
        run_id: Its id.
        succeeded: Whether it did.
        tags: All of them.
        launched_at: When the queue let it go, in seconds since 1970.
        ended_at: When it ended, likewise.
        events: What was said about its process.
    """

    run_id: str
    succeeded: bool
    tags: Mapping[str, str]
    launched_at: float
    ended_at: float
    events: tuple[str, ...]


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
                failure.add_note(self._log.read_text(errors="replace"))
                raise

    def turn(self, schedule: str, *, on: bool, since: datetime) -> None:
        """Turn a schedule's switch. The daemon makes up for the last tick that it has missed since then."""
        status = InstigatorStatus.RUNNING if on else InstigatorStatus.STOPPED
        data = ScheduleInstigatorData("*/15 * * * *", since.timestamp())
        state = InstigatorState(_CODE.get_instigator_origin(schedule), InstigatorType.SCHEDULE, status, data)
        if self.instance.get_instigator_state(state.instigator_origin_id, state.selector_id) is None:
            self.instance.add_instigator_state(state)
        else:
            self.instance.update_instigator_state(state)

    def ticks(self, schedule: str) -> list[InstigatorTick]:
        """Return the ticks of a schedule, the newest first."""
        return [
            tick
            for state in self.instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE)
            if state.instigator_name == schedule
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id)
        ]

    def click(self, job: dg.JobDefinition, partition: str) -> str:
        """Queue a run of a partition as a click on the job's page does, and return its id."""
        run = self.instance.create_run_for_job(
            job,
            status=dg.DagsterRunStatus.NOT_STARTED,
            tags=job.get_tags_for_partition_key(partition, selected_asset_keys=None),
            remote_job_origin=_CODE.get_job_origin(job.name),
            job_code_origin=JobPythonOrigin(job.name, _MODULE),
        )
        self.instance.submit_run(run.run_id, workspace=None)  # type: ignore[arg-type]  # the queue does not look at it
        return run.run_id

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
            self._remembered(record)
            for record in self.instance.get_run_records(ascending=True)
            if record.dagster_run.is_finished
        )

    def _remembered(self, record: dg.RunRecord) -> FinishedRun:
        run = record.dagster_run
        launched_at = self.instance.get_run_stats(run.run_id).launch_time
        assert launched_at is not None
        assert record.end_time is not None
        events = self.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        return FinishedRun(
            run.run_id, run.is_success, run.tags, launched_at, record.end_time, tuple(entry.message for entry in events)
        )

    def shown(self, asset: dg.AssetKey, partition: str) -> str:
        """Return the state of an hour as the asset's page shows it."""
        found = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(asset, asset_partitions=[partition]), limit=1
        ).records
        assert found, f"{partition} of {asset.to_user_string()} was never materialized"
        materialization = found[0].asset_materialization
        assert materialization is not None
        return str(materialization.metadata["state"].value)


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again until it is so.

    Raises:
        RetryError: It never was.
    """
    retry(retry=retry_if_result(lambda so: not so), wait=wait_fixed(0.3), stop=stop_after_delay(_SECONDS_TO_WAIT))(
        condition
    )()
