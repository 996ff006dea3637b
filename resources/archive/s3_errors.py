"""What botocore raises, in this archive's words. The texts name operation and key, never a header or a signature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    FlexibleChecksumError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from urllib3.exceptions import HTTPError

from resources.archive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveRefused,
    ArchiveSuperseded,
    ArchiveUnreachable,
)
from resources.printable import printable

_CREDENTIALS = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role this process runs under."
_PERMISSIONS = (
    "Grant this process s3:GetObject, s3:PutObject, s3:AbortMultipartUpload and s3:ListBucket on the archive's bucket, "
    "look for a Deny in the bucket's policy, and with archive.sse_kms_key_id grant kms:GenerateDataKey and kms:Decrypt."
)
_KMS = (
    "Check archive.sse_kms_key_id: the key must be there, in the bucket's region, enabled, and this process needs "
    "kms:GenerateDataKey and kms:Decrypt."
)
_REGION = "Set archive.region in the settings to the bucket's region."
_REMEDIES = {
    "403": f"{_PERMISSIONS} If it has them: {_CREDENTIALS}",  # a HEAD is refused without a code
    "AccessDenied": _PERMISSIONS,
    "AllAccessDisabled": "The bucket's owner has to enable it again.",
    "AuthorizationHeaderMalformed": _REGION,
    "EntityTooLarge": "Raise the S3 server's limit on an object, or keep the hour's file by hand before its deadline.",
    "ExpiredToken": "Renew the temporary AWS credentials.",
    "InvalidAccessKeyId": f"{_CREDENTIALS} From Ceph it may also mean that archive.sse_kms_key_id names no key.",
    "InvalidToken": "Renew the temporary AWS credentials.",
    "NoSuchBucket": "Create the bucket, or correct archive.root in the settings.",
    "NoSuchUpload": "Something ended the upload while it ran, perhaps a lifecycle rule of the bucket. Run it again.",
    "NotImplemented": "The archive needs an S3 server that knows conditional puts and uploads by parts.",
    "PermanentRedirect": _REGION,
    "QuotaExceeded": "Raise the quota of the bucket or its user.",
    "RequestTimeTooSkewed": "Set this machine's clock: S3 refuses requests more than 15 minutes off.",
    "SignatureDoesNotMatch": _CREDENTIALS,
    "UserSuspended": "The S3 user is suspended; its administrator has to enable it again.",
}
MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
"""The codes of an object that is not there."""

CONDITION_NOT_MET = frozenset({"PreconditionFailed", "412"}) | MISSING
"""The codes of a put whose condition does not hold."""

CHANGED_ON_THE_WAY = frozenset({"BadDigest", "XAmzContentSHA256Mismatch"})
"""The codes of bytes that did not reach S3 as they were sent."""

REFUSED_WITHOUT_A_REASON = frozenset({400, 403})
"""The statuses of a HEAD that may have any of many causes, which S3 tells only where an answer has a body."""

_SLOW_DOWN = frozenset({"SlowDown", "TooManyRequests", "RequestLimitExceeded"})
_PASSING = frozenset({"RequestTimeout", "OperationAborted"})
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    SSOError,
    ProfileNotFound,
)


def code_of(error: ClientError) -> str:
    """Return S3's error code, or the HTTP status as text where there is none (a HEAD has no body)."""
    return printable(str(error.response.get("Error", {}).get("Code", "")))


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
    except SSLError:
        raise ArchiveUnreachable(
            f"{what} failed: the S3 server's TLS certificate is not to be trusted.",
            "Check archive.endpoint_url, and this machine's clock; an authority of your own is named in AWS_CA_BUNDLE.",
        ) from None
    except BotoCoreError as error:
        raise ArchiveUnreachable(
            f"{what} failed: {type(error).__name__}.",
            "It was retried; look at the network to S3 and run it again.",
        ) from None
    except HTTPError as error:  # botocore lets it through where the body of a refusal breaks off
        raise ArchiveUnreachable(
            f"{what} failed: {type(error).__name__} in the middle of an error's answer.",
            "Look at the network to S3 and run it again.",
        ) from None


def _from_client_error(what: str, error: ClientError) -> ArchiveError:
    code, status = code_of(error), status_of(error)
    happened = f"{what} failed: S3 answered {status} {code}."
    if code == "ConditionalRequestConflict":
        return ArchiveSuperseded(happened, "Others write this object at the same moment. Run it again.")
    if code in _SLOW_DOWN:
        return ArchiveUnreachable(
            happened,
            "It asked for fewer requests at every try. Let fewer runs go at a time, or raise the S3 server's limit; "
            "run it again later.",
        )
    if code in CHANGED_ON_THE_WAY:
        return ArchiveUnreachable(
            happened,
            "The bytes were changed on the way at every try, and nothing was stored. Check this machine's memory and "
            "the network to S3; run it again later.",
        )
    if code in _PASSING or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED):
        return ArchiveUnreachable(happened, "It was retried; S3 is in trouble or overloaded. Run it again later.")
    if code.startswith("KMS."):
        return ArchiveRefused(happened, _KMS)
    return ArchiveRefused(happened, _REMEDIES.get(code, "Look this code up in your S3 server's documentation."))
