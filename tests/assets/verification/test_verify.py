"""Verifying a real archive: each thing that somebody does to it is named, and nothing is named in one that is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.capture import capture_hour
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.verify import Verifier
from resources.archive.objects import ArchiveBucket, ListedObject
from resources.hours.hour import Hour
from resources.hours.state import HourState
from tests.assets.looking import look, rows_of
from tests.assets.verification.archives import (
    DAMAGED,
    EMPTY,
    FAILED,
    KINDS_OF_HOURS,
    LAST_HOUR,
    LOST,
    PLAIN,
    QUARANTINED,
    REVISED,
    BehindItsBack,
    found,
    kinds,
    let_hours_be_recorded_before_their_day,
    let_s3_clock_run_ahead,
    publish_again,
    verified,
)
from tests.assets.verification.deeds import (
    DEEDS,
    WITH_DATA,
    Deed,
    counts_that_add_up_and_are_wrong,
    day_deleted,
    day_overwritten,
    day_record_deleted,
    messages_deleted,
    messages_edited,
    quarantine_not_recorded,
)
from tests.pipelines.query.archives import DAY, NEXT_DAY, archive_lines, message
from tests.resources.archive.troubled_wire import after, changed_body, let_through, troubled
from tests.world import World

# Whole


def test_the_archive_of_these_tests_has_hours_of_every_state(somebody: BehindItsBack) -> None:
    records = somebody.world.archive.ledger.records(KINDS_OF_HOURS).all_readable()
    states = {hour: known.capture.state for hour, known in records.items() if known.capture is not None}
    assert states == {
        QUARANTINED: HourState.ARCHIVED,
        PLAIN: HourState.ARCHIVED,
        REVISED: HourState.ARCHIVED,
        EMPTY: HourState.EMPTY,
        FAILED: HourState.FAILED,
        DAMAGED: HourState.FAILED,
        LOST: HourState.EXPIRED,
        LAST_HOUR: HourState.EXPIRED,
    }


@pytest.mark.parametrize("read_data", [False, True])
def test_a_healthy_archive_is_whole(somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, read_data: bool) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    looks = verified(somebody.world, *KINDS_OF_HOURS, read_data=read_data)
    assert [each for look in looks for each in look.discrepancies] == []
    assert sum(each.objects for each in looks) == 3 + 2 + 3 + 1 + 1  # the last two: a damaged file, the day
    assert (sum(each.bytes for each in looks) > 0) is read_data


def test_verifying_writes_nothing(somebody: BehindItsBack) -> None:
    with troubled(somebody.world.runtime.bucket, "") as requests:
        verified(somebody.world, *KINDS_OF_HOURS, read_data=True)
    assert {request.method for request in requests} == {"GET", "HEAD"}


def test_nothing_is_asked_for_twice_where_all_is_well(somebody: BehindItsBack) -> None:
    with troubled(somebody.world.runtime.bucket, "HeadObject") as heads:
        verified(somebody.world, PLAIN)
    assert len(heads) == 2


# Case 38: what somebody did, and what is named for it


@pytest.mark.parametrize("case", DEEDS, ids=lambda case: case[0].__name__)
def test_case_38_each_thing_that_is_missing_extra_or_altered_is_named(
    somebody: BehindItsBack,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[Deed, bool, Hour, list[tuple[Wrong, Thing]]],
) -> None:
    deed, seen, hour, named = case
    world = somebody.world
    let_s3_clock_run_ahead(monkeypatch)
    deed(somebody, world.archive)
    without_data, with_data = found(world, hour), found(world, hour, read_data=True)
    assert kinds(without_data) == ([] if seen is WITH_DATA else sorted(named))
    assert set(kinds(with_data)) >= set(named)
    for each in with_data:
        assert each.key.startswith("history/")
        assert each.remedy


def test_the_documentation_counts_the_deeds_as_this_table_does() -> None:
    page = Path("docs/reliability.md").read_text(encoding="utf-8")
    assert f"A table of {len(DEEDS)} deeds" in page


def test_a_line_on_which_two_messages_stand_is_no_contradiction(somebody: BehindItsBack) -> None:
    world, hour = somebody.world, NEXT_DAY.hours[5]
    two = b"".join(json.dumps(message(number, hour, "ann", "bob", "hello")).encode() for number in (20, 21))
    archive_lines(world, hour, two, b" ", message(20, hour, "ann", "bob", "hello"))
    assert len(rows_of(world, world.archive.layout.messages(hour))) == 2
    assert found(world, hour, read_data=True) == []


def delete_all_of(who: BehindItsBack, hour: Hour) -> None:
    """Delete an hour's raw files, messages and records."""
    for folder in who.world.archive.layout.folders_of_hour(hour):
        who.delete(*who.world.archive.bucket.keys(folder))


