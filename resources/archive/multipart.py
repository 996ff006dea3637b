"""Sending a large file to S3 by parts: several at once, each proven, and nothing left behind when it goes wrong.

Not here: which files are large, and which version may be replaced (`objects.py`).
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from resources.archive.errors import ArchiveDamaged
from resources.archive.retries import retrying
from resources.archive.s3_answers import value_in
from resources.archive.s3_client import Encryption
from resources.archive.s3_errors import status_of
from resources.clock import Clock
from resources.digests import Digests

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 16 * 1024 * 1024
"""The length of a part, unless the file would need too many of them."""

MOST_PARTS = 10_000
"""S3 takes no more parts in one object."""

_SENDERS = 4
"""So many parts are under way, and in memory, at a time."""

_REFUSALS = range(400, 500)


class _Checksum(TypedDict, total=False):
    ChecksumAlgorithm: Literal["CRC32"]


class MultipartUpload:
    """One upload by parts. As a context manager it is begun, and aborted unless it was completed.

    Args:
        client: Its retries of each request are relied on.
        bucket: The bucket's name.
        key: Where to.
        digests: Of the whole file; stored with the object.
        content_type: The media type.
        encryption: How the object is to be encrypted.
        clock: Sleeps between attempts.
    """

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        key: str,
        digests: Digests,
        *,
        content_type: str,
        encryption: Encryption,
        clock: Clock,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._digests = digests
        self._content_type = content_type
        self._encryption = encryption
        self._clock = clock
        # AWS checks a CRC of each part beside the MD5, if the upload was begun with it; older servers do not know it.
        config: Any = client.meta.config
        known = config.request_checksum_calculation == "when_supported"
        self._checksum: _Checksum = {"ChecksumAlgorithm": "CRC32"} if known else {}
        self._id = ""
        self._parts: list[CompletedPartTypeDef] = []
        self._may_be_aborted = True

    def __enter__(self) -> Self:
        answer = self._client.create_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            ContentType=self._content_type,
            Metadata={"sha256": self._digests.sha256},
            **self._encryption,
            **self._checksum,
        )
        self._id = value_in(answer, "UploadId")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._may_be_aborted:
            with suppress(BotoCoreError, ClientError):  # it must not hide what went wrong before
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._id)

    def send(self, path: Path) -> None:
        """Send the whole file.

        Raises:
            ArchiveDamaged: The file does not hold the bytes it was announced with.
            ClientError, BotoCoreError: A part could not be sent, after all retries.
        """
        part_bytes = max(PART_BYTES, -(-self._digests.bytes // MOST_PARTS))
        sha256, number = hashlib.sha256(), 0
        under_way: deque[Future[CompletedPartTypeDef]] = deque()
        with path.open("rb") as file, ThreadPoolExecutor(_SENDERS) as senders:
            while piece := file.read(part_bytes):
                number += 1
                under_way.append(senders.submit(self._send_part, number, piece))
                sha256.update(piece)
                del piece
                if len(under_way) == _SENDERS:
                    self._parts.append(under_way.popleft().result())
            self._parts.extend(part.result() for part in under_way)
        if sha256.hexdigest() != self._digests.sha256:
            raise ArchiveDamaged(
                f"The file for s3://{self._bucket}/{self._key} was changed on this machine before it was sent.",
                "Nothing was stored. Run it again; if it stays, check this machine's disk.",
            )

    def _send_part(self, number: int, piece: bytes) -> CompletedPartTypeDef:
        md5 = base64.b64encode(hashlib.md5(piece, usedforsecurity=False).digest()).decode()
        for attempt in retrying(self._clock):
            with attempt:
                answer = self._client.upload_part(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=self._id,
                    PartNumber=number,
                    Body=piece,
                    ContentMD5=md5,
                    **self._checksum,
                )
        part: CompletedPartTypeDef = {"PartNumber": number, "ETag": value_in(answer, "ETag")}
        if "ChecksumCRC32" in answer:
            part["ChecksumCRC32"] = answer["ChecksumCRC32"]
        return part

    def complete(self, condition: dict[str, Any]) -> None:
        """Make the parts that were sent one object.

        Args:
            condition: IfMatch or IfNoneMatch.

        Raises:
            ClientError, BotoCoreError: S3 refused, or did not answer, after all retries.
        """
        # Ceph loses the data of an object whose upload is aborted while it is still being completed (ceph/ceph pull
        # request 60771). So it is aborted only if S3 has refused the one and only request to complete it.
        self._may_be_aborted = False
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._id,
                MultipartUpload={"Parts": self._parts},
                **condition,
            )
        except ClientError as error:
            self._may_be_aborted = _was_refused_at_once(error)
            raise


def _was_refused_at_once(error: ClientError) -> bool:
    tried_again = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0
    return status_of(error) in _REFUSALS and not tried_again
