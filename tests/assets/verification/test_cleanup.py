"""Cleaning up a real archive: what a killed run leaves goes, what the archive needs stays, whoever else is at work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.capture import capture_hour
from assets.verification.cleanup import find_leftovers, remove
from assets.verification.discrepancy import Thing, Wrong
from assets.verification.leftovers import Leftovers
from resources.archive.errors import ArchiveDamaged, ArchiveRefused
from resources.hours.day import Day
from resources.hours.hour import Hour
from tests.assets.verification.archives import (
    DAMAGED,
    EMPTY,
    FAILED,
    LAST_HOUR,
    LOST,
    PLAIN,
    REVISED,
    BehindItsBack,
    found,
    kinds,
    let_s3_clock_run_ahead,
)
from tests.behind_the_back import digest_of
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


def clean(who: BehindItsBack, older_than: timedelta = DAY_OLD, *, unfounded: bool = False) -> list[str]:
    """Find and remove what is left over, and return the keys."""
    archive = who.world.archive
    return [gone.key for gone in remove(archive, find_leftovers(archive, older_than), unfounded=unfounded)]


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
    assert leftovers == Leftovers()
    assert clean(somebody, unfounded=True) == []
    assert somebody.world.keys() == before


def test_objects_whose_records_are_gone_are_not_removed(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    layout = somebody.world.archive.layout
    somebody.delete(layout.capture_record(PLAIN), layout.messages_record(PLAIN), layout.daily_record(DAY))
    before = somebody.world.keys()
    assert clean(somebody, unfounded=True) == []
    assert somebody.world.keys() == before


@pytest.mark.parametrize("hour", [EMPTY, LOST])
def test_messages_of_a_silent_hour_are_unfounded_and_go_only_when_that_is_said(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, hour: Hour
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    layout = somebody.world.archive.layout
    made_up = {layout.messages(hour), layout.quarantine(hour)}
    for key in made_up:
        somebody.put(key, b"PAR1 made up")
    before = set(somebody.world.keys())
    assert kinds(found(somebody.world, hour)) == [
        (Wrong.NOT_RECORDED, Thing.MESSAGES),
        (Wrong.NOT_RECORDED, Thing.QUARANTINE),
    ]
    assert clean(somebody) == []
    assert set(somebody.world.keys()) == before
    assert set(clean(somebody, unfounded=True)) == made_up
    assert found(somebody.world, hour) == []


@pytest.mark.parametrize("hour", [PLAIN, FAILED, DAMAGED, DAY.hours[3]])
def test_what_a_run_may_still_make_or_replace_is_never_unfounded(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, hour: Hour
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    somebody.put(somebody.world.archive.layout.quarantine(hour), b"PAR1 made up")
    somebody.put(somebody.world.archive.layout.messages(hour), b"PAR1 made up")
    assert clean(somebody, unfounded=True) == []


def test_a_day_of_which_no_hour_has_a_file_makes_its_object_unfounded(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    world, day = somebody.world, Day.of(LAST_HOUR.plus(48))
    key = world.archive.layout.messages_daily(day)
    somebody.put(key, b"PAR1 made up")
    world.clock.turn_to(day.hours[-1].end + timedelta(days=30))
    for hour in day.hours[1:]:
        capture_hour(hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)
    assert clean(somebody, unfounded=True) == []
    capture_hour(day.hours[0], world.archive, lambda: world.runtime.platform(world.app), world.clock)
    assert clean(somebody, unfounded=True) == [key]


def test_what_lies_in_hours_to_come_by_s3s_clock_goes_only_when_that_is_said_and_raw_files_and_records_stay(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    archive, layout = somebody.world.archive, somebody.world.archive.layout
    now = archive.bucket.time()
    ended, to_come, doubtful = (Hour.containing(now).plus(hours) for hours in (-24, 48, 96))
    for hour in (ended, to_come, doubtful):
        for key in (layout.messages(hour), layout.quarantine(hour), layout.messages_daily(Day.of(hour))):
            somebody.put(key, b"PAR1 made up")
    somebody.unrecorded_raw_file(doubtful, b'{"msg_id":"77"}')
    before = set(somebody.world.keys())
    assert clean(somebody) == []
    made_up = {layout.messages(to_come), layout.quarantine(to_come), layout.messages_daily(Day.of(to_come))}
    assert set(clean(somebody, unfounded=True)) == made_up
    assert before - set(somebody.world.keys()) == made_up


def test_what_lies_in_an_hour_to_come_stays_when_it_is_recorded_or_has_ended_after_the_listing(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    archive, layout = somebody.world.archive, somebody.world.archive.layout
    recorded, ended = (Hour.containing(archive.bucket.time()).plus(hours) for hours in (48, 49))
    for hour in (recorded, ended):
        somebody.put(layout.messages(hour), b"PAR1 made up")
    leftovers = find_leftovers(archive, DAY_OLD)
    assert len(leftovers.unfounded) == 2
    somebody.put(layout.capture_record(recorded), somebody.content(layout.capture_record(PLAIN)))
    let_s3_clock_run_ahead(monkeypatch, timedelta(days=5))
    assert list(remove(archive, leftovers, unfounded=True)) == []


def test_a_raw_file_that_comes_to_a_silent_hour_after_the_listing_keeps_its_messages(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    archive = somebody.world.archive
    somebody.put(archive.layout.messages(LOST), b"PAR1 made of it")
    leftovers = find_leftovers(archive, DAY_OLD)
    somebody.unrecorded_raw_file(LOST, b'{"msg_id":"77"}')
    assert list(remove(archive, leftovers, unfounded=True)) == []
    assert find_leftovers(archive, DAY_OLD).unfounded == ()


def test_what_a_record_names_is_not_removed_whatever_its_name(somebody: BehindItsBack, extra: str) -> None:
    named = {"key": extra, **digest_of(b"PAR1 mine")}
    somebody.edit(somebody.world.archive.layout.messages_record(PLAIN), messages=named)
    assert clean(somebody) == []


def test_what_is_recorded_or_written_between_listing_and_removing_stays(somebody: BehindItsBack, extra: str) -> None:
    archive = somebody.world.archive
    leftovers = find_leftovers(archive, DAY_OLD)
    record = somebody.content(archive.layout.messages_record(PLAIN))
    somebody.edit(archive.layout.messages_record(PLAIN), messages={"key": extra, **digest_of(b"PAR1 mine")})
    assert list(remove(archive, leftovers, unfounded=True)) == []
    somebody.put(archive.layout.messages_record(PLAIN), b"what it names cannot be told")
    assert list(remove(archive, leftovers, unfounded=True)) == []
    somebody.put(archive.layout.messages_record(PLAIN), record)
    assert [gone.key for gone in remove(archive, leftovers, unfounded=True)] == [extra]


def test_an_object_written_anew_since_it_was_listed_stays(somebody: BehindItsBack, extra: str) -> None:
    archive = somebody.world.archive
    leftovers = find_leftovers(archive, DAY_OLD)
    (entry,) = leftovers.strange
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
