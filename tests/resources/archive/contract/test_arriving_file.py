"""Reading a file while it arrives: nothing is waited for in vain, and no end without a proof."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Event, Thread
from threading import enumerate as threads

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from resources.archive.arriving_file import ArrivingFile
from resources.archive.errors import ArchiveDamaged, ArchiveError, ArchiveUnreachable
from resources.archive.objects import ArchiveBucket
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.resources.archive.troubled_wire import (
    Send,
    Trouble,
    after,
    answered,
    broken_body,
    changed_body,
    header,
    held_body,
    late_break,
    short_body,
    troubled,
)
from tests.world import NOW

KEY = "history/a/b=c/object"
TYPE = "application/gzip"
CONTENT = Random(1).randbytes(2_000_001)
HALF = len(CONTENT) // 2
SHA256 = hashlib.sha256(CONTENT).hexdigest()
GET = "GetObject"


pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    yield
    assert fetching() == []


@pytest.fixture
def full(bucket: ArchiveBucket) -> ArchiveBucket:
    """A bucket with the object in it."""
    bucket.put_bytes(KEY, CONTENT, content_type=TYPE, replaces=None)
    return bucket


def fetching() -> list[Thread]:
    return [thread for thread in threads() if thread.name.startswith("arriving")]


def arriving(bucket: ArchiveBucket, folder: Path, sha256: str = SHA256) -> AbstractContextManager[ArrivingFile]:
    return bucket.arriving(KEY, folder / "file", sha256=sha256)


def read_whole(file: ArrivingFile, size: int = 100_000) -> bytes:
    """Read to the end; a reader that fails before never returns."""
    content = bytearray()
    while piece := file.read(size):
        assert len(piece) <= size
        content += piece
    return bytes(content)


def read_bytes(file: ArrivingFile, count: int) -> bytes:
    content = b""
    while len(content) < count:
        content += file.read(count - len(content))
    return content


def test_a_file_is_read_while_it_arrives(full: ArchiveBucket, tmp_path: Path) -> None:
    gate = Event()
    with troubled(full, GET, held_body(gate)), arriving(full, tmp_path) as file:
        assert read_bytes(file, HALF) == CONTENT[:HALF]
        gate.set()
        assert read_whole(file) == CONTENT[HALF:]
        assert file.read(1) == b""
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_it_arrives_whole_however_slowly_it_is_read(full: ArchiveBucket, tmp_path: Path) -> None:
    with arriving(full, tmp_path) as file:
        for thread in fetching():
            thread.join()
        assert (tmp_path / "file").read_bytes() == CONTENT
        assert file.read(3) == CONTENT[:3]
        assert read_whole(file, size=700_001) == CONTENT[3:]


def test_whoever_wants_it_whole_waits_until_all_of_it_lies_in_the_local_file(
    full: ArchiveBucket, tmp_path: Path
) -> None:
    with arriving(full, tmp_path) as file:
        file.read_to_end()
        assert (tmp_path / "file").read_bytes() == CONTENT
    with arriving(full, tmp_path, "0" * 64) as file, pytest.raises(ArchiveDamaged):
        file.read_to_end()


def test_an_object_without_bytes_has_only_an_end(bucket: ArchiveBucket, tmp_path: Path) -> None:
    bucket.put_bytes(KEY, b"", content_type=TYPE, replaces=None)
    with arriving(bucket, tmp_path, hashlib.sha256(b"").hexdigest()) as file:
        assert file.read(1) == b""


# Cut on the way


def test_a_body_that_is_cut_goes_on_from_the_byte_it_reached(full: ArchiveBucket, tmp_path: Path) -> None:
    with troubled(full, GET, broken_body, broken_body) as requests, arriving(full, tmp_path) as file:
        assert read_whole(file) == CONTENT
    head = full.head(KEY)
    assert head is not None
    etag = head.etag.strip('"')
    assert [(header(request, "Range"), header(request, "If-Match")) for request in requests] == [
        (None, None),
        (f"bytes={HALF}-", etag),
        (f"bytes={HALF + (len(CONTENT) - HALF) // 2}-", etag),
    ]


@pytest.mark.parametrize(
    ("trouble", "asked_again_from"),
    [(short_body, f"bytes={len(CONTENT) - 1}-"), (answered(503, "SlowDown"), None)],
    ids=["short", "503"],
)
def test_other_trouble_on_the_way_is_got_over(
    full: ArchiveBucket, tmp_path: Path, trouble: Trouble, asked_again_from: str | None
) -> None:
    with troubled(full, GET, trouble) as requests, arriving(full, tmp_path) as file:
        assert read_whole(file) == CONTENT
    assert header(requests[1], "Range") == asked_again_from


def test_a_connection_that_breaks_after_the_last_byte_has_done_its_work(full: ArchiveBucket, tmp_path: Path) -> None:
    with troubled(full, GET, late_break) as requests, arriving(full, tmp_path) as file:
        assert read_whole(file) == CONTENT
    assert len(requests) == 1


def test_a_body_that_is_cut_at_every_try_is_unreachable(full: ArchiveBucket, tmp_path: Path) -> None:
    with (
        troubled(full, GET, *[broken_body] * 5),
        arriving(full, tmp_path) as file,
        pytest.raises(ArchiveUnreachable),
    ):
        read_whole(file)


def without_range(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """A proxy that does not know the Range header, as far as its answer shows it."""
    response = send(request)
    del response.headers["Content-Range"]
    return response


def test_a_whole_body_is_not_taken_for_the_rest_of_one(full: ArchiveBucket, tmp_path: Path) -> None:
    with (
        troubled(full, GET, broken_body, without_range),
        arriving(full, tmp_path) as file,
        pytest.raises(ArchiveUnreachable, match="did not go on from byte"),
    ):
        read_whole(file)


# No end without a proof


def test_a_file_whose_bytes_are_not_the_expected_ones_has_no_end(full: ArchiveBucket, tmp_path: Path) -> None:
    with arriving(full, tmp_path, "0" * 64) as file, pytest.raises(ArchiveDamaged, match="does not hold the bytes"):
        read_whole(file)


def test_case_37_bytes_that_were_changed_on_the_way_are_told_from_a_damaged_object(
    full: ArchiveBucket, tmp_path: Path
) -> None:
    with (
        troubled(full, GET, changed_body) as requests,
        arriving(full, tmp_path) as file,
        pytest.raises(ArchiveUnreachable, match="changed on the way; the object is sound"),
    ):
        read_whole(file)
    assert len(requests) == 2
    with arriving(full, tmp_path) as file:
        assert read_whole(file) == CONTENT


def test_case_37_an_object_that_comes_changed_every_time_is_damaged(full: ArchiveBucket, tmp_path: Path) -> None:
    with (
        troubled(full, GET, changed_body, changed_body),
        arriving(full, tmp_path) as file,
        pytest.raises(ArchiveDamaged, match="does not hold the bytes"),
    ):
        read_whole(file)


def test_whoever_reads_a_damaged_file_again_hears_of_it_again(full: ArchiveBucket, tmp_path: Path) -> None:
    with arriving(full, tmp_path, "0" * 64) as file:
        for _ in range(2):
            with pytest.raises(ArchiveDamaged):
                read_whole(file)


def test_an_object_that_is_replaced_while_it_is_read_is_damage(full: ArchiveBucket, tmp_path: Path) -> None:
    def replace() -> None:
        full._client.put_object(Bucket=full.name, Key=KEY, Body=CONTENT[::-1])

    with (
        troubled(full, GET, broken_body, after(replace)),
        arriving(full, tmp_path) as file,
        pytest.raises(ArchiveDamaged, match="replaced while it was read"),
    ):
        read_whole(file)


def test_an_object_that_vanishes_while_it_is_read_is_missing(full: ArchiveBucket, tmp_path: Path) -> None:
    def delete() -> None:
        full._client.delete_object(Bucket=full.name, Key=KEY)

    with (
        troubled(full, GET, broken_body, after(delete)),
        arriving(full, tmp_path) as file,
        pytest.raises(ArchiveDamaged, match="is missing"),
    ):
        read_whole(file)


def test_an_object_that_is_not_there_is_missing(bucket: ArchiveBucket, tmp_path: Path) -> None:
    with (
        arriving(bucket, tmp_path) as file,
        pytest.raises(ArchiveDamaged, match="is missing, although the ledger knows it"),
    ):
        file.read(1)


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (500, "InternalError")])
def test_a_refusal_reaches_the_reader_in_the_archives_words(
    full: ArchiveBucket, tmp_path: Path, status: int, code: str
) -> None:
    with (
        troubled(full, GET, *[answered(status, code)] * (5 if status == 500 else 1)),
        arriving(full, tmp_path) as file,
        pytest.raises(ArchiveError, match=rf"GET s3://{full.name}/{KEY} failed: S3 answered {status} {code}"),
    ):
        file.read(1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
def test_a_disk_that_is_full_reaches_the_reader(full: ArchiveBucket) -> None:
    with (
        full.arriving(KEY, Path("/dev/full"), sha256=SHA256) as file,
        pytest.raises(OSError, match="No space left"),
    ):
        file.read(1)


# Readers that give up


def test_a_reader_that_gives_up_ends_the_fetching_and_nothing_is_tried_again(
    full: ArchiveBucket, tmp_path: Path
) -> None:
    def give_up() -> None:
        with arriving(full, tmp_path) as file:
            read_bytes(file, HALF)
            raise ZeroDivisionError

    with troubled(full, GET, held_body(Event())) as requests, pytest.raises(ZeroDivisionError):
        give_up()
    assert fetching() == []
    assert len(requests) == 1


def test_a_file_that_was_left_cannot_be_read(full: ArchiveBucket, tmp_path: Path) -> None:
    with arriving(full, tmp_path) as file:
        read_whole(file)
    with pytest.raises(ValueError, match="closed"):
        file.read(1)


def test_a_reader_that_waits_hears_that_the_file_was_left(full: ArchiveBucket, tmp_path: Path) -> None:
    with troubled(full, GET, held_body(Event())), ThreadPoolExecutor(1) as other:
        with arriving(full, tmp_path) as file:
            read_bytes(file, HALF)
            waiting = other.submit(file.read, 1)
        with pytest.raises(ValueError, match="closed"):
            waiting.result()


@contextmanager
def server_that_falls_silent() -> Iterator[str]:
    """Serve half an object, and then nothing, over a connection that stays open until the other side leaves."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: %d\r\n\r\n' % len(CONTENT) + CONTENT[:HALF]
            )
            connection.settimeout(20)  # less than the other side would wait for more
            with suppress(ConnectionResetError):
                connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as server:
        served = server.submit(serve, listener)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        served.result()


def test_a_reader_that_gives_up_does_not_wait_for_a_server_that_has_fallen_silent(
    bucket_settings: ArchiveSettings, tmp_path: Path
) -> None:
    with server_that_falls_silent() as endpoint:
        silent = ArchiveBucket(bucket_settings.model_copy(update={"endpoint_url": endpoint}), FakeClock(NOW))
        with arriving(silent, tmp_path) as file:
            assert len(read_bytes(file, 500_000)) == 500_000
        assert fetching() == []
