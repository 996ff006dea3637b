"""What botocore raises, in this archive's words. The texts name operation and key, never a header or a signature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    FlexibleChecksumError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from resources.archive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveRefused,
    ArchiveSuperseded,
    ArchiveUnreachable,
)

_CREDENTIALS = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role this process runs under."
_PERMISSIONS = (
    "Grant this process s3:GetObject, s3:PutObject, s3:AbortMultipartUpload and s3:ListBucket on the archive's bucket."
)
_REGION = "Set archive.region in the settings to the bucket's region."
_REMEDIES = {
    "403": f"{_PERMISSIONS} If it has them: {_CREDENTIALS}",  # a HEAD is refused without a code
    "AccessDenied": _PERMISSIONS,
    "AllAccessDisabled": "The bucket's owner has to enable it again.",
    "AuthorizationHeaderMalformed": _REGION,
    "EntityTooLarge": "Raise the S3 server's limit on an object, or keep the hour's file by hand before its deadline.",
    "ExpiredToken": "Renew the temporary AWS credentials.",
    "InvalidAccessKeyId": _CREDENTIALS,
    "InvalidToken": "Renew the temporary AWS credentials.",
    "NoSuchBucket": "Create the bucket, or correct archive.root in the settings.",
    "NoSuchUpload": "Something ended the upload while it ran, perhaps a lifecycle rule of the bucket. Run it again.",
    "PermanentRedirect": _REGION,
    "QuotaExceeded": "Raise the quota of the bucket or its user.",
    "RequestTimeTooSkewed": "Set this machine's clock: S3 refuses requests more than 15 minutes off.",
    "SignatureDoesNotMatch": _CREDENTIALS,
    "UserSuspended": "The S3 user is suspended; its administrator has to enable it again.",
}
MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
"""The codes of an object that is not there."""

_PASSING = frozenset({"SlowDown", "RequestTimeout", "OperationAborted", "BadDigest"})
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    SSOError,
    ProfileNotFound,
)
_FIRST_SERVER_ERROR = 500


def code_of(error: ClientError) -> str:
    """Return S3's error code, or the HTTP status as text where there is none (a HEAD has no body)."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status, 0 when there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextmanager
def explained(operation: str, bucket: str, key: str) -> Iterator[None]:
    """Turn what botocore raises inside the block into an `ArchiveError` with a remedy.

    Raises:
        ArchiveRefused: S3 answered 4xx, or there are no credentials.
        ArchiveUnreachable: No answer or 5xx, after botocore's own retries.
        ArchiveSuperseded: Somebody else wrote the object at every try.
        ArchiveDamaged: The bytes do not have the checksum that S3 itself keeps of them.
    """
    what = f"{operation} s3://{bucket}/{key}"
    try:
        yield
    except ClientError as error:
        raise _from_client_error(what, error) from None
    except _NO_CREDENTIALS:
        raise ArchiveRefused(f"{what} failed: there are no usable AWS credentials.", _CREDENTIALS) from None
    except FlexibleChecksumError:
        raise ArchiveDamaged(
            f"{what} gave bytes without the checksum that S3 keeps of them.",
            "Run it again; if it stays, restore the object from a bucket version or a backup.",
        ) from None
    except EndpointConnectionError:
        raise ArchiveUnreachable(
            f"{what} failed: nothing answers at the S3 endpoint.",
            "Check archive.endpoint_url and that the S3 server is running.",
        ) from None
    except BotoCoreError as error:
        raise ArchiveUnreachable(
            f"{what} failed: {type(error).__name__}.",
            "It was retried; look at the network to S3 and run it again.",
        ) from None


def _from_client_error(what: str, error: ClientError) -> ArchiveError:
    code, status = code_of(error), status_of(error)
    happened = f"{what} failed: S3 answered {status} {code}."
    if code == "ConditionalRequestConflict":
        return ArchiveSuperseded(happened, "Others write this object at the same moment. Run it again.")
    if status >= _FIRST_SERVER_ERROR or code in _PASSING:
        return ArchiveUnreachable(happened, "It was retried; S3 is in trouble or overloaded. Run it again later.")
    return ArchiveRefused(happened, _REMEDIES.get(code, "Look this code up in your S3 server's documentation."))
