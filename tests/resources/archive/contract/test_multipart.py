"""Large files: by parts, each proven, whole or not at all, and no part of them left behind."""

from __future__ import annotations

import base64
import hashlib
import re
from io import BytesIO
from pathlib import Path
from random import Random
from threading import Barrier, Lock

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from resources.archive.errors import ArchiveDamaged, ArchiveRefused, ArchiveSuperseded, ArchiveUnreachable
from resources.archive.objects import ArchiveBucket, ObjectHead
from resources.digests import Digests, digests_of
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.resources.archive.contract.backends import Backend, Capability
from tests.resources.archive.troubled_wire import (
    Send,
    Trouble,
    after,
    answered,
    changed_upload,
    cut_upload,
    header,
    let_through,
    lost_answer,
    troubled,
)
from tests.world import NOW

KEY = "history/a/b=c/object"
TYPE = "application/gzip"
MIB = 1024 * 1024
LARGE = Random(1).randbytes(11 * MIB + 7)
"""Three parts, of the least length that S3 takes."""

COMPLETE, PART = "CompleteMultipartUpload", "UploadPart"


pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.archive.multipart.PART_BYTES", 5 * MIB)
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", MIB)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return path


def digests(content: bytes) -> Digests:
    return digests_of(BytesIO(content))


def put(bucket: ArchiveBucket, path: Path, replaces: ObjectHead | None = None) -> str:
    return bucket.put_file(KEY, path, digests(path.read_bytes()), content_type=TYPE, replaces=replaces)


def put_small(bucket: ArchiveBucket, content: bytes, replaces: ObjectHead | None = None) -> ObjectHead:
    """What somebody else may do meanwhile, over a wire of his own."""
    somebody_else = ArchiveBucket(bucket._settings, bucket.clock)
    somebody_else.put_bytes(KEY, content, content_type=TYPE, replaces=replaces)
    head = somebody_else.head(KEY)
    assert head is not None
    return head


def content_of(bucket: ArchiveBucket) -> bytes | None:
    stored = bucket.read(KEY)
    return stored[0] if stored else None


