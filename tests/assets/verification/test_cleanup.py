"""Cleaning up a real archive: what a killed run leaves goes, what the archive needs stays, whoever else is at work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.verification.cleanup import find_leftovers, remove
from resources.archive.errors import ArchiveDamaged, ArchiveRefused
from tests.assets.verification.archives import PLAIN, REVISED, BehindItsBack, digest_of, let_s3_clock_run_ahead
from tests.pipelines.query.archives import DAY
from tests.resources.archive.troubled_wire import after, answered, troubled

DAY_OLD = timedelta(days=1)


@pytest.fixture
def extra(somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put something into an hour's folder that the archive never writes, two days ago; return its key."""
    let_s3_clock_run_ahead(monkeypatch)
    key = somebody.world.archive.layout.messages(PLAIN).replace("messages.parquet", "part-0.parquet")
    somebody.put(key, b"PAR1 mine")
    return key


def uploads_of(who: BehindItsBack) -> list[str]:
    removal = who.world.runtime.bucket.removal
    return [upload.upload_id for upload in removal.unfinished_uploads("history/")]


def clean(who: BehindItsBack, older_than: timedelta = DAY_OLD) -> list[str]:
    """Find and remove what is left over, and return the keys."""
    archive = who.world.archive
    return [gone.key for gone in remove(archive, find_leftovers(archive, older_than))]


def test_case_44_what_a_killed_run_leaves_is_removed_once_it_is_old_enough(somebody: BehindItsBack, extra: str) -> None:
    # moto says of every upload that it was begun in 2010.
    key = somebody.world.archive.layout.raw(PLAIN, "a" * 64)
    upload = somebody.unfinished_upload(key)
    elsewhere = somebody.unfinished_upload("history/coverage/coverage.parquet")
    assert clean(somebody, timedelta(days=365 * 100)) == []
    assert set(uploads_of(somebody)) == {upload, elsewhere}
    before = set(somebody.world.keys())
    assert clean(somebody) == [extra, key]
    assert uploads_of(somebody) == [elsewhere]
    assert before - set(somebody.world.keys()) == {extra}
    assert clean(somebody) == []


def test_case_44_a_raw_file_that_no_record_names_is_told_and_never_removed(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    key = somebody.unrecorded_raw_file(REVISED, b'{"msg_id":"77"}')
    leftovers = find_leftovers(somebody.world.archive, DAY_OLD)
    assert [entry.key for entry in leftovers.not_recorded] == [key]
    assert clean(somebody) == []
    assert key in set(somebody.world.keys())


def test_in_a_healthy_archive_nothing_is_left_over(somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch) -> None:
    let_s3_clock_run_ahead(monkeypatch, timedelta(days=3650))
    before = somebody.world.keys()
    leftovers = find_leftovers(somebody.world.archive, DAY_OLD)
    assert (leftovers.objects, leftovers.uploads, leftovers.not_recorded, leftovers.young) == ((), (), (), 0)
    assert clean(somebody) == []
    assert somebody.world.keys() == before


def test_objects_whose_records_are_gone_are_not_removed(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    layout = somebody.world.archive.layout
    somebody.delete(layout.capture_record(PLAIN), layout.messages_record(PLAIN), layout.daily_record(DAY))
    before = somebody.world.keys()
    assert clean(somebody) == []
    assert somebody.world.keys() == before


def test_what_a_record_names_is_not_removed_whatever_its_name(somebody: BehindItsBack, extra: str) -> None:
    named = {"key": extra, **digest_of(b"PAR1 mine")}
    somebody.edit(somebody.world.archive.layout.messages_record(PLAIN), messages=named)
    assert clean(somebody) == []


def test_what_is_recorded_or_written_between_listing_and_removing_stays(somebody: BehindItsBack, extra: str) -> None:
    archive = somebody.world.archive
    leftovers = find_leftovers(archive, DAY_OLD)
    record = somebody.content(archive.layout.messages_record(PLAIN))
    somebody.edit(archive.layout.messages_record(PLAIN), messages={"key": extra, **digest_of(b"PAR1 mine")})
    assert list(remove(archive, leftovers)) == []
    somebody.put(archive.layout.messages_record(PLAIN), b"what it names cannot be told")
    assert list(remove(archive, leftovers)) == []
    somebody.put(archive.layout.messages_record(PLAIN), record)
    assert [gone.key for gone in remove(archive, leftovers)] == [extra]


def test_an_object_written_anew_since_it_was_listed_stays(somebody: BehindItsBack, extra: str) -> None:
    archive = somebody.world.archive
    leftovers = find_leftovers(archive, DAY_OLD)
    (entry,) = leftovers.objects
    removal = somebody.world.runtime.bucket.removal
    assert not removal.delete(extra, entry.written_at - timedelta(hours=1))
    assert extra in set(somebody.world.keys())
    somebody.delete(extra)
    assert not removal.delete(extra, entry.written_at)


def test_an_upload_that_was_completed_or_aborted_meanwhile_is_left_alone(somebody: BehindItsBack) -> None:
    bucket = somebody.world.runtime.bucket
    key = somebody.world.archive.layout.raw(PLAIN, "a" * 64)
    upload_id = somebody.unfinished_upload(key)
    (upload,) = bucket.removal.unfinished_uploads(key)

    def meanwhile() -> None:
        somebody.client.abort_multipart_upload(Bucket=bucket.name, Key=key, UploadId=upload_id)

    with troubled(bucket, "AbortMultipartUpload", after(meanwhile)):
        assert not bucket.removal.abort(upload)
    with troubled(bucket, "AbortMultipartUpload") as aborts:
        assert not bucket.removal.abort(upload)
    assert aborts == []


def test_a_ledger_that_cannot_be_read_whole_stops_it_before_anything_is_removed(
    somebody: BehindItsBack, extra: str
) -> None:
    somebody.put(somebody.world.archive.layout.capture_record(REVISED), b"not what it was")
    with pytest.raises(ArchiveDamaged):
        clean(somebody)
    assert extra in set(somebody.world.keys())


@pytest.mark.parametrize(
    ("operation", "right"),
    [
        ("DeleteObject", "s3:DeleteObject"),
        ("AbortMultipartUpload", "s3:AbortMultipartUpload"),
        ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ],
)
def test_without_the_right_to_it_the_error_names_the_right(
    somebody: BehindItsBack, extra: str, operation: str, right: str
) -> None:
    del extra
    somebody.unfinished_upload(somebody.world.archive.layout.raw(PLAIN, "a" * 64))
    with (
        troubled(somebody.world.runtime.bucket, operation, answered(403, "AccessDenied")),
        pytest.raises(ArchiveRefused, match=right),
    ):
        clean(somebody)
