"""A server in trouble: overloaded, its storage frozen, its gateway killed.

Not here: storage that is killed, for which a server of its own is needed (`tests/faults/test_killed_storage.py`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from random import Random
from threading import Barrier, Event
from types import SimpleNamespace

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError

from resources.archive.objects import ArchiveBucket
from resources.clock import SystemClock
from resources.digests import digests_of
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.resources.archive.troubled_wire import Send, after, let_through, troubled
from tests.servers.ceph import CephServer
from tests.world import NOW

KEY = "history/a/b=c/object"
TYPE = "application/octet-stream"
MIB = 1024 * 1024
WRITERS, PUTS = 16, 5


def put(bucket: ArchiveBucket, content: bytes, key: str = KEY) -> str:
    return bucket.put_bytes(key, content, content_type=TYPE, replaces=None)


def content_of(bucket: ArchiveBucket, key: str = KEY) -> bytes | None:
    stored = bucket.read(key)
    return stored[0] if stored else None


@pytest.fixture
def thawed(operated: CephServer) -> Iterator[CephServer]:
    """A server whose storage is thawed again, whatever happens."""
    yield operated
    operated.thaw_storage()


def test_case_28_writers_that_are_told_to_slow_down_all_come_through(
    operated: CephServer, bucket_settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # boto3's pauses as they are, but ten times as short.
    pause = time.sleep
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: pause(seconds / 10)))
    bucket = ArchiveBucket(bucket_settings, SystemClock())
    answers: Counter[int] = Counter()
    bucket._client.meta.events.register(
        "before-parse.s3.PutObject", lambda response_dict, **_: answers.update([response_dict["status_code"]])
    )
    at_once = Barrier(WRITERS)

    def write(writer: int) -> None:
        at_once.wait(timeout=60)
        for number in range(PUTS):
            put(bucket, b"x" * 100_000, f"history/{writer}/{number}")

    with operated.one_request_at_a_time(), ThreadPoolExecutor(WRITERS) as writers:
        tuple(writers.map(write, range(WRITERS)))
    assert len(list(bucket.keys("history/"))) == WRITERS * PUTS
    assert answers[503] > 0


@pytest.mark.usefixtures("no_pauses")
def test_case_29_a_put_that_meets_frozen_storage_is_done_when_it_thaws(
    thawed: CephServer, bucket_settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.archive.s3_client._ANSWER_SECONDS", 1)
    bucket = ArchiveBucket(bucket_settings, FakeClock(NOW))
    thawed.freeze_storage()
    with troubled(bucket, "PutObject", let_through, after(thawed.thaw_storage)) as requests:
        put(bucket, b"one")
    assert len(requests) >= 2
    assert content_of(bucket) == b"one"


@pytest.mark.usefixtures("no_pauses")
def test_case_29_a_read_that_meets_frozen_storage_is_answered_when_it_thaws(
    thawed: CephServer, bucket_settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.archive.s3_client._ANSWER_SECONDS", 1)
    bucket = ArchiveBucket(bucket_settings, FakeClock(NOW))
    put(bucket, b"one")
    thawed.freeze_storage()
    with troubled(bucket, "GetObject", let_through, after(thawed.thaw_storage)) as requests:
        assert content_of(bucket) == b"one"
    assert len(requests) >= 2


@pytest.mark.usefixtures("no_pauses")
def test_case_29_an_upload_by_parts_goes_on_after_the_gateway_was_killed_in_the_middle_of_it(
    operated: CephServer, bucket: ArchiveBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.archive.multipart.PART_BYTES", 5 * MIB)
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", MIB)
    first_is_there, gateway_is_back = Event(), Event()
    content, path = Random(1).randbytes(11 * MIB), tmp_path / "large"
    path.write_bytes(content)

    def arrives(request: AWSPreparedRequest, send: Send) -> AWSResponse:
        answer = send(request)
        first_is_there.set()
        return answer

    def crash(request: AWSPreparedRequest, _send: Send) -> AWSResponse:
        first_is_there.wait(timeout=60)
        operated.kill_gateway()
        operated.start_gateway()
        assert content_of(ArchiveBucket(bucket._settings, bucket.clock)) is None
        gateway_is_back.set()
        raise ConnectionClosedError(endpoint_url=request.url)

    comes_later = after(lambda: gateway_is_back.wait(timeout=60))
    with troubled(bucket, "UploadPart", arrives, crash, comes_later):
        bucket.put_file(KEY, path, digests_of(BytesIO(content)), content_type=TYPE, replaces=None)
    assert content_of(bucket) == content
