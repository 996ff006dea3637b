"""A process that has imported everything and forks victims: a fork takes milliseconds, an interpreter seconds.

It speaks JSON, a line each: an errand comes in, the victim's process id goes out; any line lets it begin, and how it
ended goes out. In between somebody may attach to it. What a victim does is `victim.py`.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import ssl
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import botocore.session
from botocore.loaders import create_loader

from tests.crash.victim import Errand, bucket_of, do

REPOSITORY = Path(__file__).resolve().parents[2]
_PR_SET_PTRACER = 0x59616D61
_ANYBODY = ctypes.c_ulong(-1)
_MOST_TOLD = 1 << 20


@dataclass(frozen=True)
class Ending:
    """How a victim ended.

    Attributes:
        signal: That killed it; 0 if none did.
        problems: What it would have told a person.
        steps: How many steps of the protocol it took.
        puts: Which of them began to change something in S3.
        asked: Through which transports it asked the platform for something, by their names.
    """

    signal: int
    problems: tuple[str, ...]
    steps: int
    puts: tuple[int, ...]
    asked: tuple[str, ...]


class ForkServer:
    """The parent's side."""

    def __init__(self, send: IO[str], receive: IO[str]) -> None:
        self._send = send
        self._receive = receive

    def fork(self, errand: Errand) -> int:
        """Fork a victim that waits, and return its process id."""
        self._tell(errand.as_dict())
        return int(self._hear()["pid"])

    def let_go(self) -> Ending:
        """Let the victim that was forked last begin, and wait for its end.

        Raises:
            RuntimeError: It met an error that the program should have explained.
        """
        self._tell({})
        heard = self._hear()
        if "crash" in heard:
            raise RuntimeError(heard["crash"])
        problems, puts, asked = (tuple(heard.get(name, ())) for name in ("problems", "puts", "asked"))
        return Ending(heard["signal"], problems, heard.get("steps", 0), puts, asked)

    def run(self, errand: Errand) -> Ending:
        """Fork a victim and let it go."""
        self.fork(errand)
        return self.let_go()

    def _tell(self, message: dict[str, Any]) -> None:
        self._send.write(json.dumps(message) + "\n")
        self._send.flush()

    def _hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._receive.readline())
        return heard


@contextmanager
def fork_server() -> Iterator[ForkServer]:
    """Run a fork server."""
    command = [sys.executable, "-m", "tests.crash.fork_server"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own program
        assert server.stdin is not None
        assert server.stdout is not None
        yield ForkServer(server.stdin, server.stdout)
        server.stdin.close()


def _serve() -> None:
    loader = create_loader()
    botocore.session.create_loader = lambda *_: loader
    ssl.SSLContext.load_verify_locations = lambda *_, **__: None  # type: ignore[method-assign]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a victim prints is no answer
    for line in sys.stdin:
        errand = Errand(**json.loads(line))
        os.environ.update(errand.environment)
        bucket_of(errand.settings_file)
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            _be_a_victim(errand, theirs)
        theirs.close()
        print(json.dumps({"pid": pid}), file=answers, flush=True)
        sys.stdin.readline()
        with ours:
            ours.send(b"go")
            told = ours.recv(_MOST_TOLD)
        status = os.waitpid(pid, 0)[1]
        killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        print(json.dumps({"signal": killed_by} | json.loads(told or b"{}")), file=answers, flush=True)


def _be_a_victim(errand: Errand, to_server: socket.socket) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY)  # where only a parent may attach otherwise
    to_server.recv(2)
    try:
        told = do(errand)
    except BaseException:  # noqa: BLE001 - whatever it is, the test has to hear of it
        told = {"crash": traceback.format_exc()}
    to_server.send(json.dumps(told).encode())
    os._exit(0)


if __name__ == "__main__":
    _serve()
