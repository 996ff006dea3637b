"""Listing what is unfinished, and S3's own clock. Removing itself is tested where it is used, in cleaning up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from resources.archive.errors import ArchiveUnreachable
from resources.archive.objects import ArchiveBucket
from resources.archive.removal import UnfinishedUpload
from tests.resources.archive.troubled_wire import Send, Trouble, _Raw, troubled


def answering(body: bytes, **headers: str) -> Trouble:
    """S3 answers with this, whatever was asked."""

    def trouble(request: AWSPreparedRequest, _send: Send) -> AWSResponse:
        return AWSResponse(request.url, 200, HTTPHeaders.from_dict(headers), _Raw(body))

    return trouble


def page(number: int, *, more: bool) -> bytes:
    return (
        f"<ListMultipartUploadsResult><Bucket>b</Bucket><IsTruncated>{str(more).lower()}</IsTruncated>"
        f"<NextKeyMarker>k{number}</NextKeyMarker><NextUploadIdMarker>u{number}</NextUploadIdMarker>"
        f"<Upload><Key>history/raw/k{number}</Key><UploadId>u{number}</UploadId>"
        f"<Initiated>2026-11-20T10:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>"
    ).encode()


def test_uploads_are_listed_page_by_page(bucket: ArchiveBucket) -> None:
    pages = answering(page(1, more=True)), answering(page(2, more=False))
    with troubled(bucket, "ListMultipartUploads", *pages) as requests:
        found = list(bucket.removal.unfinished_uploads("history/raw/"))
    begun_at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert found == [UnfinishedUpload(f"history/raw/k{number}", f"u{number}", begun_at) for number in (1, 2)]
    assert "key-marker=k1" in requests[1].url
    assert "upload-id-marker=u1" in requests[1].url


def test_the_time_is_what_s3_says_it_is(bucket: ArchiveBucket) -> None:
    empty = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    with troubled(bucket, "ListObjectsV2", answering(empty, Date="Mon, 23 Nov 2026 04:05:06 GMT")):
        assert bucket.time() == datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Date": "soon"}, {"Date": "Fri, 31 Dec 9999 23:59:59 -2300"}],
    ids=["none", "garbage", "out of range"],
)
def test_where_s3_does_not_tell_its_time_no_other_clock_is_taken(
    bucket: ArchiveBucket, headers: dict[str, str]
) -> None:
    empty = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    with troubled(bucket, "ListObjectsV2", answering(empty, **headers)), pytest.raises(ArchiveUnreachable):
        bucket.time()
