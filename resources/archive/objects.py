"""Objects in the archive's bucket: put on a condition, got with their bytes proven, listed. One bucket, boto3.

A put is guarded: it says which version it replaces, and fails when somebody else was faster. Every object carries its
SHA-256, so that a put whose answer was lost is recognised as our own, and a damaged download as damaged. Not here: what
the objects mean (`layout.py`, `ledger.py`), how S3 is reached (`s3_client.py`), how parts are sent (`multipart.py`),
reading what still arrives (`arriving_file.py`), removing (`removal.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from resources.archive.arriving_file import ArrivingFile, arriving
from resources.archive.errors import ArchiveSuperseded, ArchiveUnreachable, damaged_object, refused_although_it_holds
from resources.archive.kept_versions import KeptVersions
from resources.archive.multipart import MultipartUpload
from resources.archive.removal import Removal
from resources.archive.retries import retrying, was_a_conflict
from resources.archive.s3_answers import value_in
from resources.archive.s3_client import connect_to_s3, encryption_of
from resources.archive.s3_errors import (
    CONDITION_NOT_MET,
    MISSING,
    REFUSED_WITHOUT_A_REASON,
    code_of,
    explained,
    status_of,
)
from resources.clock import Clock
from resources.digests import Digester, Digests, digests_of
from resources.settings import ArchiveSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGEST_SINGLE_PUT = 64 * 1024 * 1024
"""A longer file is sent by parts: S3 takes at most 5 GiB in one put, and one connection is slower than several."""

_CHUNK = 1024 * 1024
_FETCHES_BEFORE_DAMAGE = 2
"""Bytes that were changed on the way come unchanged the next time; those of a damaged object do not."""


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

    def holds(self, digests: Digests) -> bool:
        """Tell whether the object holds the bytes of these digests."""
        return (self.bytes, self.sha256) == (digests.bytes, digests.sha256)


@dataclass(frozen=True, slots=True)
class ListedObject:
    """What a listing tells of an object.

    Attributes:
        key: Its key.
        bytes: The length.
        written_at: When it was last written, by S3's clock, in whole seconds on some servers.
    """

    key: str
    bytes: int
    written_at: datetime


class ArchiveBucket:
    """The archive's bucket. Nothing is connected before the first call."""

    def __init__(self, settings: ArchiveSettings, clock: Clock) -> None:
        self.name = settings.bucket
        self.prefix = settings.prefix
        self.clock = clock
        self._settings = settings
        self._encryption = encryption_of(settings)
        self._versions = KeptVersions(self.name)

    @cached_property
    def _client(self) -> S3Client:
        return connect_to_s3(self._settings)

    @cached_property
    def removal(self) -> Removal:
        """What removes from the bucket; nothing but `chat-archive cleanup` has any use for it."""
        return Removal(self._client, self.name)

    def time(self) -> datetime:
        """Return the time by S3's own clock, to which what a listing tells of objects is compared; in whole seconds.

        Raises:
            ArchiveUnreachable: The answer does not tell it.
        """
        with explained("LIST", self.name, self.prefix):
            answer = self._client.list_objects_v2(Bucket=self.name, Prefix=self.prefix, MaxKeys=1)
        told = value_in(answer["ResponseMetadata"]["HTTPHeaders"], "date")
        try:
            return parsedate_to_datetime(told).astimezone(UTC)
        except (ValueError, OverflowError):  # a year or an offset may be no machine's
            raise ArchiveUnreachable(
                f"LIST s3://{self.name}/{self.prefix} was answered with a Date that is none.",
                "Look for a proxy before the S3 server that changes it, and run it again.",
            ) from None

    def head(self, key: str) -> ObjectHead | None:
        """Return what S3 tells of an object, or None when there is none."""
        with explained("HEAD", self.name, key):
            try:
                answer = retrying(self.clock)(self._client.head_object, Bucket=self.name, Key=key)
            except ClientError as error:
                if code_of(error) in MISSING:
                    return None
                if status_of(error) in REFUSED_WITHOUT_A_REASON:
                    self._hear_why_it_is_refused(key)
                raise
        return ObjectHead(value_in(answer, "ETag"), answer["ContentLength"], _sha256_in(answer["Metadata"]))

    def _hear_why_it_is_refused(self, key: str) -> None:
        """Ask once more by a GET: the answer to a HEAD has no body, so nobody can say in it that a clock is wrong."""
        self._client.get_object(Bucket=self.name, Key=key, Range="bytes=0-0")["Body"].close()

    def put_file(
        self, key: str, path: Path, digests: Digests, *, content_type: str, replaces: ObjectHead | None
    ) -> str:
        """Store a file under a key, whole or not at all, and return its etag. A large one is sent by parts.

        Args:
            key: Where to.
            path: The file; it is never in memory as a whole.
            digests: Of the file; sent along and stored.
            content_type: The media type.
            replaces: The version this put replaces, as `head` or `read` told; None when there must be none yet.

        Raises:
            ArchiveSuperseded: The key holds something else than `replaces` by now. A put of the same bytes whose answer
                was lost is recognised by its SHA-256 and counts as done; where none must be there yet, an object
                without a SHA-256 is read and compared.
            ArchiveRefused: S3 does not know how to replace a version only if it still is the one there.
        """
        if digests.bytes > LARGEST_SINGLE_PUT:
            with explained("PUT", self.name, key):
                return retrying(self.clock, was_a_conflict)(
                    self._put_by_parts, key, path, digests, content_type, replaces
                )
        with path.open("rb") as file:
            return self._put(key, file, digests, content_type, replaces)

    def put_bytes(self, key: str, content: bytes, *, content_type: str, replaces: ObjectHead | None) -> str:
        """Store a small object; everything else as `put_file`.

        Raises:
            ArchiveRefused: As `put_file`, and already for a new object, which is stored, if S3 would not know how.
        """
        digests = digests_of(BytesIO(content))
        is_new = replaces is None
        return self._put(key, BytesIO(content), digests, content_type, replaces, may_be_put_again=is_new)

    def _put(
        self,
        key: str,
        body: BinaryIO,
        digests: Digests,
        content_type: str,
        replaces: ObjectHead | None,
        *,
        may_be_put_again: bool = False,
    ) -> str:
        def put() -> Mapping[str, Any]:
            body.seek(0)
            return self._client.put_object(
                Bucket=self.name,
                Key=key,
                Body=body,
                ContentLength=digests.bytes,
                ContentMD5=digests.md5,
                ContentType=content_type,
                Metadata={"sha256": digests.sha256},
                **self._encryption,
                **_condition(replaces),
            )

        with explained("PUT", self.name, key):
            for attempt in retrying(self.clock):
                with attempt:
                    try:
                        answer = put()
                    except ClientError as error:
                        if code_of(error) not in CONDITION_NOT_MET:
                            raise
                        return self._own_put_or_superseded(key, digests, replaces)
        if may_be_put_again:
            self._versions.look_at(answer, key, put)
        return str(value_in(answer, "ETag"))

    def _put_by_parts(
        self,
        key: str,
        path: Path,
        digests: Digests,
        content_type: str,
        replaces: ObjectHead | None,
    ) -> str:
        if there := self._own_put_unless_replaceable(key, digests, replaces):
            return there
        with MultipartUpload(
            self._client,
            self.name,
            key,
            digests,
            content_type=content_type,
            encryption=self._encryption,
            clock=self.clock,
        ) as upload:
            upload.send(path)
            # Ceph before 20 ignores a condition at completion: this look leaves another writer a moment, not minutes.
            if there := self._own_put_unless_replaceable(key, digests, replaces):
                return there
            try:
                upload.complete(_condition(replaces))
            except ClientError as error:
                if code_of(error) not in CONDITION_NOT_MET | {"NoSuchUpload"}:
                    raise
        # Asked for also after a good answer, in which Ceph before 20 leaves the etag out.
        return self._own_put_or_superseded(key, digests, replaces)

    def _own_put_unless_replaceable(self, key: str, digests: Digests, replaces: ObjectHead | None) -> str | None:
        """Return the etag of these very bytes if they are there, or None if what is there may still be replaced."""
        there = self.head(key)
        if there is not None and (there.holds(digests) or (not replaces and self._has_the_bytes(key, there, digests))):
            return there.etag
        if (there and there.etag) != (replaces and replaces.etag):
            raise self._superseded(key)
        return None

    def _own_put_or_superseded(self, key: str, digests: Digests, replaces: ObjectHead | None) -> str:
        """A refused condition may only mean that our own put arrived and its answer did not."""
        there = self.head(key)
        if there is not None and (there.holds(digests) or (not replaces and self._has_the_bytes(key, there, digests))):
            return there.etag
        if there is not None and replaces is not None and there.etag == replaces.etag:
            raise refused_although_it_holds(self.name, key)
        raise self._superseded(key)

    def _has_the_bytes(self, key: str, there: ObjectHead, digests: Digests) -> bool:
        """Fetch and hash an object that carries no SHA-256, as one that was restored without its metadata."""
        if there.sha256 is not None or there.bytes != digests.bytes:
            return False
        with explained("GET", self.name, key):
            for attempt in retrying(self.clock):
                with attempt:
                    digester = Digester()
                    with closing(self._client.get_object(Bucket=self.name, Key=key)["Body"]) as body:
                        for chunk in body.iter_chunks(_CHUNK):
                            digester.update(chunk)
        return digester.digests() == digests

    def _superseded(self, key: str) -> ArchiveSuperseded:
        return ArchiveSuperseded(
            f"s3://{self.name}/{key} was written by somebody else in the meantime.",
            "Nothing was overwritten. Run it again; it will start from what is there now.",
        )

    def read(self, key: str) -> tuple[bytes, ObjectHead] | None:
        """Return a small object's bytes and version, or None when there is none.

        Raises:
            ArchiveDamaged: The bytes do not have the SHA-256 the object carries, also when they are fetched again.
        """
        for _ in range(_FETCHES_BEFORE_DAMAGE):
            content = BytesIO()
            head = self._get(key, content)
            if head is None:
                return None
            if head.sha256 in {None, hashlib.sha256(content.getvalue()).hexdigest()}:
                return content.getvalue(), head
        raise damaged_object(self.name, key)

    def arriving(self, key: str, path: Path, *, sha256: str) -> AbstractContextManager[ArrivingFile]:
        """Fetch an object into a file, to be read while it arrives; see `arriving_file.py`.

        Args:
            key: Where from.
            path: A local file; what is there is replaced.
            sha256: What its bytes must have, or reading it ends in `ArchiveDamaged`.
        """
        return arriving(self._client, self.name, key, path, sha256=sha256, clock=self.clock)

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys under a prefix that sort after a given one, in S3's order (by their UTF-8 bytes)."""
        for entry in self.listed(prefix, after=after):
            yield entry.key

    def listed(self, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        """Yield what S3 lists under a prefix; everything else as `keys`. A thousand objects are one request."""
        with explained("LIST", self.name, prefix):
            paginator = self._client.get_paginator("list_objects_v2")
            pages = paginator.paginate(Bucket=self.name, Prefix=prefix, StartAfter=after)
            for page in pages:
                value_in(page, "IsTruncated")  # a stranger's page would pass for a listing of nothing
                for entry in page.get("Contents", ()):
                    yield ListedObject(entry["Key"], entry["Size"], entry["LastModified"])

    def _get(self, key: str, file: BinaryIO) -> ObjectHead | None:
        """Write an object's bytes into a file; a body that is cut is asked for again, which boto3 does not do."""
        with explained("GET", self.name, key):
            for attempt in retrying(self.clock):
                with attempt:
                    file.seek(0)
                    file.truncate()
                    try:
                        answer = self._client.get_object(Bucket=self.name, Key=key)
                    except ClientError as error:
                        if code_of(error) in MISSING:
                            return None
                        raise
                    with closing(answer["Body"]) as body:
                        file.writelines(body.iter_chunks(_CHUNK))
        return ObjectHead(value_in(answer, "ETag"), answer["ContentLength"], _sha256_in(answer["Metadata"]))


def _condition(replaces: ObjectHead | None) -> dict[str, Any]:
    # Without its quotes: Ceph before 20 compares them too, and S3 takes an etag either way.
    return {"IfMatch": replaces.etag.strip('"')} if replaces else {"IfNoneMatch": "*"}


def _sha256_in(metadata: Mapping[str, str]) -> str | None:
    """Find our digest; some servers change the case of metadata keys."""
    return next((value for name, value in metadata.items() if name.lower() == "sha256"), None)
