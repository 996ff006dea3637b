"""What the launcher tells monitoring of a run that is under way in a real code server, which is then killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus
from dagster._grpc.client import DagsterGrpcClient

from pipelines.definitions import build_definitions, job_name
from pipelines.run_launcher import WatchfulRunLauncher
from resources.hours.hour import Hour
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.daemon.production import Place, Production, start_production, wait_until
from tests.servers.processes import free_port, running
from tests.world import World, start_world

_APP = SimulatedApp("acme", "support", mean_messages_per_hour=50, requests_per_minute=100_000)
_STALLED = ScriptedAnswer(stall_after=10, stall_seconds=300)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def world(stack: ExitStack, s3_endpoint: str, bucket_name: str, tmp_path: Path) -> World:
    return start_world(stack, s3_endpoint, bucket_name, tmp_path, apps=[_APP], now=datetime.now(UTC))


@pytest.fixture
def production(stack: ExitStack, world: World, s3_endpoint: str, bucket_name: str, tmp_path: Path) -> Production:
    return start_production(stack, world, Place("SQLite", {}, s3_endpoint, bucket_name, tmp_path))


@contextmanager
def code_server(production: Production, folder: Path, address: dict[str, str]) -> Iterator[DagsterGrpcClient]:
    """Run a code server; at the end it is killed together with its runs, as in a power cut."""
    options = [f"--{name}={value}" for name, value in address.items()]
    command = [str(Path(sys.executable).with_name("dagster")), "api", "grpc", *options]
    command += ["--module-name", "pipelines.definitions", "--location-name", "chat_history_archive"]
    with running(command, folder / "code.log", environment=production.environment) as process:
        port = address.get("port")
        client = DagsterGrpcClient(port=int(port) if port else None, socket=address.get("socket"), host="127.0.0.1")
        wait_until(lambda: _answers(client))
        yield client
        os.killpg(process.pid, signal.SIGKILL)


def _answers(client: DagsterGrpcClient) -> bool:
    try:
        return bool(client.ping("are you there?"))
    except Exception:  # noqa: BLE001 - not yet
        return False


def started_run(production: Production, world: World, client: DagsterGrpcClient) -> str:
    """Launch a run of an hour whose file takes minutes to come, and return its id once it waits for that."""
    job = build_definitions(world.runtime).get_repository_def().get_job(job_name(world.app))
    now = datetime.now(UTC)
    hours = (Hour.containing(now - timedelta(hours=ago)) for ago in count(30))
    hour = next(hour for hour in hours if truth(_APP, hour, now).message_ids)  # at night people sleep
    world.platform.script("file", _STALLED)
    files = _files_asked_for(world)
    run_id = production.remember_run(job, hour.key, {dg.DagsterEventType.RUN_STARTING: timedelta(0)}, {})
    WatchfulRunLauncher.launch_run_from_grpc_client(production.instance, production.run(run_id), client)
    wait_until(lambda: _files_asked_for(world) > files)
    return run_id


def _files_asked_for(world: World) -> int:
    return sum(request.kind == "file" for request in world.platform.requests)


def status_of(production: Production, run_id: str) -> tuple[WorkerStatus, str]:
    health = production.instance.run_launcher.check_run_worker_health(production.run(run_id))
    return health.status, health.msg or ""


@pytest.mark.enable_socket  # of the file system
def test_a_run_on_this_machine_is_alive_until_its_code_server_is_killed(
    production: Production, world: World, tmp_path: Path
) -> None:
    with code_server(production, tmp_path, {"socket": str(tmp_path / "socket")}) as client:
        killed_before = started_run(production, world, client)
        assert status_of(production, killed_before) == (WorkerStatus.RUNNING, "")
        production.kill(killed_before)
        wait_until(lambda: production.run(killed_before).is_finished)
        run_id = started_run(production, world, client)
        assert status_of(production, run_id) == (WorkerStatus.RUNNING, "")
    status, why = status_of(production, run_id)
    assert status is WorkerStatus.NOT_FOUND
    assert "is gone" in why
    assert status_of(production, killed_before) == (WorkerStatus.RUNNING, ""), "it has ended: nobody's business"


def test_a_run_elsewhere_is_alive_until_a_new_code_server_says_that_it_does_not_know_it(
    production: Production, world: World, tmp_path: Path
) -> None:
    address = {"host": "127.0.0.1", "port": str(free_port())}
    with code_server(production, tmp_path, address) as client:
        run_id = started_run(production, world, client)
        assert status_of(production, run_id) == (WorkerStatus.RUNNING, "")
    assert status_of(production, run_id) == (WorkerStatus.RUNNING, ""), "nobody can tell"
    with code_server(production, tmp_path, address):
        status, why = status_of(production, run_id)
    assert status is WorkerStatus.NOT_FOUND
    assert "started anew" in why
