"""Removing from the bucket: objects and uploads that were listed, if they still are what they were then.

The one place that deletes anything. Archiving has no need of it and no right to it; `chat-archive cleanup` is all that
calls it. What may be removed is decided in `assets/verification/leftovers.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from resources.archive.errors import ArchiveRefused
from resources.archive.s3_errors import MISSING, code_of, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NO_RIGHT = frozenset({"AccessDenied", "403"})


@dataclass(frozen=True, slots=True)
class UnfinishedUpload:
    """An upload by parts that was begun and neither completed nor aborted: its parts are stored, and paid for.

    Attributes:
        key: Where it should have gone.
        upload_id: S3's name of it.
        begun_at: When it was begun, by S3's clock.
    """

    key: str
    upload_id: str
    begun_at: datetime


class Removal:
    """Lists what is unfinished, and removes.

    Args:
        client: Its retries of each request are relied on.
        bucket: The bucket's name.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def unfinished_uploads(self, prefix: str) -> Iterator[UnfinishedUpload]:
        """Yield the uploads under a prefix that are neither completed nor aborted; a thousand are one request.

        Raises:
            ArchiveError: S3 cannot be asked, or does not allow it.
        """
        with self._allowed("LIST UPLOADS", prefix, "s3:ListBucketMultipartUploads"):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for entry in page.get("Uploads", ()):
                    yield UnfinishedUpload(entry["Key"], entry["UploadId"], entry["Initiated"])

    def abort(self, upload: UnfinishedUpload) -> bool:
        """Throw away an upload's parts, and tell whether it was still there.

        Raises:
            ArchiveError: S3 cannot be asked, or does not allow it.
        """
        # Asked anew: Ceph loses the data of an object whose upload is aborted while it is being completed (ceph/ceph
        # pull request 60771). What is still listed now was not completed meanwhile.
        if upload not in self.unfinished_uploads(upload.key):
            return False
        with self._allowed("ABORT", upload.key, "s3:AbortMultipartUpload"):
            try:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=upload.key, UploadId=upload.upload_id)
            except ClientError as error:
                if code_of(error) != "NoSuchUpload":
                    raise
                return False
        return True

    def delete(self, key: str, written_at: datetime) -> bool:
        """Delete an object if nobody has written it since a listing told when it was written; tell whether it was.

        In a bucket with versions this hides the object; the bucket's lifecycle rules say when the bytes go.

        Raises:
            ArchiveError: S3 cannot be asked, or does not allow it.
        """
        with self._allowed("DELETE", key, "s3:DeleteObject"):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) in MISSING:
                    return False
                raise
            # A HEAD tells whole seconds, a listing of some servers finer ones.
            if answer["LastModified"].replace(microsecond=0) != written_at.replace(microsecond=0):
                return False
            self._client.delete_object(Bucket=self._bucket, Key=key)
        return True

    @contextmanager
    def _allowed(self, operation: str, key: str, right: str) -> Iterator[None]:
        with explained(operation, self._bucket, key):
            try:
                yield
            except ClientError as error:
                if code_of(error) not in _NO_RIGHT:
                    raise
                raise ArchiveRefused(
                    f"{operation} s3://{self._bucket}/{key} failed: these credentials may not do that.",
                    f"Archiving needs no such right. To clean up, run this once with credentials that have {right} on "
                    f"the bucket, or let a lifecycle rule of the bucket do it.",
                ) from None
