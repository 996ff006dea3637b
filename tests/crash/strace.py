"""Killing a victim at a system call, or letting the kernel refuse one, by strace's fault injection.

strace counts calls for each thread and kind of its own: the n-th call is that of the thread that is first to make n.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.fork_server import Ending, ForkServer
from tests.crash.victim import Errand
from tests.left_out import reason_to_leave_out

WRITING_CALLS = (
    *("write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "fallocate", "fsync", "fdatasync"),
    *("rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "link", "linkat"),
    *("connect", "sendto", "sendmsg"),
)
"""The system calls by which a process changes anything outside itself. Those an architecture lacks are passed over."""

_CALL = re.compile(r"^(\d+) +(\w+)\(", re.MULTILINE)


def missing() -> str:
    """Return why nothing can be injected on this machine; nothing when it can."""
    if shutil.which("strace") is None:
        return reason_to_leave_out("strace")
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)  # noqa: S607
    return "" if tried.returncode == 0 else "strace may not trace here"


@dataclass(frozen=True)
class Point:
    """A system call of a victim.

    Attributes:
        call: Its name.
        number: The how many-eth of its name.
    """

    call: str
    number: int


def points_of(server: ForkServer, errand: Errand) -> list[Point]:
    """Run the errand undisturbed, and return each of its system calls that write."""
    log = Path(errand.folder) / "calls.log"
    calls = ",".join(f"?{call}" for call in WRITING_CALLS)
    with _attached(server.fork(errand), "-o", str(log), "-e", f"trace={calls}"):
        ending = server.let_go()
    assert ending.signal == 0
    threads: dict[str, Counter[str]] = defaultdict(Counter)
    for thread, call in _CALL.findall(log.read_text()):
        threads[thread][call] += 1
    most = {call: max(counts[call] for counts in threads.values()) for call in WRITING_CALLS}
    return [Point(call, number) for call in WRITING_CALLS for number in range(1, most[call] + 1)]


def killed_at(server: ForkServer, errand: Errand, point: Point) -> Ending:
    """Run the errand and kill it when it is about to make that call."""
    return _injected(server, errand, f"inject={point.call}:signal=KILL:when={point.number}")


def refused_at(server: ForkServer, errand: Errand, calls: str, error: str, when: str) -> Ending:
    """Run the errand and let the kernel refuse calls.

    Args:
        server: Forks the victim.
        errand: What it does.
        calls: Their names, with commas.
        error: Such as `ENOSPC`.
        when: Which of each name: `3`, or `3+` for the third and all later ones.
    """
    return _injected(server, errand, f"inject={calls}:error={error}:when={when}")


def _injected(server: ForkServer, errand: Errand, injection: str) -> Ending:
    calls = injection.partition("=")[2].partition(":")[0]
    with _attached(server.fork(errand), "-o", "/dev/null", "-e", f"trace={calls}", "-e", injection):
        return server.let_go()


@contextmanager
def _attached(pid: int, *options: str) -> Iterator[None]:
    command = ["strace", "-f", *options, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:  # noqa: S603 - as above
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        assert "attached" in first, first
        yield
        tracer.stderr.read()
