"""Ceph RADOS Gateway, a real S3 server for tests: one monitor, one OSD, one gateway.

Debian's packages `radosgw`, `ceph-mon` and `ceph-osd` are enough, as any user and without systemd. What is stored lies
in the OSD's memory, which starts in a second, or in a file, as in production, which takes ten; everything else lies in
the folder that is handed in. Not here: what it is told (`ceph_configuration.py`), and what is expected of an S3 server
(`tests/resources/archive/contract/`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from tests.servers.ceph_configuration import ceph_configuration
from tests.servers.processes import free_ports

PROGRAMS: Final = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
"""Of Debian's packages radosgw, ceph-mon and ceph-osd."""

_USER: Final = "archive"
_LONGEST_WAIT: Final = 60.0
_PAUSE: Final = 0.02
_ENDS_WITH_ITS_PARENT: Final = ("setpriv", "--pdeathsig", "KILL")
"""Before a command: should the tests be killed, no daemon stays behind. Linux only."""


def missing_programs() -> tuple[str, ...]:
    """Return the programs that this machine lacks; none if Ceph can be run."""
    return tuple(program for program in PROGRAMS if shutil.which(program) is None)


@contextmanager
def ceph_server(
    folder: Path,
    *,
    access_key: str = "test-access-key",
    secret_key: str = "test-secret-key",
    durable: bool = False,
) -> Iterator[CephServer]:
    """Run a Ceph with one user; at the end of the block every process of it is ended.

    Args:
        folder: An empty folder, for its configuration and its logs.
        access_key: The user's.
        secret_key: The user's.
        durable: What is stored lies in a file in the folder, and is still there when the storage was killed.
    """
    server = CephServer(folder, access_key, secret_key, durable=durable)
    try:
        server.start()
        yield server
    finally:
        server.end()


