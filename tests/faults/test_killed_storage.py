"""Storage and gateway are killed while hours are written: what S3 has acknowledged is there when they are back.

Here Ceph keeps objects in a file, as in production. Not here: a machine without power, which may also forget what its
disk had only promised to write; and a gateway that is killed alone (`tests/resources/archive/contract/`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path
from random import Random
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from resources.archive.errors import ArchiveUnreachable
from resources.archive.objects import LARGEST_SINGLE_PUT, ArchiveBucket, ObjectHead
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.runtime import Runtime
from resources.simulated_platform import truth
from tests.assets.verification.archives import found
from tests.left_out import leave_out
from tests.servers.ceph import CephServer, ceph_server, missing_programs
from tests.servers.s3_client import s3_client_of
from tests.world import AWS_ENVIRONMENT, World

RUNS = 4
HOURS = 10
"""More than are done when storage is killed: each takes four puts."""


class Acknowledged:
    """What was sent to S3, and which of it S3 has said to have stored; `enough` is set after so many answers."""

    def __init__(self, enough: int) -> None:
        self.enough = Event()
        self._wanted = enough
        self._count = 0
        self._lock = Lock()
        self._sent: dict[str, list[bytes]] = defaultdict(list)
        self._latest: dict[str, int] = {}

    def noted(self, put: Callable[..., str]) -> Callable[..., str]:
        """Return a put of the archive that is noted, before it is made and when it has succeeded."""

        def put_and_note(bucket: ArchiveBucket, key: str, content: bytes | Path, *rest: Any, **options: Any) -> str:
            sent = content if isinstance(content, bytes) else content.read_bytes()
            with self._lock:
                self._sent[key].append(sent)
                number = len(self._sent[key]) - 1
            etag = put(bucket, key, content, *rest, **options)
            with self._lock:
                self._latest[key] = number
                self._count += 1
                if self._count >= self._wanted:
                    self.enough.set()
            return etag

        return put_and_note

    def lost(self, bucket: ArchiveBucket) -> list[str]:
        """Return the keys that hold neither what was acknowledged last nor what was sent for them afterwards."""
        may_hold = {key: self._sent[key][latest:] for key, latest in self._latest.items()}
        return [key for key, contents in may_hold.items() if not _holds_one_of(contents, bucket.read(key))]

    def half(self, bucket: ArchiveBucket) -> list[str]:
        """Return the keys that hold something that was never sent for them."""
        return [key for key in bucket.keys("") if not _holds_one_of(self._sent[key], bucket.read(key))]

    def __len__(self) -> int:
        return self._count


def _holds_one_of(contents: Sequence[bytes], stored: tuple[bytes, ObjectHead] | None) -> bool:
    return stored is not None and stored[0] in contents


@pytest.fixture(scope="module")
def durable_ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephServer]:
    """Run a Ceph that keeps what is stored in a file."""
    if missing := missing_programs():
        leave_out(f"Ceph, of which there is no {' and no '.join(missing)}")
    keys = {
        "access_key": AWS_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        "secret_key": AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    }
    with ceph_server(tmp_path_factory.mktemp("durable-ceph"), durable=True, **keys) as server:
        yield server


@pytest.fixture(scope="module")
def s3_endpoint(durable_ceph: CephServer) -> str:
    return durable_ceph.endpoint


@pytest.fixture(scope="module")
def s3_client(s3_endpoint: str) -> Iterator[Any]:
    with s3_client_of(s3_endpoint) as client:
        yield client


def run(world: World, folder: Path, hour: Hour) -> bool:
    """Do what a run does for an hour, with connections of its own; tell whether it could."""
    runtime = Runtime(world.settings, world.clock, Random(1), folder)
    archive = runtime.archive(world.app)
    try:
        capture = capture_hour(hour, archive, lambda: runtime.platform(world.app), world.clock)
        if capture.record.state is HourState.ARCHIVED:
            publish_messages(hour, archive, world.clock)
    except ArchiveUnreachable:
        return False
    finally:
        runtime.close()
    return True


@pytest.mark.parametrize(
    ("answers", "largest_single_put"),
    [(5, LARGEST_SINGLE_PUT), (25, LARGEST_SINGLE_PUT), (15, 1000)],
    ids=["soon", "late", "by parts"],
)
def test_case_29_nothing_acknowledged_is_lost_when_storage_and_gateway_are_killed_and_a_rerun_completes_the_hours(
    durable_ceph: CephServer,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    answers: int,
    largest_single_put: int,
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", largest_single_put)
    acknowledged = Acknowledged(answers)
    for put in ("put_file", "put_bytes"):
        monkeypatch.setattr(ArchiveBucket, put, acknowledged.noted(getattr(ArchiveBucket, put)))
    with_messages = (hour for hour in map(world.hours_ago, count(30)) if truth(world.simulated_app, hour).message_ids)
    hours = list(islice(with_messages, HOURS))
    with ThreadPoolExecutor(RUNS) as runs:
        done = runs.map(lambda hour: run(world, tmp_path, hour), hours)
        assert acknowledged.enough.wait(timeout=60)
        durable_ceph.kill_storage_and_gateway()
        could = list(done)
    assert False in could
    durable_ceph.start_storage_and_gateway()
    assert len(acknowledged) >= answers
    assert acknowledged.lost(world.runtime.bucket) == []
    assert acknowledged.half(world.runtime.bucket) == []

    assert all(run(world, tmp_path, hour) for hour in hours)
    assert found(world, *hours, read_data=True) == []
    for hour in hours:
        assert world.message_ids(hour) == Counter(truth(world.simulated_app, hour).message_ids)
