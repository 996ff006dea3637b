"""Buckets that keep old versions, and buckets that let nobody delete: the archive works in both as in others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from resources.archive.capture_record import CaptureRecord
from resources.archive.errors import ArchiveRefused
from resources.archive.kept_versions import KeptVersions
from resources.archive.layout import Layout
from resources.archive.ledger import Ledger
from resources.archive.objects import ArchiveBucket, ObjectHead
from resources.archive.s3_errors import code_of
from resources.digests import digests_of
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.resources.archive.contract.backends import Backend, Capability
from tests.resources.archive.troubled_wire import Trouble, lost_answer, troubled
from tests.world import NOW

KEY = "history/a/b=c/object"
TYPE = "application/octet-stream"
MIB = 1024 * 1024
HOUR = Hour.from_key("2026110112")


def put(bucket: ArchiveBucket, content: bytes, replaces: ObjectHead | None = None) -> str:
    return bucket.put_bytes(KEY, content, content_type=TYPE, replaces=replaces)


def content_of(bucket: ArchiveBucket, key: str = KEY) -> bytes | None:
    stored = bucket.read(key)
    return stored[0] if stored else None


@pytest.fixture
def versioned(bucket: ArchiveBucket, backend: Backend, s3_client: Any) -> ArchiveBucket:
    """A bucket that keeps old versions."""
    backend.needs(Capability.CONDITIONS_IN_VERSIONS)
    s3_client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture
def locked(
    bucket_settings: ArchiveSettings, backend: Backend, s3_client: Any, monkeypatch: pytest.MonkeyPatch
) -> ArchiveBucket:
    """A bucket whose versions nobody can delete for a day."""
    if Capability.CONDITIONS_IN_VERSIONS in backend.lacks:
        # The archive would refuse the bucket, and locks would be tried on no server of production.
        monkeypatch.setattr(KeptVersions, "look_at", lambda *_: None)
    name = f"locked-{uuid4().hex}"
    s3_client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
    s3_client.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    return ArchiveBucket(bucket_settings.model_copy(update={"root": f"s3://{name}/history"}), FakeClock(NOW))


def versions(client: Any, bucket: ArchiveBucket, key: str = KEY) -> list[str]:
    """Return the ids of an object's versions, the newest first."""
    found = client.list_object_versions(Bucket=bucket.name, Prefix=key).get("Versions", ())
    return [version["VersionId"] for version in found]


def test_a_replaced_object_is_read_as_it_is_now_and_kept_as_it_was(versioned: ArchiveBucket, s3_client: Any) -> None:
    put(versioned, b"one")
    put(versioned, b"two", versioned.head(KEY))
    assert content_of(versioned) == b"two"
    assert list(versioned.keys("history/")) == [KEY]
    old = versions(s3_client, versioned)[1]
    assert s3_client.get_object(Bucket=versioned.name, Key=KEY, VersionId=old)["Body"].read() == b"one"


@pytest.mark.parametrize("troubles", [[lost_answer], [lost_answer, lost_answer]], ids=["once", "twice"])
@pytest.mark.usefixtures("no_pauses")
def test_case_30_a_put_whose_answer_was_lost_after_the_commit_is_done_and_is_one_version(
    versioned: ArchiveBucket, s3_client: Any, troubles: list[Trouble]
) -> None:
    with troubled(versioned, "PutObject", *troubles) as requests:
        etag = put(versioned, b"one")
    assert len(requests) == len(troubles) + 1
    assert versioned.head(KEY) == ObjectHead(etag, 3, digests_of(BytesIO(b"one")).sha256)
    assert len(versions(s3_client, versioned)) == 1


@pytest.mark.usefixtures("no_pauses")
def test_case_30_a_replacement_whose_answer_was_lost_is_one_version_more(
    versioned: ArchiveBucket, s3_client: Any
) -> None:
    put(versioned, b"one")
    before = versioned.head(KEY)
    with troubled(versioned, "PutObject", lost_answer):
        put(versioned, b"two", before)
    assert content_of(versioned) == b"two"
    assert len(versions(s3_client, versioned)) == 2


