"""A file that is read while it still arrives from S3, and whose end is only ever seen if its bytes are proven.

A thread writes the bytes into a local file and computes their SHA-256; the reader follows it through that file, so
memory is bounded however slow the reader is. A body that is cut is asked for again from the byte that was reached. Not
here: what the file holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from io import FileIO
from pathlib import Path
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from resources.archive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveUnreachable,
    ChangedOnTheWay,
    damaged_object,
    missing_object,
)
from resources.archive.retries import retrying
from resources.archive.s3_answers import value_in
from resources.archive.s3_errors import MISSING, code_of, explained
from resources.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_CHUNK = 256 * 1024


class ArrivingFile:
    """The reader's place in a file that may still arrive."""

    def __init__(self, arrival: _Arrival) -> None:
        self._arrival = arrival
        self._position = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, waiting for them if need be; nothing at the end of the file.

        Args:
            size: So many bytes at most, at least 1; there may be fewer.

        Raises:
            ArchiveDamaged: There is no such object, or it does not hold the bytes it should, or was changed meanwhile.
            ArchiveError: It could not be fetched.
            OSError: The local file could not be written.
            ValueError: The file was closed.
        """
        piece = self._arrival.read_at(self._position, size)
        self._position += len(piece)
        return piece

    def read_to_end(self) -> None:
        """Wait until all has arrived, and is proven: it then lies in the local file. Raises what `read` does."""
        while self.read(_CHUNK):
            pass


@contextmanager
def arriving(
    client: S3Client, bucket: str, key: str, path: Path, *, sha256: str, clock: Clock
) -> Iterator[ArrivingFile]:
    """Fetch an object while it is read; at the end of the block, what is still under way is stopped.

    Args:
        client: Its retries of each request are relied on.
        bucket: The bucket's name.
        key: Where from.
        path: A local file; what is there is replaced. It stays when the block ends, whole or not.
        sha256: What the bytes must have.
        clock: Sleeps between attempts.
    """
    with path.open("wb", buffering=0) as written, path.open("rb", buffering=0) as read:
        arrival = _Arrival(client, bucket, key, written=written, read=read, sha256=sha256, clock=clock)
        thread = Thread(target=arrival.fetch, name=f"arriving {path.name}", daemon=True)
        thread.start()
        try:
            yield ArrivingFile(arrival)
        finally:
            arrival.stop()
            thread.join()


class _Stopped(Exception):
    """Nobody wants the rest."""


class _Arrival:
    """What the thread that fetches and the reader share."""

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        key: str,
        *,
        written: FileIO,
        read: FileIO,
        sha256: str,
        clock: Clock,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._written = written
        self._read = read
        self._expected = sha256
        self._clock = clock
        self._sha256 = hashlib.sha256()
        self._etag = ""
        self._length: int | None = None
        # All below changes only while the condition is held, and the reader is told.
        self._changed = Condition()
        self._arrived = 0
        self._ended = False
        self._failure: BaseException | None = None
        self._stopped = False
        self._stream: Any = None

    def read_at(self, position: int, size: int) -> bytes:
        """Wait for the bytes at a place, for the reader."""
        with self._changed:
            self._changed.wait_for(lambda: self._arrived > position or self._ended or self._stopped)
            if self._stopped:
                raise ValueError("This file was closed.")
            if self._failure is not None:
                raise self._failure
            self._read.seek(position)
            return self._read.read(min(size, self._arrived - position))

    def stop(self) -> None:
        """Let the thread end as soon as it can, and the reader hear of it."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            if self._stream is not None:
                # A thread that waits for S3 wakes up; one whose connection is just being closed needs no waking.
                with suppress(OSError, RuntimeError, ValueError):
                    self._stream.shutdown()

    def fetch(self) -> None:
        """Fetch everything, as the thread does, and leave the outcome for the reader. Raises nothing."""
        failure: BaseException | None = None
        try:
            with explained("GET", self._bucket, self._key):
                for attempt in retrying(self._clock):
                    with attempt:
                        self._fetch_rest()
                if self._sha256.hexdigest() != self._expected:
                    failure = self._what_is_wrong_with_it()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the reader waits to hear of it
            failure = error
        with self._changed:
            self._failure, self._ended = failure, True
            self._changed.notify_all()

    def _fetch_rest(self) -> None:
        """Ask for what has not arrived yet, and take it."""
        if self._arrived == self._length:  # it was cut after its last byte
            return
        self._go_on_if_wanted()
        answer = self._ask()
        self._etag, self._length = self._etag or value_in(answer, "ETag"), self._length or answer["ContentLength"]
        body = answer["Body"]
        with body as stream:
            self._go_on_if_wanted(stream)
            try:
                for chunk in body.iter_chunks(_CHUNK):
                    self._take(chunk)
            finally:
                with self._changed:
                    self._stream = None

    def _ask(self) -> GetObjectOutputTypeDef:
        begun = self._length is not None
        rest: dict[str, Any] = {"Range": f"bytes={self._arrived}-", "IfMatch": self._etag.strip('"')} if begun else {}
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key, **rest)
        except ClientError as error:
            if code_of(error) in MISSING:
                raise missing_object(self._bucket, self._key) from None
            if code_of(error) == "PreconditionFailed":
                raise ArchiveDamaged(
                    f"s3://{self._bucket}/{self._key} was replaced while it was read.",
                    "Raw revisions never change: find out who writes there, then run it again.",
                ) from None
            raise
        if begun and not answer.get("ContentRange", "").startswith(f"bytes {self._arrived}-"):
            answer["Body"].close()
            raise ArchiveUnreachable(
                f"GET s3://{self._bucket}/{self._key} broke off, and S3 did not go on from byte {self._arrived:,}.",
                "Look for a proxy before the S3 server that does not know the Range header, and run it again.",
            )
        return answer

    def _what_is_wrong_with_it(self) -> ArchiveError:
        """Fetch it once more, only to tell an object that is damaged from bytes that were changed on the way."""
        for attempt in retrying(self._clock):
            with attempt:
                sha256 = hashlib.sha256()
                with closing(self._client.get_object(Bucket=self._bucket, Key=self._key)["Body"]) as body:
                    for chunk in body.iter_chunks(_CHUNK):
                        self._go_on_if_wanted()
                        sha256.update(chunk)
        if sha256.hexdigest() != self._expected:
            return damaged_object(self._bucket, self._key)
        return ChangedOnTheWay(
            f"GET s3://{self._bucket}/{self._key} gave bytes that were changed on the way; the object is sound.",
            "Nothing was made of them. Run it again; if it stays, check this machine's memory and the network to S3.",
        )

    def _go_on_if_wanted(self, stream: object = None) -> None:
        with self._changed:
            if self._stopped:
                raise _Stopped
            self._stream = stream

    def _take(self, chunk: bytes) -> None:
        self._sha256.update(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._written.write(rest) :]
        with self._changed:
            if self._stopped:
                raise _Stopped
            self._arrived += len(chunk)
            self._changed.notify_all()
