"""Answers that do not come from S3: a page with the status of a success, a refusal that breaks off."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from resources.archive import objects
from resources.archive.errors import ArchiveUnreachable
from resources.archive.objects import ArchiveBucket
from resources.archive.retries import TRIES
from resources.digests import digests_of
from tests.resources.archive.troubled_wire import Send, Trouble, _Raw, troubled

PAGE = b"<html><head><title>Welcome</title></head><body>Please accept our terms of use.</body></html>"
KEY = "history/raw/a"


def answered(status: int, body: bytes, *, breaks: bool = False) -> Trouble:
    def trouble(request: AWSPreparedRequest, _send: Send) -> AWSResponse:
        sent: Any = request.body
        if hasattr(sent, "read"):
            sent.read()
        headers = HTTPHeaders()
        headers["Content-Length"] = str(len(body))
        return AWSResponse(request.url, status, headers, _Raw(body, breaks=breaks))

    return trouble


def put(bucket: ArchiveBucket) -> object:
    return bucket.put_bytes(KEY, b"content", content_type="x/y", replaces=None)


def read_while_it_arrives(bucket: ArchiveBucket, folder: Path) -> object:
    with bucket.arriving(KEY, folder / "file", sha256="0" * 64) as file:
        return file.read(1)


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("PutObject", lambda bucket, _: put(bucket)),
        ("HeadObject", lambda bucket, _: bucket.head(KEY)),
        ("GetObject", lambda bucket, _: bucket.read(KEY)),
        ("GetObject", read_while_it_arrives),
        ("ListObjectsV2", lambda bucket, _: list(bucket.keys("history/"))),
    ],
    ids=["put", "head", "read", "arriving", "list"],
)
def test_a_page_of_a_proxy_passes_for_no_answer_of_s3(
    bucket: ArchiveBucket, tmp_path: Path, operation: str, call: Callable[[ArchiveBucket, Path], object]
) -> None:
    with (
        troubled(bucket, operation, answered(200, PAGE)),
        pytest.raises(ArchiveUnreachable, match="does not come from an S3 server"),
    ):
        call(bucket, tmp_path)


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart"])
def test_no_part_of_an_upload_by_parts_is_taken_for_sent_either(
    bucket: ArchiveBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr(objects, "LARGEST_SINGLE_PUT", 1)
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with troubled(bucket, operation, answered(200, PAGE)), pytest.raises(ArchiveUnreachable, match="S3 server"):
        bucket.put_file(KEY, path, digests_of(BytesIO(b"content")), content_type="x/y", replaces=None)
    assert bucket.head(KEY) is None


def test_a_refusal_that_breaks_off_is_asked_for_again(bucket: ArchiveBucket) -> None:
    put(bucket)
    with troubled(bucket, "GetObject", answered(404, b"<Error>", breaks=True)):
        stored = bucket.read(KEY)
    assert stored is not None


def test_a_refusal_that_breaks_off_every_time_is_told_in_the_archives_words(bucket: ArchiveBucket) -> None:
    breaking = [answered(404, b"<Error>", breaks=True)] * TRIES
    with troubled(bucket, "GetObject", *breaking), pytest.raises(ArchiveUnreachable):
        bucket.read(KEY)
