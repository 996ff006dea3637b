"""Objects in the bucket: what is put stays put, of several writers one wins, and no changed byte goes unnoticed."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from resources.archive.errors import ArchiveDamaged, ArchiveRefused, ArchiveSuperseded, ArchiveUnreachable
from resources.archive.objects import ArchiveBucket, ObjectHead, _sha256_in
from resources.digests import digests_of
from tests.resources.archive.contract.backends import Backend, Capability
from tests.resources.archive.troubled_wire import (
    Trouble,
    after,
    answered,
    broken_body,
    changed_body,
    changed_upload,
    cut_upload,
    lost_answer,
    short_body,
    troubled,
)

KEY = "history/a/b=c/object"
TYPE = "application/octet-stream"
LARGE = bytes(range(256)) * 8000


pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.fixture(params=["the body is signed", "only Content-MD5 proves the body"])
def _either_proof(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over plain HTTP boto3 signs the body as well; over TLS it does not."""
    if request.param != "the body is signed":
        monkeypatch.setattr("botocore.auth.S3SigV4Auth._should_sha256_sign_payload", lambda *_: False)


def put(bucket: ArchiveBucket, content: bytes, replaces: ObjectHead | None = None, key: str = KEY) -> str:
    return bucket.put_bytes(key, content, content_type=TYPE, replaces=replaces)


def content_of(bucket: ArchiveBucket, key: str = KEY) -> bytes | None:
    stored = bucket.read(key)
    return stored[0] if stored else None


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put_by_a_stranger(bucket: ArchiveBucket, content: bytes, **more: Any) -> None:
    bucket._client.put_object(Bucket=bucket.name, Key=KEY, Body=content, **more)


def test_what_is_put_is_read_back_with_its_version_and_digest(bucket: ArchiveBucket) -> None:
    etag = put(bucket, b"one")
    assert bucket.read(KEY) == (b"one", ObjectHead(etag, 3, sha256_of(b"one")))
    assert bucket.head(KEY) == ObjectHead(etag, 3, sha256_of(b"one"))


def test_a_file_is_stored_byte_for_byte(bucket: ArchiveBucket, tmp_path: Path) -> None:
    path, content = tmp_path / "file", bytes(range(256)) * 10_000
    path.write_bytes(content)
    bucket.put_file(KEY, path, digests_of(BytesIO(content)), content_type=TYPE, replaces=None)
    assert content_of(bucket) == content
    assert bucket._client.head_object(Bucket=bucket.name, Key=KEY)["ContentType"] == TYPE


def test_every_put_carries_an_md5_that_any_server_checks(bucket: ArchiveBucket) -> None:
    with troubled(bucket, "PutObject") as requests:
        put(bucket, b"one")
    assert requests[0].headers["Content-MD5"] == digests_of(BytesIO(b"one")).md5.encode()


