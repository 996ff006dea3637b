"""Objects in the archive's bucket: put on a condition, got with their bytes proven, listed. One bucket, boto3.

A put is guarded: it says which version it replaces, and fails when somebody else was faster. Every object carries its
SHA-256, so that a put whose answer was lost is recognised as our own, and a damaged download as damaged. Not here: what
the objects mean (`layout.py`, `ledger.py`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from resources.archive.errors import ArchiveDamaged, ArchiveSuperseded
from resources.archive.s3_errors import code_of, explained
from resources.clock import Clock
from resources.settings import ArchiveSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = 1024 * 1024
_TRIES = 5
_CONNECTIONS = 16
_MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
_CONDITION_NOT_MET = frozenset({"PreconditionFailed", "412"}) | _MISSING


@dataclass(frozen=True, slots=True)
class Digests:
    """What proves a sequence of bytes: its length and two digests.

    Attributes:
        bytes: The length.
        sha256: In lower-case hex: the name and proof of every object.
        md5: In base64: the only integrity header that every S3 server checks.
    """

    bytes: int
    sha256: str
    md5: str


def digests_of(file: BinaryIO) -> Digests:
    """Read a file from where it stands to its end, in bounded memory, and return its digests."""
    sha256, md5, length = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    while chunk := file.read(_CHUNK):
        sha256.update(chunk)
        md5.update(chunk)
        length += len(chunk)
    return Digests(length, sha256.hexdigest(), base64.b64encode(md5.digest()).decode())


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What S3 tells of an object without sending it.

    Attributes:
        etag: The version, to be named when it is replaced.
        bytes: The length.
        sha256: As the writer stored it, or None on an object this program did not write.
    """

    etag: str
    bytes: int
    sha256: str | None