def test_an_object_that_was_deleted_there_can_be_put_anew(versioned: ArchiveBucket, s3_client: Any) -> None:
    put(versioned, b"one")
    s3_client.delete_object(Bucket=versioned.name, Key=KEY)
    assert versioned.head(KEY) is None
    put(versioned, b"two")
    assert content_of(versioned) == b"two"


def test_case_41_a_bucket_whose_server_cannot_guard_its_versions_is_refused_in_words(
    bucket: ArchiveBucket, backend: Backend, s3_client: Any
) -> None:
    if Capability.CONDITIONS_IN_VERSIONS not in backend.lacks:
        pytest.skip(f"{backend.name} guards the versions of a bucket that keeps them")
    s3_client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(ArchiveRefused, match=r"keeps old versions.*Use a bucket without versions and Object Lock"):
        put(bucket, b"one")
    with pytest.raises(ArchiveRefused, match=r"it is not\. Use a bucket without versions and Object Lock"):
        put(bucket, b"two", bucket.head(KEY))
    assert content_of(bucket) == b"one"


def test_case_41_a_record_that_is_written_again_in_a_locked_bucket_becomes_a_new_version(
    locked: ArchiveBucket, backend: Backend, s3_client: Any
) -> None:
    backend.needs(Capability.CONDITIONS_IN_VERSIONS)
    ledger = Ledger(locked, Layout(locked.prefix, "acme__support"))
    key = ledger.layout.capture_record(HOUR)
    new = CaptureRecord.new("acme/support", HOUR, HourPolicy(), HOUR.end)
    ledger.update_capture(HOUR, lambda _: new)
    changed = ledger.update_capture(HOUR, lambda record: (record or new).model_copy(update={"looks_total": 1}))
    assert ledger.capture(HOUR) == changed
    newest, oldest = versions(s3_client, locked, key)
    assert newest != oldest
    stored = s3_client.get_object(Bucket=locked.name, Key=key, VersionId=oldest)["Body"].read()
    assert CaptureRecord.model_validate_json(stored) == new


def test_case_41_a_raw_file_is_stored_in_a_locked_bucket(locked: ArchiveBucket, s3_client: Any) -> None:
    put(locked, b"one")
    assert content_of(locked) == b"one"
    assert s3_client.head_object(Bucket=locked.name, Key=KEY)["ObjectLockMode"] == "COMPLIANCE"


def test_case_41_a_large_file_is_stored_in_a_locked_bucket(
    locked: ArchiveBucket, backend: Backend, s3_client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.needs(Capability.PARTS_LOCKED)
    monkeypatch.setattr("resources.archive.multipart.PART_BYTES", 5 * MIB)
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", MIB)
    content, path = Random(1).randbytes(6 * MIB), tmp_path / "large"
    path.write_bytes(content)
    locked.put_file(KEY, path, digests_of(BytesIO(content)), content_type=TYPE, replaces=None)
    assert content_of(locked) == content
    assert s3_client.head_object(Bucket=locked.name, Key=KEY)["ObjectLockMode"] == "COMPLIANCE"


def test_case_41_nobody_deletes_a_version_or_shortens_its_time_in_a_locked_bucket(
    locked: ArchiveBucket, backend: Backend, s3_client: Any
) -> None:
    backend.needs(Capability.RETENTION_KEPT)
    put(locked, b"one")
    (version,) = versions(s3_client, locked)
    place = {"Bucket": locked.name, "Key": KEY, "VersionId": version}
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(minutes=5)}
    with pytest.raises(ClientError) as deleted:
        s3_client.delete_object(**place)
    with pytest.raises(ClientError) as shortened:
        s3_client.put_object_retention(**place, Retention=shorter)
    assert (code_of(deleted.value), code_of(shortened.value)) == ("AccessDenied", "AccessDenied")
    assert content_of(locked) == b"one"