def test_a_put_replaces_the_version_it_names(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    put(bucket, b"two", replaces=bucket.head(KEY))
    assert content_of(bucket) == b"two"


def test_a_version_is_named_without_quotes(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    with troubled(bucket, "PutObject") as requests:
        put(bucket, b"two", replaces=bucket.head(KEY))
    assert b'"' not in requests[0].headers["If-Match"]


def test_case_31_a_put_that_expects_nothing_overwrites_nothing_that_differs(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    with pytest.raises(ArchiveSuperseded, match="written by somebody else"):
        put(bucket, b"two")
    assert content_of(bucket) == b"one"


def test_case_31_a_put_of_a_stale_version_overwrites_nothing(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    stale = bucket.head(KEY)
    put(bucket, b"two", replaces=stale)
    with pytest.raises(ArchiveSuperseded):
        put(bucket, b"three", replaces=stale)
    assert content_of(bucket) == b"two"


def test_a_condition_that_holds_and_is_refused_all_the_same_is_no_conflict(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    before = bucket.head(KEY)
    with (
        troubled(bucket, "PutObject", answered(412, "PreconditionFailed")),
        pytest.raises(ArchiveRefused, match="another version is there, and it is not"),
    ):
        put(bucket, b"two", replaces=before)


def test_a_put_over_an_object_that_is_gone_is_superseded(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    gone = bucket.head(KEY)
    bucket._client.delete_object(Bucket=bucket.name, Key=KEY)
    with pytest.raises(ArchiveSuperseded):
        put(bucket, b"two", replaces=gone)
    assert content_of(bucket) is None


def test_case_30_a_first_put_whose_answer_was_lost_after_the_commit_counts_as_done(bucket: ArchiveBucket) -> None:
    with troubled(bucket, "PutObject", lost_answer) as requests:
        etag = put(bucket, b"one")
    assert len(requests) == 2
    assert bucket.head(KEY) == ObjectHead(etag, 3, sha256_of(b"one"))


def test_case_30_a_replacement_whose_answer_was_lost_after_the_commit_counts_as_done(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    before = bucket.head(KEY)
    with troubled(bucket, "PutObject", lost_answer):
        put(bucket, b"two", replaces=before)
    assert content_of(bucket) == b"two"


def test_case_30_a_lost_answer_does_not_hide_that_somebody_else_wrote_next(bucket: ArchiveBucket) -> None:
    somebody_else = ArchiveBucket(bucket._settings, bucket.clock)

    def overwrite() -> None:
        put(somebody_else, b"other", replaces=somebody_else.head(KEY))

    with troubled(bucket, "PutObject", lost_answer, after(overwrite)), pytest.raises(ArchiveSuperseded):
        put(bucket, b"one")
    assert content_of(bucket) == b"other"


def test_case_33_of_writers_at_the_same_instant_one_wins(bucket: ArchiveBucket) -> None:
    def write(number: int) -> str:
        try:
            put(bucket, f"writer {number}".encode())
        except ArchiveSuperseded:
            return "superseded"
        return f"writer {number}"

    with ThreadPoolExecutor(16) as writers:
        outcomes = Counter(writers.map(write, range(16)))
    assert outcomes.pop("superseded") == 15
    assert content_of(bucket) == next(iter(outcomes)).encode()


def test_case_33_writers_of_the_same_bytes_all_win(bucket: ArchiveBucket) -> None:
    with ThreadPoolExecutor(16) as writers:
        etags = set(writers.map(lambda _: put(bucket, b"the same"), range(16)))
    assert len(etags) == 1


@pytest.mark.parametrize("replaces_something", [False, True])
def test_case_32_a_conflict_with_a_writer_at_the_same_instant_is_tried_again(
    bucket: ArchiveBucket, replaces_something: bool
) -> None:
    if replaces_something:
        put(bucket, b"before")
    conflict = answered(409, "ConditionalRequestConflict")
    with troubled(bucket, "PutObject", conflict, conflict) as requests:
        put(bucket, b"one", replaces=bucket.head(KEY))
    assert len(requests) == 3
    assert content_of(bucket) == b"one"


@pytest.mark.parametrize("refusal", [answered(400, "BadDigest"), answered(503, "SlowDown")])
def test_a_passing_refusal_is_tried_again(bucket: ArchiveBucket, refusal: Trouble) -> None:
    with troubled(bucket, "PutObject", refusal, refusal) as requests:
        put(bucket, b"one")
    assert len(requests) == 3
    assert content_of(bucket) == b"one"


def test_case_32_a_conflict_at_every_try_ends_as_superseded(bucket: ArchiveBucket) -> None:
    conflicts = [answered(409, "ConditionalRequestConflict")] * 5
    with troubled(bucket, "PutObject", *conflicts), pytest.raises(ArchiveSuperseded, match="409"):
        put(bucket, b"one")
    assert content_of(bucket) is None


def test_a_put_that_never_gets_an_answer_is_unreachable(bucket: ArchiveBucket) -> None:
    with troubled(bucket, "PutObject", *[answered(500, "InternalError")] * 5), pytest.raises(ArchiveUnreachable):
        put(bucket, b"one")


def test_an_upload_that_breaks_off_leaves_no_object_and_is_sent_again(bucket: ArchiveBucket) -> None:
    seen: list[ObjectHead | None] = []
    somebody_else = ArchiveBucket(bucket._settings, bucket.clock)
    look = after(lambda: seen.append(somebody_else.head(KEY)))
    with troubled(bucket, "PutObject", cut_upload, look):
        put(bucket, LARGE)
    assert seen == [None]
    assert content_of(bucket) == LARGE


def test_an_upload_that_breaks_off_at_every_try_leaves_no_object(bucket: ArchiveBucket) -> None:
    with troubled(bucket, "PutObject", *[cut_upload] * 5), pytest.raises(ArchiveUnreachable):
        put(bucket, LARGE)
    assert bucket.head(KEY) is None


@pytest.mark.usefixtures("_either_proof")
def test_case_36_a_bit_that_is_turned_on_the_way_up_is_refused_and_the_put_is_tried_again(
    bucket: ArchiveBucket, backend: Backend
) -> None:
    backend.needs(Capability.BYTES_CHECKED)
    with troubled(bucket, "PutObject", changed_upload, changed_upload) as requests:
        put(bucket, LARGE)
    assert len(requests) == 3
    assert content_of(bucket) == LARGE


@pytest.mark.usefixtures("_either_proof")
def test_case_36_bits_that_are_turned_at_every_try_leave_no_object(bucket: ArchiveBucket, backend: Backend) -> None:
    backend.needs(Capability.BYTES_CHECKED)
    with (
        troubled(bucket, "PutObject", *[changed_upload] * 5),
        pytest.raises(ArchiveUnreachable, match=r"changed on the way at every try.*nothing was stored"),
    ):
        put(bucket, LARGE)
    assert bucket.head(KEY) is None


def test_case_36_a_turned_bit_that_a_server_stores_is_noticed_when_it_is_read_back(
    bucket: ArchiveBucket, backend: Backend
) -> None:
    backend.needs(Capability.BYTES_UNCHECKED)
    with troubled(bucket, "PutObject", changed_upload):
        put(bucket, LARGE)
    with pytest.raises(ArchiveDamaged):
        bucket.read(KEY)


def test_what_is_not_there_is_none(bucket: ArchiveBucket) -> None:
    assert bucket.head(KEY) is None
    assert bucket.read(KEY) is None


@pytest.mark.parametrize("trouble", [broken_body, short_body, answered(500, "InternalError")])
def test_a_body_that_is_cut_is_fetched_again(bucket: ArchiveBucket, trouble: Trouble) -> None:
    put(bucket, LARGE)
    with troubled(bucket, "GetObject", trouble, trouble) as requests:
        assert content_of(bucket) == LARGE
    assert len(requests) == 3


def test_nothing_of_a_longer_version_is_left_when_a_shorter_one_is_fetched_next(bucket: ArchiveBucket) -> None:
    put(bucket, b"a long version")
    somebody_else = ArchiveBucket(bucket._settings, bucket.clock)

    def shorten() -> None:
        put(somebody_else, b"short", replaces=somebody_else.head(KEY))

    with troubled(bucket, "GetObject", broken_body, after(shorten)):
        assert content_of(bucket) == b"short"


def test_a_body_that_is_cut_at_every_try_is_unreachable(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    with troubled(bucket, "GetObject", *[broken_body] * 5), pytest.raises(ArchiveUnreachable):
        bucket.read(KEY)


def test_case_37_a_bit_that_is_turned_on_the_way_down_is_noticed_and_the_object_read_again(
    bucket: ArchiveBucket,
) -> None:
    put(bucket, b"one")
    with troubled(bucket, "GetObject", changed_body) as requests:
        assert content_of(bucket) == b"one"
    assert len(requests) == 2


def test_case_37_bits_that_are_turned_every_time_are_damage(bucket: ArchiveBucket) -> None:
    put(bucket, b"one")
    with troubled(bucket, "GetObject", changed_body, changed_body), pytest.raises(ArchiveDamaged):
        bucket.read(KEY)


def test_case_37_an_object_that_was_changed_under_its_digest_is_damage(bucket: ArchiveBucket) -> None:
    put_by_a_stranger(bucket, b"changed", Metadata={"sha256": sha256_of(b"one")})
    with pytest.raises(ArchiveDamaged, match="backup"):
        bucket.read(KEY)


def test_an_object_without_a_digest_is_read_as_it_is(bucket: ArchiveBucket) -> None:
    put_by_a_stranger(bucket, b"by hand")
    stored = bucket.read(KEY)
    assert stored is not None
    assert (stored[0], stored[1].sha256) == (b"by hand", None)


@pytest.mark.parametrize(("there", "counts"), [(b"one", True), (b"two", False), (b"three", False)])
def test_what_must_be_new_is_compared_by_its_bytes_with_an_object_that_was_restored_without_its_digest(
    bucket: ArchiveBucket, there: bytes, counts: bool
) -> None:
    put_by_a_stranger(bucket, there)
    head = bucket.head(KEY)
    assert head is not None
    if counts:
        with troubled(bucket, "GetObject", broken_body):
            assert put(bucket, b"one") == head.etag
    else:
        with pytest.raises(ArchiveSuperseded):
            put(bucket, b"one")
    assert content_of(bucket) == there


def test_a_digest_is_found_whatever_the_server_did_to_the_case_of_its_name() -> None:
    assert _sha256_in({"Other": "x", "Sha256": "d"}) == "d"


@pytest.fixture
def listed(bucket: ArchiveBucket) -> ArchiveBucket:
    """A bucket of seven objects whose listings come in pages of two."""
    for name in ("a/1", "a/2", "a/3", "a/4", "a/5", "ab", "b"):
        put(bucket, b"x", key=name)
    bucket._client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: params | {"MaxKeys": 2}
    )
    return bucket


def test_keys_come_in_order_from_all_pages(listed: ArchiveBucket) -> None:
    with troubled(listed, "ListObjectsV2") as requests:
        assert list(listed.keys("a/")) == ["a/1", "a/2", "a/3", "a/4", "a/5"]
    assert len(requests) == 3


def test_keys_begin_after_the_one_given(listed: ArchiveBucket) -> None:
    assert list(listed.keys("a/", after="a/2")) == ["a/3", "a/4", "a/5"]
    assert list(listed.keys("a/", after="a/25")) == ["a/3", "a/4", "a/5"]


def test_no_keys_are_no_error(listed: ArchiveBucket) -> None:
    assert list(listed.keys("nothing/")) == []


def test_pages_that_nobody_looks_at_are_not_fetched(listed: ArchiveBucket) -> None:
    with troubled(listed, "ListObjectsV2") as requests:
        assert next(listed.keys("a/")) == "a/1"
    assert len(requests) == 1