def test_an_hour_of_a_compacted_day_that_was_deleted_with_its_records_is_named(somebody: BehindItsBack) -> None:
    world = somebody.world
    delete_all_of(somebody, PLAIN)
    world.clock.advance(timedelta(days=40))
    capture_hour(PLAIN, world.archive, lambda: world.runtime.platform(world.app), world.clock)  # expired, never asked
    looks = [found(world, PLAIN, LAST_HOUR, read_data=read_data) for read_data in (False, True)]
    assert [kinds(each) for each in looks] == [[(Wrong.CONTRADICTS, Thing.DAY)]] * 2
    assert PLAIN.key in looks[0][0].detail
    assert QUARANTINED.key not in looks[0][0].detail
    assert "Keep it" in looks[0][0].remedy


def test_an_hour_that_was_revised_since_its_day_was_made_is_no_contradiction(somebody: BehindItsBack) -> None:
    world = somebody.world
    archive_lines(world, PLAIN, message(4, PLAIN, "carl", "ann", "late"), age=26)
    publish_again(world, PLAIN)
    assert found(world, LAST_HOUR) == []


OTHER_HOURS = {PLAIN.key: "0" * 64}


def test_a_day_record_of_other_hours_is_named_when_no_hour_was_written_since(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = somebody.world
    somebody.edit(world.archive.layout.daily_record(DAY), hours=OTHER_HOURS)
    assert found(world, LAST_HOUR) == []  # by its times it is due again
    let_hours_be_recorded_before_their_day(monkeypatch)
    assert found(world, LAST_HOUR) == []  # and then a run may be about to notice
    let_s3_clock_run_ahead(monkeypatch)
    (left_behind,) = found(world, LAST_HOUR)
    assert (left_behind.wrong, left_behind.thing) == (Wrong.CONTRADICTS, Thing.DAY_RECORD)
    assert "no run makes it again" in left_behind.detail
    somebody.delete(left_behind.key)
    publish_daily(DAY, world.archive, world.clock)
    assert found(world, LAST_HOUR, read_data=True) == []


def test_a_day_before_which_an_hour_was_written_since_is_due_and_no_contradiction(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = somebody.world
    archive_lines(world, DAY.hour_before, message(30, DAY.hour_before, "ann", "bob", "good night"))
    record = world.archive.layout.messages_record(DAY.hour_before)
    listed = ArchiveBucket.listed

    def as_if_long_ago(bucket: ArchiveBucket, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        for entry in listed(bucket, prefix, after=after):
            yield entry if entry.key == record else replace(entry, written_at=entry.written_at - timedelta(hours=1))

    monkeypatch.setattr(ArchiveBucket, "listed", as_if_long_ago)
    let_s3_clock_run_ahead(monkeypatch)
    assert found(world, LAST_HOUR, read_data=True) == []


def test_a_messages_record_of_an_hour_that_is_none_is_named_and_stops_nothing(somebody: BehindItsBack) -> None:
    somebody.edit(somebody.world.archive.layout.messages_record(PLAIN), hour="rubbish")
    discrepancies = found(somebody.world, QUARANTINED, PLAIN, read_data=True)
    assert kinds(discrepancies) == [(Wrong.CONTRADICTS, Thing.MESSAGES_RECORD)]
    assert "it is of another app or hour" in discrepancies[0].detail


@pytest.mark.parametrize("reader", ["check_hour", "check_day"])
def test_a_defect_is_a_finding_of_its_hour_by_name_and_place_and_the_others_go_on(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    def fail(*arguments: object, **_: object) -> list[Discrepancy]:
        if arguments[0] in {PLAIN, DAY}:
            raise ValueError("what somebody wrote")
        return []

    monkeypatch.setattr(f"assets.verification.verify.{reader}", fail)
    somebody.delete(somebody.raw_key(QUARANTINED))
    missing, defect = sorted(found(somebody.world, QUARANTINED, PLAIN, LAST_HOUR), key=lambda each: each.wrong)
    assert missing.wrong is Wrong.MISSING
    assert defect.wrong is Wrong.NOT_VERIFIED
    assert defect.hour == (PLAIN if reader == "check_hour" else LAST_HOUR).key
    assert "a ValueError at tests/assets/verification/test_verify.py:" in defect.detail
    assert "somebody wrote" not in defect.sentence


# Case 37: bytes that are changed on the way


def test_case_37_a_byte_flipped_on_the_way_is_read_again_and_no_discrepancy(somebody: BehindItsBack) -> None:
    records = (let_through, let_through)
    with troubled(somebody.world.runtime.bucket, "GetObject", *records, changed_body):
        (look,) = verified(somebody.world, PLAIN, read_data=True)
    assert (look.discrepancies, look.read_again, look.objects) == ((), 1, 2)


def test_case_37_bytes_that_come_wrong_again_and_again_are_flagged(somebody: BehindItsBack) -> None:
    one_look = (let_through, let_through, changed_body, changed_body, let_through)
    with troubled(somebody.world.runtime.bucket, "GetObject", *one_look, *one_look):
        (look,) = verified(somebody.world, PLAIN, read_data=True)
    assert kinds(look.discrepancies) == [(Wrong.ALTERED, Thing.RAW)]


# Others at work


def test_a_publish_between_two_questions_is_no_discrepancy(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)  # so that youth excuses nothing
    world = somebody.world
    now = world.clock.now()

    def meanwhile() -> None:
        lines = [message(number, PLAIN, "carl", "ann", f"late {number}") for number in (4, 5)]
        archive_lines(world, PLAIN, *lines, age=26)

    verifier = Verifier(world.archive, now, read_data=True)
    with troubled(world.runtime.bucket, "HeadObject", after(meanwhile)):
        (day,) = verifier.verify({DAY: [PLAIN]})
    assert [each.discrepancies for each in day] == [()]
    assert len(rows_of(world, world.archive.layout.messages(PLAIN))) == 3


def test_an_object_whose_record_is_about_to_be_written_is_under_way_and_later_altered(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = somebody.world
    key = world.archive.layout.messages(PLAIN)
    somebody.stored_as_ours(key, b"PAR1 by a run that writes its record in a moment")
    (look_now,) = verified(world, PLAIN)
    assert (look_now.discrepancies, look_now.under_way) == ((), (key,))
    let_s3_clock_run_ahead(monkeypatch)
    (look_later,) = verified(world, PLAIN)
    assert (kinds(look_later.discrepancies), look_later.under_way) == ([(Wrong.ALTERED, Thing.MESSAGES)], ())


# What the remedies promise


@pytest.mark.parametrize(
    "deed", [messages_deleted, messages_edited, counts_that_add_up_and_are_wrong, quarantine_not_recorded]
)
def test_building_an_hour_again_mends_its_messages(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, deed: Deed
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    world = somebody.world
    deed(somebody, world.archive)
    assert found(world, PLAIN, read_data=True)
    publish_again(world, PLAIN)
    assert found(world, PLAIN, read_data=True) == []


@pytest.mark.parametrize("deed", [day_deleted, day_overwritten, day_record_deleted])
def test_running_a_day_again_mends_its_object(somebody: BehindItsBack, deed: Deed) -> None:
    world = somebody.world
    deed(somebody, world.archive)
    publish_daily(DAY, world.archive, world.clock)
    assert found(world, LAST_HOUR, read_data=True) == []


def test_an_object_cut_short_with_its_metadata_is_mended_by_building_the_hour_again(somebody: BehindItsBack) -> None:
    world = somebody.world
    key = world.archive.layout.messages(PLAIN)
    metadata = somebody.client.head_object(Bucket=somebody.bucket, Key=key)["Metadata"]
    somebody.put(key, somebody.content(key)[:-4], Metadata=metadata)
    publish_again(world, PLAIN)
    assert found(world, PLAIN, read_data=True) == []


def test_looking_again_inside_the_window_brings_a_deleted_raw_file_back(world: World, s3_client: Any) -> None:
    hour = PLAIN
    look(world, hour, age=25)
    publish_messages(hour, world.archive, world.clock)
    who = BehindItsBack(world, s3_client)
    who.delete(who.raw_key(hour))
    assert kinds(found(world, hour)) == [(Wrong.MISSING, Thing.RAW)]
    look(world, hour, age=26)
    assert found(world, hour, read_data=True) == []
