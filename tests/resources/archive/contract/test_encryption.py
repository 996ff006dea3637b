"""Encryption with a key of one's own: everything that is written asks for it, and everything is read as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest

from assets.publish_messages import publish_messages
from pipelines.query.views import connect
from pipelines.watch import look_through
from resources.archive.errors import ArchiveRefused, ArchiveSuperseded
from resources.archive.objects import ArchiveBucket
from resources.digests import digests_of
from resources.runtime import Runtime
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.pipelines.query.archives import DAY, NEXT_DAY, archive_lines, message, small_archive
from tests.resources.archive.contract.backends import Backend, Capability
from tests.resources.archive.troubled_wire import header, lost_answer, troubled
from tests.servers.ceph_configuration import KMS_KEY
from tests.world import NOW, World

KEY = "history/a/b=c/object"
TYPE = "application/octet-stream"
MIB = 1024 * 1024
ALGORITHM, KEY_ID = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"


@pytest.fixture
def encrypting(bucket_settings: ArchiveSettings) -> ArchiveBucket:
    """A bucket whose settings name a key."""
    return ArchiveBucket(bucket_settings.model_copy(update={"sse_kms_key_id": KMS_KEY}), FakeClock(NOW))


@pytest.fixture
def encrypting_world(world: World, tmp_path: Path) -> Iterator[World]:
    """A world whose settings name a key."""
    archive = world.settings.archive.model_copy(update={"sse_kms_key_id": KMS_KEY})
    settings = world.settings.model_copy(update={"archive": archive})
    with closing(Runtime(settings, world.clock, Random(1), tmp_path)) as runtime:
        yield replace(world, settings=settings, runtime=runtime)


def put(bucket: ArchiveBucket, content: bytes) -> str:
    return bucket.put_bytes(KEY, content, content_type=TYPE, replaces=bucket.head(KEY))


def put_by_parts(bucket: ArchiveBucket, folder: Path, content: bytes) -> None:
    path = folder / "large"
    path.write_bytes(content)
    bucket.put_file(KEY, path, digests_of(BytesIO(content)), content_type=TYPE, replaces=bucket.head(KEY))


def encryption_of(client: Any, bucket: ArchiveBucket, key: str = KEY) -> tuple[str | None, str | None]:
    head = client.head_object(Bucket=bucket.name, Key=key)
    return head.get("ServerSideEncryption"), head.get("SSEKMSKeyId")


def test_every_put_names_the_key_and_s3_tells_that_it_was_used(encrypting: ArchiveBucket, s3_client: Any) -> None:
    with troubled(encrypting, "PutObject") as requests:
        put(encrypting, b"one")
    assert (header(requests[0], ALGORITHM), header(requests[0], KEY_ID)) == ("aws:kms", KMS_KEY)
    assert encryption_of(s3_client, encrypting) == ("aws:kms", KMS_KEY)


def test_a_large_file_is_encrypted_with_the_key(
    encrypting: ArchiveBucket, s3_client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.archive.multipart.PART_BYTES", 5 * MIB)
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", MIB)
    content = Random(1).randbytes(6 * MIB + 1)
    with troubled(encrypting, "CreateMultipartUpload") as requests:
        put_by_parts(encrypting, tmp_path, content)
    assert (header(requests[0], ALGORITHM), header(requests[0], KEY_ID)) == ("aws:kms", KMS_KEY)
    assert encryption_of(s3_client, encrypting) == ("aws:kms", KMS_KEY)
    stored = encrypting.read(KEY)
    assert stored is not None
    assert stored[0] == content


def test_without_the_setting_nothing_is_said_about_encryption(bucket: ArchiveBucket) -> None:
    with troubled(bucket, "PutObject") as requests:
        put(bucket, b"one")
    assert (header(requests[0], ALGORITHM), header(requests[0], KEY_ID)) == (None, None)


def test_the_version_of_an_encrypted_object_guards_it_as_any_other(encrypting: ArchiveBucket) -> None:
    put(encrypting, b"one")
    stale = encrypting.head(KEY)
    put(encrypting, b"two")
    with pytest.raises(ArchiveSuperseded):
        encrypting.put_bytes(KEY, b"three", content_type=TYPE, replaces=stale)
    stored = encrypting.read(KEY)
    assert stored == (b"two", encrypting.head(KEY))


@pytest.mark.usefixtures("no_pauses")
def test_an_encrypted_put_whose_answer_was_lost_counts_as_done(encrypting: ArchiveBucket) -> None:
    with troubled(encrypting, "PutObject", lost_answer):
        etag = put(encrypting, b"one")
    head = encrypting.head(KEY)
    assert head is not None
    assert head.etag == etag


def test_a_part_of_an_encrypted_object_is_fetched_from_any_byte(encrypting: ArchiveBucket, tmp_path: Path) -> None:
    content = Random(1).randbytes(100_001)
    put(encrypting, content)
    sha256 = digests_of(BytesIO(content)).sha256
    with encrypting.arriving(KEY, tmp_path / "file", sha256=sha256) as file:
        assert b"".join(iter(lambda: file.read(7919), b"")) == content


def test_a_key_that_is_not_there_is_refused_with_what_to_do(backend: Backend, bucket_settings: ArchiveSettings) -> None:
    backend.needs(Capability.KMS_KEYS_CHECKED)
    bucket = ArchiveBucket(bucket_settings.model_copy(update={"sse_kms_key_id": "nobodys-key"}), FakeClock(NOW))
    with pytest.raises(ArchiveRefused, match=r"archive\.sse_kms_key_id"):
        put(bucket, b"one")
    assert bucket.read(KEY) is None


def test_nothing_that_is_written_bypasses_the_key_and_duckdb_reads_all_of_it_untouched(
    encrypting_world: World, s3_client: Any
) -> None:
    world = encrypting_world
    small_archive(world)
    look_through(world.runtime, world.app, world.clock.now())
    keys = world.keys()
    kinds = {key.removeprefix("history/").partition("/")[0] for key in keys}
    assert kinds == {"raw", "messages", "messages_daily", "quarantine", "ledger", "coverage", "coverage.html"}
    for key in keys:
        assert encryption_of(s3_client, world.runtime.bucket, key) == ("aws:kms", KMS_KEY), key
    with connect(world.runtime) as connection:
        counted = connection.execute("SELECT date::VARCHAR, count(*) FROM messages GROUP BY 1 ORDER BY 1").fetchall()
        lines = connection.execute("SELECT count(*) FROM quarantine").fetchall()
    assert (counted, lines) == ([(DAY.key, 4), (NEXT_DAY.key, 1)], [(1,)])


def test_an_hour_that_is_published_again_after_the_key_was_set_stays_the_same(
    world: World, encrypting_world: World
) -> None:
    hour = DAY.hours[7]
    archive_lines(world, hour, message(1, hour, "ann", "bob", "hello bob"))
    before = world.archive.ledger.messages(hour)
    assert publish_messages(hour, encrypting_world.archive, world.clock)[1] == before
