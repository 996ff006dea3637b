"""Processes that tests start: their output in a file, a session of their own, ended with everything they have started.

Not here: which servers there are, and when one is ready.
"""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypedDict

PROJECT = Path(__file__).parents[2]

_SECONDS_TO_END = 20


class Identity(TypedDict, total=False):
    """Under which user a process runs, as `subprocess` takes it; nothing means under one's own."""

    user: str
    group: int
    extra_groups: tuple[int, ...]


def unprivileged(*preferred: str) -> Identity:
    """Return whom a server runs as that refuses to be root: the first user there is, or `nobody`; else oneself."""
    if os.geteuid() != 0:
        return {}
    there = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in preferred if name in there), "nobody")
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": ()}


def hand_over(path: Path, identity: Identity) -> None:
    """Make a file or folder, and all that is in it, belong to whom the server runs as."""
    if not identity:
        return
    for each in (path, *path.rglob("*")):
        os.chown(each, pwd.getpwnam(identity["user"]).pw_uid, identity["group"])


def free_ports(count: int) -> list[int]:
    """Return so many ports on loopback that nobody listens on at this moment."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def free_port() -> int:
    """Return a port on loopback that nobody listens on at this moment."""
    (port,) = free_ports(1)
    return port


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    *,
    environment: Mapping[str, str],
    folder: Path = PROJECT,
    identity: Identity | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends.

    Args:
        command: The program and its arguments.
        log: Its output is added to this file, which then belongs to whom it runs as.
        environment: All of it.
        folder: Where it runs.
        identity: Whom it runs as.
    """
    with log.open("ab") as output:
        hand_over(log, identity or {})
        process = subprocess.Popen(  # noqa: S603 - a test's own command
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **(identity or {}),
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process politely, upon which it ends its own; then, firmly, whatever is left of its session."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process.send_signal(ending)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_SECONDS_TO_END)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
