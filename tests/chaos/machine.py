"""The machine a run believes to be on: its own folders and log, no needless waiting, and whatever is wrong with it.

All of it is done to the run's own process, so nothing has to be taken back. When which trouble strikes is decided in
`troubles.py`.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import resource
import signal
import ssl
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import botocore.session
import httpx
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.retries.standard import ExponentialBackoff

import resources.archive.objects as _objects
import resources.chat_platform.http as _http
from resources.archive.objects import LARGEST_SINGLE_PUT, ArchiveBucket
from resources.digests import Digests
from tests.chaos.orders import ByParts, RunOrder, RunReport

PATIENCE_SECONDS: Final = 2.0
"""So long a run waits for a server that says nothing; production waits a minute."""

_SENT_AT_ONCE: Final = 1_000
_STEPS: Final = frozenset(
    {
        "fcntl.flock",
        "http.client.connect",
        "http.client.send",
        "open",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "shutil.rmtree",
        "socket.connect",
        "sqlite3.connect",
        "tempfile.mkdtemp",
        "tempfile.mkstemp",
    }
)
"""Python's audit events that stand for a step outside the process: each is a place to be killed at."""


def _warm_loader() -> Loader:
    """Return a loader that has read all that boto3 reads for a client: it takes longer than a small run."""
    loader, session = create_loader(), botocore.session.Session()
    session.register_component("data_loader", loader)
    client = session.create_client("s3", "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    client.close()
    return loader


_LOADER: Final = _warm_loader()


def prepare(order: RunOrder, report: RunReport) -> None:
    """Make the process a machine of its own: environment, temporary folder, log, and what is wrong with it."""
    temporary = order.folder / "tmp"
    temporary.mkdir(parents=True)
    os.environ.update(order.environment, TMPDIR=str(temporary), NO_PROXY="127.0.0.1")
    tempfile.tempdir = str(temporary)
    logging.raiseExceptions = False  # its log is on the disk that may be full
    logging.basicConfig(filename=order.folder / "log", level=logging.DEBUG, force=True)
    for talkative in ("boto3", "botocore", "urllib3"):
        logging.getLogger(talkative).setLevel(logging.INFO)  # half a megabyte a run; their secrets are another test's
    _be_quick()
    if order.by_parts is not ByParts.NONE:
        _send_by_parts(report, raw_only=order.by_parts is ByParts.RAW_FILES)
    if order.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.largest_file, resource.RLIM_INFINITY))
    if order.full_after_files is not None:
        sys.addaudithook(disk_full_after(order.full_after_files))
    if order.dies_at_step is not None:
        sys.addaudithook(death_at(order.dies_at_step))


def _be_quick() -> None:
    """Take out what only costs time here: reading certificates and S3's description, pauses, a minute's patience."""

    def no_pause(_self: ExponentialBackoff, _context: object) -> float:
        return 0.0

    def impatient(config: Config, *arguments: Any, **options: Any) -> None:
        patient(config, *arguments, **options | {"connect_timeout": PATIENCE_SECONDS, "read_timeout": PATIENCE_SECONDS})

    def nothing(_self: ssl.SSLContext, *_: object, **__: object) -> None:
        return

    ssl.SSLContext.load_verify_locations = nothing  # type: ignore[assignment, method-assign]
    ExponentialBackoff.delay_amount = no_pause  # type: ignore[assignment, method-assign]
    patient = Config.__init__
    Config.__init__ = impatient  # type: ignore[assignment, method-assign]
    _http._TIMEOUT = httpx.Timeout(PATIENCE_SECONDS)
    botocore.session.create_loader = lambda *_: _LOADER


def _send_by_parts(report: RunReport, *, raw_only: bool) -> None:
    put_file = ArchiveBucket.put_file

    def put_some_by_parts(bucket: ArchiveBucket, key: str, path: Path, digests: Digests, **more: Any) -> str:
        by_parts = digests.bytes > _SENT_AT_ONCE and ("/raw/" in key or not raw_only)
        # For all threads, but a run never sends raw files and others at the same time.
        _objects.LARGEST_SINGLE_PUT = _SENT_AT_ONCE if by_parts else LARGEST_SINGLE_PUT
        report.sent_by_parts += by_parts
        return put_file(bucket, key, path, digests, **more)

    ArchiveBucket.put_file = put_some_by_parts  # type: ignore[assignment, method-assign]


def death_at(step: int) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that ends the process with SIGKILL at its step of that number."""
    steps = itertools.count(1)

    def hook(event: str, _arguments: tuple[Any, ...]) -> None:
        if event in _STEPS and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def disk_full_after(files: int) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that refuses, as a full disk does, to open a file for writing after so many."""
    opened = itertools.count()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and _writes(*arguments) and next(opened) >= files:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    return hook


def _writes(path: object, _mode: object, flags: object) -> bool:
    return isinstance(path, str | Path) and isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def make_room() -> None:
    """Let files grow again, once the run's work is done."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
