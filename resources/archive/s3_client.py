"""How S3 is reached: timeouts, retries, addressing, checksums, and the encryption that each object is stored with.

Not here: what is put and got (`objects.py`), and what an error means (`s3_errors.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypedDict

import boto3
from botocore.config import Config

from resources.archive.retries import TRIES
from resources.library_logs import keep_secrets_out_of_logs
from resources.settings import ArchiveSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS: Final = 10
_ANSWER_SECONDS: Final = 60
_CONNECTIONS: Final = 16


class Encryption(TypedDict, total=False):
    """What a put, or the beginning of an upload by parts, asks for; nothing leaves it to the bucket's own default."""

    ServerSideEncryption: Literal["aws:kms"]
    SSEKMSKeyId: str


def connect_to_s3(settings: ArchiveSettings) -> S3Client:
    """Return a client for the archive's bucket. Credentials are those boto3 finds, and renewed where they run out."""
    keep_secrets_out_of_logs()
    own_server = settings.endpoint_url is not None
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_ANSWER_SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"addressing_style": "path" if own_server else "auto"},
        # S3-compatible servers older than 2025 refuse boto3's new checksum trailers; Content-MD5 is sent to all.
        request_checksum_calculation="when_required" if own_server else "when_supported",
        response_checksum_validation="when_required" if own_server else "when_supported",
    )
    session = boto3.session.Session(region_name=settings.region)
    return session.client("s3", endpoint_url=settings.endpoint_url, config=config)


def encryption_of(settings: ArchiveSettings) -> Encryption:
    """Return how the settings want each object to be encrypted."""
    if settings.sse_kms_key_id is None:
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": settings.sse_kms_key_id}