def unfinished(bucket: ArchiveBucket) -> int:
    return len(bucket._client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", ()))


def test_a_large_file_arrives_whole_by_parts(bucket: ArchiveBucket, large: Path) -> None:
    with troubled(bucket, PART) as parts:
        etag = put(bucket, large)
    assert len(parts) == 3
    assert content_of(bucket) == LARGE
    assert bucket.head(KEY) == ObjectHead(etag, len(LARGE), hashlib.sha256(LARGE).hexdigest())
    assert bucket._client.head_object(Bucket=bucket.name, Key=KEY)["ContentType"] == TYPE
    assert unfinished(bucket) == 0


@pytest.mark.parametrize(("length", "puts"), [(MIB, 1), (MIB + 1, 0)])
def test_only_a_file_above_the_limit_is_sent_by_parts(
    bucket: ArchiveBucket, tmp_path: Path, length: int, puts: int
) -> None:
    (tmp_path / "file").write_bytes(LARGE[:length])
    with troubled(bucket, "PutObject") as requests:
        put(bucket, tmp_path / "file")
    assert len(requests) == puts
    assert content_of(bucket) == LARGE[:length]


def test_every_part_carries_an_md5_that_any_server_checks(bucket: ArchiveBucket, large: Path) -> None:
    with troubled(bucket, PART) as parts:
        put(bucket, large)
    expected = {hashlib.md5(LARGE[start : start + 5 * MIB]).digest() for start in (0, 5 * MIB, 10 * MIB)}  # noqa: S324
    assert {base64.b64decode(header(part, "Content-MD5") or "") for part in parts} == expected


def test_parts_are_longer_where_there_would_be_too_many(
    bucket: ArchiveBucket, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.archive.multipart.MOST_PARTS", 2)
    with troubled(bucket, PART) as parts:
        put(bucket, large)
    assert len(parts) == 2
    assert content_of(bucket) == LARGE


def test_four_parts_are_under_way_at_once_and_no_more(
    bucket: ArchiveBucket, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.archive.multipart.PART_BYTES", MIB)
    four, lock, under_way, most = Barrier(4), Lock(), 0, 0

    def meet_three_others(request: AWSPreparedRequest, send: Send) -> AWSResponse:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        four.wait(timeout=60)
        answer = send(request)
        with lock:
            under_way -= 1
        return answer

    # S3 takes no parts this small, which it only says when they are to be made one object.
    with troubled(bucket, PART, *[meet_three_others] * 12), pytest.raises(ArchiveRefused, match="EntityTooSmall"):
        put(bucket, large)
    assert most == 4
    assert unfinished(bucket) == 0


def test_to_aws_every_part_carries_the_checksum_that_the_upload_was_begun_with(
    backend: Backend, bucket_settings: ArchiveSettings, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.needs(Capability.CHECKSUMS)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", bucket_settings.endpoint_url or "")
    aws = ArchiveBucket(bucket_settings.model_copy(update={"endpoint_url": None}), FakeClock(NOW))
    with (
        troubled(aws, "CreateMultipartUpload") as begun,
        troubled(aws, PART) as parts,
        troubled(aws, COMPLETE) as completed,
    ):
        put(aws, large)
    assert header(begun[0], "x-amz-checksum-algorithm") == "CRC32"
    named = re.findall(r"<ChecksumCRC32>(.+?)</ChecksumCRC32>", str(completed[0].body))
    assert sorted(named) == sorted(str(header(part, "x-amz-checksum-crc32")) for part in parts)
    assert len(named) == 3
    assert content_of(aws) == LARGE


# Trouble with parts


@pytest.mark.parametrize(
    "trouble", [answered(503, "SlowDown"), answered(400, "BadDigest"), lost_answer], ids=["503", "BadDigest", "lost"]
)
def test_a_part_that_fails_is_sent_again(bucket: ArchiveBucket, large: Path, trouble: Trouble) -> None:
    with troubled(bucket, PART, trouble, trouble) as parts:
        put(bucket, large)
    assert len(parts) == 5
    assert content_of(bucket) == LARGE


def test_a_part_that_fails_at_every_try_leaves_nothing_behind(bucket: ArchiveBucket, large: Path) -> None:
    with troubled(bucket, PART, *[answered(500, "InternalError")] * 15), pytest.raises(ArchiveUnreachable):
        put(bucket, large)
    assert content_of(bucket) is None
    assert unfinished(bucket) == 0


def test_a_part_that_breaks_off_at_every_try_leaves_nothing_behind(bucket: ArchiveBucket, large: Path) -> None:
    with troubled(bucket, PART, *[cut_upload] * 15), pytest.raises(ArchiveUnreachable):
        put(bucket, large)
    assert content_of(bucket) is None
    assert unfinished(bucket) == 0


def test_case_36_a_part_of_which_a_bit_is_turned_on_the_way_is_refused_and_sent_again(
    bucket: ArchiveBucket, backend: Backend, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.needs(Capability.BYTES_CHECKED)
    # Over TLS boto3 signs no bodies, so that Content-MD5 alone proves them.
    monkeypatch.setattr("botocore.auth.S3SigV4Auth._should_sha256_sign_payload", lambda *_: False)
    with troubled(bucket, PART, changed_upload, changed_upload) as parts:
        put(bucket, large)
    assert len(parts) == 5
    assert content_of(bucket) == LARGE


def test_an_abort_that_fails_does_not_hide_why_it_was_made(bucket: ArchiveBucket, large: Path) -> None:
    with (
        troubled(bucket, PART, *[answered(403, "QuotaExceeded")] * 3),
        troubled(bucket, "AbortMultipartUpload", answered(403, "AccessDenied")),
        pytest.raises(ArchiveRefused, match="QuotaExceeded"),
    ):
        put(bucket, large)


def test_a_file_that_is_not_what_was_announced_is_not_stored(bucket: ArchiveBucket, large: Path) -> None:
    announced = digests(LARGE)
    for changed in (b"x" + LARGE[1:], LARGE[:-1], LARGE + b"x"):
        large.write_bytes(changed)
        with pytest.raises(ArchiveDamaged, match="Nothing was stored"):
            bucket.put_file(KEY, large, announced, content_type=TYPE, replaces=None)
    assert content_of(bucket) is None
    assert unfinished(bucket) == 0


# Which version is replaced


def test_bytes_that_are_there_already_are_not_sent_again(bucket: ArchiveBucket, large: Path) -> None:
    etag = put(bucket, large)
    for replaces in (None, bucket.head(KEY)):
        with troubled(bucket, "") as requests:
            assert put(bucket, large, replaces) == etag
        assert [request.method for request in requests] == ["HEAD"]


def test_bytes_that_were_restored_without_their_digest_are_not_sent_again(bucket: ArchiveBucket, large: Path) -> None:
    bucket._client.put_object(Bucket=bucket.name, Key=KEY, Body=LARGE)
    with troubled(bucket, "PutObject") as puts, troubled(bucket, PART) as parts:
        put(bucket, large)
    assert puts == parts == []


def test_a_large_file_replaces_the_version_it_names(bucket: ArchiveBucket, large: Path) -> None:
    before = put_small(bucket, b"before")
    with troubled(bucket, COMPLETE) as completed:
        put(bucket, large, before)
    assert header(completed[0], "If-Match") == before.etag.strip('"')
    assert content_of(bucket) == LARGE


@pytest.mark.parametrize("replaces", [None, ObjectHead('"stale"', 5, None)], ids=["nothing", "a stale version"])
def test_a_large_file_over_another_version_is_superseded_before_anything_is_sent(
    bucket: ArchiveBucket, large: Path, replaces: ObjectHead | None
) -> None:
    put_small(bucket, b"other")
    with troubled(bucket, "") as requests, pytest.raises(ArchiveSuperseded, match="written by somebody else"):
        put(bucket, large, replaces)
    assert {request.method for request in requests} == {"HEAD"}
    assert content_of(bucket) == b"other"


def test_a_large_file_over_an_object_that_is_gone_is_superseded(bucket: ArchiveBucket, large: Path) -> None:
    gone = put_small(bucket, b"gone")
    bucket._client.delete_object(Bucket=bucket.name, Key=KEY)
    with pytest.raises(ArchiveSuperseded):
        put(bucket, large, gone)
    assert content_of(bucket) is None


def test_a_key_written_meanwhile_is_superseded_even_where_the_server_ignores_conditions_at_completion(
    bucket: ArchiveBucket, large: Path
) -> None:
    before = put_small(bucket, b"before")
    with (
        troubled(bucket, PART, after(lambda: put_small(bucket, b"other", before))),
        troubled(bucket, COMPLETE) as completed,
        pytest.raises(ArchiveSuperseded),
    ):
        put(bucket, large, before)
    assert completed == []
    assert content_of(bucket) == b"other"
    assert unfinished(bucket) == 0


def test_a_key_written_at_the_last_moment_is_superseded(bucket: ArchiveBucket, backend: Backend, large: Path) -> None:
    backend.needs(Capability.CONDITION_AT_COMPLETION)
    with (
        troubled(bucket, COMPLETE, after(lambda: put_small(bucket, b"other"))),
        pytest.raises(ArchiveSuperseded),
    ):
        put(bucket, large)
    assert content_of(bucket) == b"other"
    assert unfinished(bucket) == 0


@pytest.mark.parametrize("operation", [PART, COMPLETE])
def test_the_same_bytes_put_meanwhile_by_somebody_else_count_as_done(
    bucket: ArchiveBucket, large: Path, operation: str
) -> None:
    somebody_else = ArchiveBucket(bucket._settings, bucket.clock)
    with troubled(bucket, operation, after(lambda: put(somebody_else, large))):
        put(bucket, large)
    assert content_of(bucket) == LARGE
    assert unfinished(bucket) == 0


def test_case_32_a_conflict_at_completion_is_begun_anew(bucket: ArchiveBucket, large: Path) -> None:
    with troubled(bucket, COMPLETE, answered(409, "ConditionalRequestConflict")) as completed:
        put(bucket, large)
    assert len(completed) == 2
    assert content_of(bucket) == LARGE
    assert unfinished(bucket) == 0


# Answers that are lost


@pytest.mark.parametrize(
    "second",
    [let_through, answered(404, "NoSuchUpload"), answered(412, "PreconditionFailed")],
    ids=["done", "NoSuchUpload", "PreconditionFailed"],
)
def test_case_30_a_completion_whose_answer_was_lost_counts_as_done_and_is_not_aborted(
    bucket: ArchiveBucket, large: Path, second: Trouble
) -> None:
    with troubled(bucket, COMPLETE, lost_answer, second), troubled(bucket, "AbortMultipartUpload") as aborted:
        etag = put(bucket, large)
    assert aborted == []
    assert bucket.head(KEY) == ObjectHead(etag, len(LARGE), digests(LARGE).sha256)


def test_case_30_a_lost_answer_does_not_hide_that_somebody_else_wrote_next(bucket: ArchiveBucket, large: Path) -> None:
    def overwrite() -> None:
        put_small(bucket, b"other", ArchiveBucket(bucket._settings, bucket.clock).head(KEY))

    next_answer = after(overwrite, answered(404, "NoSuchUpload"))
    with troubled(bucket, COMPLETE, lost_answer, next_answer), pytest.raises(ArchiveSuperseded):
        put(bucket, large)
    assert content_of(bucket) == b"other"


@pytest.mark.parametrize("last", [answered(500, "InternalError"), lost_answer], ids=["500", "lost"])
def test_what_may_have_been_completed_is_not_aborted_and_is_recognised_next_time(
    bucket: ArchiveBucket, large: Path, last: Trouble
) -> None:
    with (
        troubled(bucket, COMPLETE, lost_answer, *[answered(500, "InternalError")] * 3, last),
        troubled(bucket, "AbortMultipartUpload") as aborted,
        pytest.raises(ArchiveUnreachable),
    ):
        put(bucket, large)
    assert aborted == []
    with troubled(bucket, PART) as parts:
        put(bucket, large)
    assert parts == []