class ArchiveBucket:
    """The archive's bucket. Nothing is connected before the first call."""

    def __init__(self, settings: ArchiveSettings, clock: Clock) -> None:
        self.name = settings.bucket
        self.prefix = settings.prefix
        self._settings = settings
        self._clock = clock

    @cached_property
    def _client(self) -> S3Client:
        own_server = self._settings.endpoint_url is not None
        config = Config(
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=_CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            s3={"addressing_style": "path" if own_server else "auto"},
            # S3-compatible servers older than 2025 refuse boto3's new checksum trailers; Content-MD5 is sent to all.
            request_checksum_calculation="when_required" if own_server else "when_supported",
            response_checksum_validation="when_required" if own_server else "when_supported",
        )
        session = boto3.session.Session(region_name=self._settings.region)
        return session.client("s3", endpoint_url=self._settings.endpoint_url, config=config)

    def head(self, key: str) -> ObjectHead | None:
        """Return what S3 tells of an object, or None when there is none."""
        with explained("HEAD", self.name, key):
            try:
                answer = self._client.head_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if code_of(error) in _MISSING:
                    return None
                raise
        return ObjectHead(answer["ETag"], answer["ContentLength"], _sha256_in(answer["Metadata"]))

    def put_file(
        self, key: str, path: Path, digests: Digests, *, content_type: str, replaces: ObjectHead | None
    ) -> str:
        """Store a file under a key, as one PutObject, and return its etag.

        Args:
            key: Where to.
            path: The file; it is streamed.
            digests: Of the file; sent along and stored.
            content_type: The media type.
            replaces: The version this put replaces, as `head` or `read` told; None when there must be none yet.

        Raises:
            ArchiveSuperseded: The key holds something else than `replaces` by now. A put of the same bytes whose answer
                was lost is recognised by its SHA-256 and counts as done.
        """
        with path.open("rb") as file:
            return self._put(key, file, digests, content_type, replaces)

    def put_bytes(self, key: str, content: bytes, *, content_type: str, replaces: ObjectHead | None) -> str:
        """Store a small object; everything else as `put_file`."""
        digests = digests_of(BytesIO(content))
        return self._put(key, BytesIO(content), digests, content_type, replaces)

    def _put(
        self,
        key: str,
        body: BinaryIO,
        digests: Digests,
        content_type: str,
        replaces: ObjectHead | None,
    ) -> str:
        # Without its quotes: Ceph before 20 compares them too, and S3 takes an etag either way.
        condition: dict[str, Any] = {"IfMatch": replaces.etag.strip('"')} if replaces else {"IfNoneMatch": "*"}
        with explained("PUT", self.name, key):
            for attempt in self._retrying():
                with attempt:
                    body.seek(0)
                    try:
                        answer = self._client.put_object(
                            Bucket=self.name,
                            Key=key,
                            Body=body,
                            ContentLength=digests.bytes,
                            ContentMD5=digests.md5,
                            ContentType=content_type,
                            Metadata={"sha256": digests.sha256},
                            **condition,
                        )
                    except ClientError as error:
                        if code_of(error) not in _CONDITION_NOT_MET:
                            raise
                        return self._own_put_or_superseded(key, digests)
        return answer["ETag"]

    def _own_put_or_superseded(self, key: str, digests: Digests) -> str:
        """A refused condition may only mean that our own put arrived and its answer did not."""
        there = self.head(key)
        if there is not None and there.sha256 == digests.sha256 and there.bytes == digests.bytes:
            return there.etag
        raise ArchiveSuperseded(
            f"s3://{self.name}/{key} was written by somebody else in the meantime.",
            "Nothing was overwritten. Run it again; it will start from what is there now.",
        )

    def read(self, key: str) -> tuple[bytes, ObjectHead] | None:
        """Return a small object's bytes and version, or None when there is none.

        Raises:
            ArchiveDamaged: The bytes do not have the SHA-256 the object carries.
        """
        content = BytesIO()
        head = self._get(key, content)
        if head is None:
            return None
        if head.sha256 is not None and hashlib.sha256(content.getvalue()).hexdigest() != head.sha256:
            raise self._damaged(key)
        return content.getvalue(), head

    def download(self, key: str, path: Path, *, sha256: str) -> None:
        """Fetch an object into a file and prove its bytes.

        Raises:
            ArchiveDamaged: There is no such object, or its bytes do not have this SHA-256.
        """
        with path.open("wb+") as file:
            if self._get(key, file) is None:
                raise ArchiveDamaged(
                    f"s3://{self.name}/{key} is missing, although the ledger knows it.",
                    "Restore it from a bucket version or a backup; inside the window, look at the hour again.",
                )
            file.seek(0)
            if digests_of(file).sha256 != sha256:
                raise self._damaged(key)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys under a prefix that sort after a given one, in S3's order (by their UTF-8 bytes)."""
        with explained("LIST", self.name, prefix):
            paginator = self._client.get_paginator("list_objects_v2")
            pages = paginator.paginate(Bucket=self.name, Prefix=prefix, StartAfter=after)
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"]

    def _get(self, key: str, file: BinaryIO) -> ObjectHead | None:
        """Write an object's bytes into a file; a body that is cut is asked for again, which boto3 does not do."""
        with explained("GET", self.name, key):
            for attempt in self._retrying():
                with attempt:
                    file.seek(0)
                    file.truncate()
                    try:
                        answer = self._client.get_object(Bucket=self.name, Key=key)
                    except ClientError as error:
                        if code_of(error) in _MISSING:
                            return None
                        raise
                    with closing(answer["Body"]) as body:
                        file.writelines(body.iter_chunks(_CHUNK))
        return ObjectHead(answer["ETag"], answer["ContentLength"], _sha256_in(answer["Metadata"]))

    def _retrying(self) -> Retrying:
        """What boto3 leaves to its caller: bodies cut or changed on the way, and two writers at the same instant."""
        return Retrying(
            retry=retry_if_exception(_worth_another_try),
            stop=stop_after_attempt(_TRIES),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            sleep=self._clock.sleep,
            reraise=True,
        )

    def _damaged(self, key: str) -> ArchiveDamaged:
        return ArchiveDamaged(
            f"s3://{self.name}/{key} does not hold the bytes that were written.",
            "Restore it from a bucket version or a backup; inside the window, delete it and look at the hour again.",
        )


def _worth_another_try(error: BaseException) -> bool:
    if isinstance(error, ClientError):
        return code_of(error) in {"ConditionalRequestConflict", "BadDigest"}
    return isinstance(error, ResponseStreamingError | IncompleteReadError | ReadTimeoutError)


def _sha256_in(metadata: Mapping[str, str]) -> str | None:
    """Find our digest; some servers change the case of metadata keys."""
    return next((value for name, value in metadata.items() if name.lower() == "sha256"), None)
