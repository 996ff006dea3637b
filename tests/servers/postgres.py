"""A private PostgreSQL on loopback, from Debian's package: for Dagster as it runs in production.

Not here: what Dagster is told of it (`deploy/dagster.yaml`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from tests.servers.processes import Identity, free_port, hand_over, running, unprivileged

_PROGRAMS = ("initdb", "postgres", "pg_isready", "createdb")
_DEBIANS_FOLDER = Path("/usr/lib/postgresql")
_SECONDS_TO_START = 60
_IN_HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")
"""What is in it need not outlive the test."""


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs, and a database in it.

    Attributes:
        port: On 127.0.0.1.
        user: Owns the database; logs in with the password, by SCRAM.
        password: Of that user.
        database: Its name; empty at first.
    """

    port: int
    user: str = "dagster"
    password: str = "a-password-for-tests"
    database: str = "dagster"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that `deploy/dagster.yaml` names."""
        return {
            "POSTGRES_HOST": "127.0.0.1",
            "POSTGRES_PORT": str(self.port),
            "POSTGRES_DB": self.database,
            "POSTGRES_USER": self.user,
            "POSTGRES_PASSWORD": self.password,
        }


def missing_programs() -> tuple[str, ...]:
    """Return which programs this machine lacks; `apt-get install postgresql` brings all of them."""
    return tuple(program for program in _PROGRAMS if _find(program) is None)


def _find(program: str) -> str | None:
    versions = sorted(_DEBIANS_FOLDER.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    return shutil.which(program, path=os.pathsep.join([*map(str, versions), os.environ.get("PATH", "")]))


def _path_of(program: str) -> str:
    path = _find(program)
    assert path is not None, f"{program} is missing; ask missing_programs() first"
    return path


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Make a cluster in a temporary folder and run it until the block ends."""
    identity = unprivileged("postgres")
    # Not in pytest's folders: they are closed to all other users.
    with TemporaryDirectory(prefix="postgres-for-tests-") as name:
        folder = Path(name)
        server = PostgresServer(free_port())
        _make_cluster(folder, server, identity)
        settings = (f"port={server.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *_IN_HASTE)
        command = [_path_of("postgres"), "-D", str(folder / "data"), *(f"--{setting}" for setting in settings)]
        log = folder / "postgres.log"
        with running(command, log, environment={}, folder=folder, identity=identity) as process:
            _wait_for(server, process, log)
            _run("createdb", *_where(server), server.database, environment={"PGPASSWORD": server.password})
            yield server


def _make_cluster(folder: Path, server: PostgresServer, identity: Identity) -> None:
    password_file = folder / "password"
    password_file.write_text(server.password)
    hand_over(folder, identity)
    _run(
        "initdb",
        f"--pgdata={folder / 'data'}",
        f"--username={server.user}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        environment={},
        folder=folder,
        identity=identity,
    )


def _where(server: PostgresServer) -> list[str]:
    return ["--host=127.0.0.1", f"--port={server.port}", f"--username={server.user}"]


def _run(
    program: str,
    *arguments: str,
    environment: dict[str, str],
    folder: Path | None = None,
    identity: Identity | None = None,
) -> None:
    ended = subprocess.run(  # noqa: S603 - a test's own command
        [_path_of(program), *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **(identity or {}),
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@retry(
    retry=retry_if_result(lambda ready: not ready),
    wait=wait_fixed(0.1),
    stop=stop_after_delay(_SECONDS_TO_START),
)
def _wait_for(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")
    command = [_path_of("pg_isready"), "--quiet", *_where(server)]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - a test's own command
