"""What S3 and botocore refuse, in the archive's words: the right class, a remedy, and no secret."""

from __future__ import annotations

import socket
from io import BytesIO
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
)
from botocore.response import StreamingBody
from botocore.stub import Stubber

from resources.archive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveRefused,
    ArchiveSuperseded,
    ArchiveUnreachable,
)
from resources.archive.objects import ArchiveBucket
from resources.archive.s3_errors import code_of, explained, status_of
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.world import AWS_ENVIRONMENT, NOW

CANARY = "canary-that-nobody-may-see"


@pytest.mark.parametrize(
    ("status", "code", "kind", "remedy"),
    [
        (403, "AccessDenied", ArchiveRefused, "s3:PutObject, s3:AbortMultipartUpload and s3:ListBucket"),
        (403, "InvalidAccessKeyId", ArchiveRefused, "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (403, "SignatureDoesNotMatch", ArchiveRefused, "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (403, "RequestTimeTooSkewed", ArchiveRefused, "Set this machine's clock"),
        (403, "UserSuspended", ArchiveRefused, "administrator has to enable it again"),
        (403, "QuotaExceeded", ArchiveRefused, "Raise the quota"),
        (400, "ExpiredToken", ArchiveRefused, "Renew the temporary AWS credentials"),
        (400, "AuthorizationHeaderMalformed", ArchiveRefused, "archive.region"),
        (400, "EntityTooLarge", ArchiveRefused, "Raise the S3 server's limit"),
        (301, "PermanentRedirect", ArchiveRefused, "archive.region"),
        (404, "NoSuchBucket", ArchiveRefused, "correct archive.root"),
        (404, "NoSuchUpload", ArchiveRefused, "a lifecycle rule"),
        (418, "Teapot", ArchiveRefused, "documentation"),
        (409, "ConditionalRequestConflict", ArchiveSuperseded, "Run it again"),
        (400, "KMS.NotFoundException", ArchiveRefused, "archive.sse_kms_key_id"),
        (400, "KMS.DisabledException", ArchiveRefused, "enabled"),
        (501, "NotImplemented", ArchiveRefused, "conditional puts"),
        (400, "BadDigest", ArchiveUnreachable, "changed on the way at every try"),
        (400, "XAmzContentSHA256Mismatch", ArchiveUnreachable, "changed on the way at every try"),
        (400, "RequestTimeout", ArchiveUnreachable, "Run it again later"),
        (503, "SlowDown", ArchiveUnreachable, "Let fewer runs go at a time"),
        (500, "InternalError", ArchiveUnreachable, "Run it again later"),
        (502, "502", ArchiveUnreachable, "Run it again later"),
    ],
)
def test_each_answer_of_s3_has_its_class_and_its_remedy(
    status: int, code: str, kind: type[ArchiveError], remedy: str
) -> None:
    answer = {
        "Error": {"Code": code, "Message": f"{CANARY} is not ours.", "AWSAccessKeyId": CANARY, "StringToSign": CANARY},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    with pytest.raises(kind) as caught, explained("PUT", "b", "history/a"):
        raise ClientError(cast("Any", answer), "PutObject")
    assert type(caught.value) is kind
    assert caught.value.what_happened == f"PUT s3://b/history/a failed: S3 answered {status} {code}."
    assert remedy in caught.value.remedy
    assert CANARY not in str(caught.value)


def test_a_code_that_a_terminal_would_obey_is_made_harmless() -> None:
    answer = {"Error": {"Code": "\x1b[31mTeapot\u202e"}, "ResponseMetadata": {"HTTPStatusCode": 418}}
    with pytest.raises(ArchiveRefused, match=r"418 .*Teapot") as caught, explained("PUT", "b", "k"):
        raise ClientError(cast("Any", answer), "PutObject")
    assert caught.value.what_happened.isprintable()


def test_a_refused_head_has_no_code_and_still_a_remedy(bucket: ArchiveBucket) -> None:
    with Stubber(bucket._client) as stubber:
        stubber.add_client_error("head_object", "403", "Forbidden", 403)
        stubber.add_response("get_object", {"Body": StreamingBody(BytesIO(), 0)})
        with pytest.raises(ArchiveRefused, match=r"s3:ListBucket.*AWS_ACCESS_KEY_ID"):
            bucket.head("history/a")
        stubber.assert_no_pending_responses()


def test_why_a_head_was_refused_is_heard_from_a_get(bucket: ArchiveBucket) -> None:
    with Stubber(bucket._client) as stubber:
        stubber.add_client_error("head_object", "400", "Bad Request", 400)
        stubber.add_client_error("get_object", "ExpiredToken", "The provided token has expired.", 400)
        with pytest.raises(ArchiveRefused, match=r"ExpiredToken.*Renew the temporary AWS credentials"):
            bucket.head("history/a")


def test_a_port_where_nobody_listens_is_unreachable(
    bucket_settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore's own pauses
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = bucket_settings.model_copy(update={"endpoint_url": f"http://127.0.0.1:{port}"})
    with pytest.raises(ArchiveUnreachable, match=r"archive\.endpoint_url"):
        ArchiveBucket(settings, FakeClock(NOW)).read("a")


def test_without_credentials_the_remedy_names_the_variables(
    bucket: ArchiveBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in AWS_ENVIRONMENT:
        if name != "AWS_EC2_METADATA_DISABLED":
            monkeypatch.delenv(name)
    with pytest.raises(ArchiveRefused, match=r"no usable AWS credentials.*AWS_ACCESS_KEY_ID"):
        bucket.read("a")


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (NoCredentialsError(), ArchiveRefused, "no usable AWS credentials"),
        (CredentialRetrievalError(provider=CANARY, error_msg=CANARY), ArchiveRefused, "no usable AWS credentials"),
        (ProfileNotFound(profile=CANARY), ArchiveRefused, "no usable AWS credentials"),
        (ReadTimeoutError(endpoint_url=CANARY), ArchiveUnreachable, "ReadTimeoutError"),
        (ConnectTimeoutError(endpoint_url=CANARY), ArchiveUnreachable, "ConnectTimeoutError"),
        (
            SSLError(endpoint_url=CANARY, error=ValueError(CANARY)),
            ArchiveUnreachable,
            "certificate is not to be trusted",
        ),
        (FlexibleChecksumError(error_msg=CANARY), ArchiveDamaged, "without the checksum"),
    ],
)
def test_what_botocore_raises_itself_has_its_class_and_no_foreign_words(
    error: Exception, kind: type[ArchiveError], says: str
) -> None:
    with pytest.raises(kind, match=says) as caught, explained("GET", "b", "k"):
        raise error
    assert CANARY not in str(caught.value)
    assert caught.value.remedy


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), explained("GET", "b", "k"):
        raise ZeroDivisionError


def test_an_answer_without_code_or_status_is_read_as_nothing() -> None:
    bare = ClientError({}, "GetObject")
    assert (code_of(bare), status_of(bare)) == ("", 0)