class CephServer:
    """A running Ceph, and what may befall it.

    Attributes:
        endpoint: Where the gateway serves S3.
        access_key: The user's.
        secret_key: The user's.
        major_version: Such as 16.
    """

    def __init__(self, folder: Path, access_key: str, secret_key: str, *, durable: bool) -> None:
        self._folder = folder
        self._durable = durable
        self._monitor_port, self._gateway_port = free_ports(2)
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        # A daemon ends with the thread that started it, so all are started by one that lasts as long as they may.
        self._starter = ThreadPoolExecutor(1)
        self.endpoint = f"http://127.0.0.1:{self._gateway_port}"
        self.access_key = access_key
        self.secret_key = secret_key
        self.major_version = 0

    def start(self) -> None:
        """Start everything and wait until S3 answers."""
        cluster, osd = str(uuid4()), str(uuid4())
        for name in ("monitor", "osd"):
            (self._folder / name).mkdir()
        configuration = ceph_configuration(self._folder, cluster, self._monitor_port, durable=self._durable)
        self._configuration.write_text(configuration)
        self.major_version = int(re.findall(r"version (\d+)", self._run("radosgw", "--version"))[0])
        monitor_map, address = self._folder / "monitors", f"[v2:127.0.0.1:{self._monitor_port}]"
        self._run("monmaptool", "--create", "--fsid", cluster, "--addv", "a", address, str(monitor_map))
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(monitor_map))
        self._start("ceph-mon", "-i", "a")
        self._run("ceph", "--connect-timeout", "30", "osd", "new", osd)
        self._run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", osd)
        self._start_storage()
        self._start_gateway()
        keys = ("--access-key", self.access_key, "--secret-key", self.secret_key)
        self.administer("user", "create", "--uid", _USER, "--display-name", _USER, "--max-buckets", "100000", *keys)
        self._wait_for_the_gateway()

    def end(self) -> None:
        """End every process; nothing of what was stored is left."""
        while self._daemons:
            _, daemon = self._daemons.popitem()
            daemon.kill()  # ends a frozen process as well
            daemon.wait()
        self._starter.shutdown()

    # What may befall the gateway

    def kill_gateway(self) -> None:
        """End the gateway at once, as a crash would."""
        self._kill("radosgw")

    def start_gateway(self) -> None:
        """Start a gateway that was killed, on the same port, and wait until it answers."""
        self._start_gateway()
        self._wait_for_the_gateway()

    @contextmanager
    def one_request_at_a_time(self) -> Iterator[None]:
        """Let the gateway take one request at a time, and answer all others 503 SlowDown."""
        self.kill_gateway()
        self._start_gateway("--rgw-max-concurrent-requests=1")
        self._wait_for_the_gateway()
        try:
            yield
        finally:
            self.kill_gateway()
            self.start_gateway()

    # What may befall the storage

    def kill_storage_and_gateway(self) -> None:
        """End both at once, as a crash would; only what lies in a file is there afterwards."""
        self._kill("ceph-osd", "radosgw")

    def start_storage_and_gateway(self) -> None:
        """Start both after they were killed, and wait until the gateway answers."""
        self._run("ceph", "osd", "down", "0")
        self._start_storage()
        self.start_gateway()

    def freeze_storage(self) -> None:
        """Stop the OSD where it stands: the gateway takes requests and does not answer."""
        self._daemons["ceph-osd"].send_signal(signal.SIGSTOP)

    def thaw_storage(self) -> None:
        """Let the OSD go on."""
        self._daemons["ceph-osd"].send_signal(signal.SIGCONT)

    # What may befall the user

    def suspend_user(self) -> None:
        """Refuse the user everything."""
        self.administer("user", "suspend", "--uid", _USER)

    def enable_user(self) -> None:
        """Take a suspended user back."""
        self.administer("user", "enable", "--uid", _USER)

    @contextmanager
    def user_limited_to(self, objects: int) -> Iterator[None]:
        """Refuse the user more than so many objects in a bucket."""
        limits = ("--quota-scope", "bucket", "--uid", _USER)
        self.administer("quota", "set", *limits, "--max-objects", str(objects))
        self.administer("quota", "enable", *limits)
        try:
            yield
        finally:
            self.administer("quota", "disable", *limits)

    def add_key(self, access_key: str, secret_key: str) -> None:
        """Give the user one more key."""
        keys = ("--access-key", access_key, "--secret-key", secret_key)
        self.administer("key", "create", "--uid", _USER, "--key-type", "s3", *keys)

    def remove_key(self, access_key: str) -> None:
        """Take a key from the user."""
        self.administer("key", "rm", "--uid", _USER, "--key-type", "s3", "--access-key", access_key)

    def administer(self, *arguments: str) -> Any:
        """Run `radosgw-admin`, and return what it printed: JSON, or nothing."""
        printed = self._run("radosgw-admin", *arguments)
        return json.loads(printed) if printed.strip() else None

    @property
    def _configuration(self) -> Path:
        return self._folder / "ceph.conf"

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {"CEPH_CONF": str(self._configuration)}

    def _kill(self, *programs: str) -> None:
        killed = [self._daemons.pop(program) for program in programs]
        for daemon in killed:
            daemon.kill()
        for daemon in killed:
            daemon.wait()

    def _start_storage(self) -> None:
        self._start("ceph-osd", "-i", "0")
        if not self._durable:
            return  # it is there sooner than anybody could ask
        until = time.monotonic() + _LONGEST_WAIT
        # A gateway that finds no storage when it starts looks again only seconds later.
        while not json.loads(self._run("ceph", "osd", "stat", "--format", "json"))["num_up_osds"]:
            if time.monotonic() > until:
                raise RuntimeError("The storage does not come up.")

    def _start_gateway(self, *options: str) -> None:
        endpoint = f"--rgw-frontends=beast endpoint=127.0.0.1:{self._gateway_port}"
        self._start("radosgw", "-n", "client.gateway", endpoint, *options)

    def _start(self, program: str, *arguments: str) -> None:
        """Start a daemon in the foreground; what it prints goes to a file beside its log."""
        wrapped = _ENDS_WITH_ITS_PARENT if shutil.which(_ENDS_WITH_ITS_PARENT[0]) else ()
        with (self._folder / f"{program}.out").open("ab") as output:
            started = self._starter.submit(
                subprocess.Popen,
                [*wrapped, program, "-f", *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            self._daemons[program] = started.result()

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own command
            [program, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_WAIT,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {arguments[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _wait_for_the_gateway(self) -> None:
        gateway, until = self._daemons["radosgw"], time.monotonic() + _LONGEST_WAIT
        while not _answers(self._gateway_port):
            if gateway.poll() is not None or time.monotonic() > until:
                said = (self._folder / "radosgw.out").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"The gateway does not answer (it ended with {gateway.poll()}): {said}")
            time.sleep(_PAUSE)


def _answers(port: int) -> bool:
    """Tell whether an HTTP server answers anything there."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=_LONGEST_WAIT)) as connection:
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, HTTPException):
            return False
    return True
