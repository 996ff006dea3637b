"""`python -m tests.benchmarks.servers s3` or `... platform FILE`: a server on loopback in a process of its own.

It prints its URL and serves until its standard input ends. Which hours are captured is `whole_path.py`.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from moto.server import ThreadedMotoServer

from resources.simulated_platform import ScriptedAnswer, SimulatedApp, SimulatedPlatform, serve
from tests.benchmarks.generator import hour_of
from tests.benchmarks.measure import REPOSITORY
from tests.fake_clock import FakeClock

APP: Final = SimulatedApp("acme", "support", requests_per_minute=100_000)
AGE: Final = timedelta(hours=3)
"""How long after the hour's end both sides believe to be."""

_MOST_DOWNLOADS = 10


@contextmanager
def s3_server() -> Iterator[str]:
    """Run an S3 server; yield its URL."""
    with _server("s3") as url:
        yield url


@contextmanager
def platform_server(raw: Path) -> Iterator[str]:
    """Run a simulated platform that serves a generated file as its hour; yield its URL."""
    with _server("platform", str(raw)) as url:
        yield url


@contextmanager
def _server(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.benchmarks.servers", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _serve_s3() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    _until_input_ends(f"http://{host}:{port}")
    server.stop()


def _serve_platform(raw: Path) -> None:
    platform = SimulatedPlatform([APP], FakeClock(hour_of(raw).end + AGE))
    platform.script("file", ScriptedAnswer(200, raw.read_bytes()), times=_MOST_DOWNLOADS)
    with serve(platform) as url:
        _until_input_ends(url)


def _until_input_ends(url: str) -> None:
    sys.stdout.write(url + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    if sys.argv[1] == "s3":
        _serve_s3()
    else:
        _serve_platform(Path(sys.argv[2]))
