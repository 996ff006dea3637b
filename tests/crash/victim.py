"""What a process does that is going to be killed: a run's steps, told apart and counted.

It runs in a fork of `fork_server.py`. Who kills it, when, and what has to hold afterwards lies elsewhere.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import httpx
from botocore.awsrequest import AWSPreparedRequest

from assets.capture import capture_hour
from assets.daily.compaction import CompactionFailed
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import ConversionFailed, publish_messages
from resources.archive import objects
from resources.archive.errors import ArchiveError
from resources.archive.objects import ArchiveBucket
from resources.chat_platform.checked_transport import CheckedTransport
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings_file import read_settings
from tests.fake_clock import FakeClock

_FILE_EVENTS = frozenset({"os.remove", "os.rename", "os.mkdir", "os.rmdir", "socket.connect", "sqlite3.connect"})
_ANY_TIME = datetime(2026, 11, 23, tzinfo=UTC)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Errand:
    """What a victim is to do, as it travels to the fork server.

    Attributes:
        settings_file: Names S3 and the platform.
        environment: The secrets.
        now: Where its clock stands, in ISO form.
        folder: The private folder that processes share.
        temporary: Where temporary files go.
        hour: Is captured and its messages published; none if empty.
        day: Is compacted; none if empty.
        kill_at: At which step of the protocol it kills itself; never if 0.
        by_parts: Every file is sent to S3 by parts, as only large ones are.
        largest_file: So many bytes can be written into a file; the rest is refused.
    """

    settings_file: str
    environment: dict[str, str] = field(repr=False)
    now: str
    folder: str
    temporary: str
    hour: str = ""
    day: str = ""
    kill_at: int = 0
    by_parts: bool = False
    largest_file: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


@cache
def bucket_of(settings_file: str) -> ArchiveBucket:
    """Return the bucket's client, which takes long to make and connects to nothing yet: made once, before the fork."""
    settings = read_settings(Path(settings_file))
    bucket = ArchiveBucket(settings.archive, FakeClock(_ANY_TIME))
    assert bucket._client.meta.events
    return bucket


def do(errand: Errand) -> dict[str, Any]:
    """Do the errand and tell what came of it: the problems met, the steps it took, and whom it asked."""
    os.environ.update(errand.environment)
    tempfile.tempdir = errand.temporary
    if errand.by_parts:
        objects.LARGEST_SINGLE_PUT = 0
    clock = FakeClock(datetime.fromisoformat(errand.now))
    runtime = Runtime(read_settings(Path(errand.settings_file)), clock, Random(1), Path(errand.folder))
    runtime.bucket = bucket_of(errand.settings_file)
    steps = _Steps(errand.kill_at)
    steps.watch(runtime)
    if errand.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (errand.largest_file, resource.RLIM_INFINITY))
    problems = [problem for problem in _problems(errand, runtime) if problem]
    return {"problems": problems, "steps": steps.taken, "puts": steps.puts, "asked": sorted(steps.asked)}


def _problems(errand: Errand, runtime: Runtime) -> list[str | None]:
    (app,) = runtime.settings.apps
    archive = runtime.archive(app)
    told: list[str | None] = []
    try:
        if errand.hour:
            hour = Hour.from_key(errand.hour)
            told.append(capture_hour(hour, archive, lambda: runtime.platform(app), runtime.clock).problem)
            publish_messages(hour, archive, runtime.clock)
        if errand.day:
            publish_daily(Day.from_key(errand.day), archive, runtime.clock)
    except (ArchiveError, ConversionFailed, CompactionFailed) as error:  # what the assets show to a person
        told.append(str(error))
    return told


class _Steps:
    """Counts a run's steps: each file it makes, moves or removes, and each request, before it and after its answer."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self._numbers = count(1)
        self._one_at_a_time = Lock()
        self.taken = 0
        self.puts: list[int] = []
        self.asked: set[str] = set()

    def watch(self, runtime: Runtime) -> None:
        """Take notice of everything from now on."""
        sys.addaudithook(self._audit)
        events: Any = runtime.bucket._client.meta.events
        events.register("before-send.s3", self._send)
        events.register("response-received.s3", lambda **_: self._step())
        for transport in (httpx.HTTPTransport, CheckedTransport):  # the platform's API, and the hour's file
            transport.handle_request = self._around(transport.handle_request)  # type: ignore[method-assign]

    def _send(self, request: AWSPreparedRequest, **_: object) -> None:
        step = self._step()
        if request.method not in {"GET", "HEAD"}:
            self.puts.append(step)

    def _around(self, handle: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
        def handled(transport: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
            self.asked.add(type(transport).__name__)
            self._step()
            response = handle(transport, request)
            self._step()
            return response

        return handled

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        makes_a_file = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if makes_a_file or event in _FILE_EVENTS:
            self._step()

    def _step(self) -> int:
        with self._one_at_a_time:
            self.taken = step = next(self._numbers)
        if step == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return step
