"""What lies outside the verified hours: named wherever it is, unless records say that the archive was there."""

from __future__ import annotations

import pytest

from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.outside import Outside, look_outside
from resources.hours.day import Day
from resources.hours.hour import Hour, hours_between, last_finished_hour
from tests.assets.looking import look
from tests.assets.verification.archives import (
    PLAIN,
    BehindItsBack,
    kinds,
    let_s3_clock_run_ahead,
)
from tests.behind_the_back import digest_of
from tests.pipelines.query.archives import DAY, NEXT_DAY
from tests.world import World


def outside(world: World, first: Hour = DAY.hours[0], *, read_data: bool = False) -> Outside:
    """Look outside the hours of an archive that begins with one."""
    now = world.clock.now()
    hours = list(hours_between(first, last_finished_hour(now)))
    return look_outside(world.archive, hours, first, now, read_data=read_data)


def named(found: Outside) -> list[Discrepancy]:
    return [*(each for look in found.verified for each in look.discrepancies), *found.strays]


def test_of_a_healthy_archive_nothing_lies_outside(somebody: BehindItsBack) -> None:
    assert outside(somebody.world, read_data=True) == Outside()


def test_what_lies_in_no_days_folder_is_a_stray(somebody: BehindItsBack) -> None:
    layout = somebody.world.archive.layout
    strays = [
        f"{layout.data_folders[1]}a.parquet",
        layout.messages(PLAIN).replace("2026-11-20", "2026-02-30"),
        layout.messages(PLAIN).replace("2026-11-20", "0001-01-01"),
        f"{layout.ledger}old.json",
    ]
    for key in strays:
        somebody.put(key, b"mine")
    somebody.put(f"history/messages/app={layout.slug}2/a.parquet", b"another app's")
    found = outside(somebody.world)
    assert sorted(each.key for each in found.strays) == sorted(strays)
    assert {each.wrong for each in found.strays} == {Wrong.EXTRA}
    assert found.verified == ()


CURRENT = Hour.from_key("2026112401")
"""The hour under way when the archive of these tests has been made."""

YOUNG_AND_OLD = pytest.mark.parametrize("is_old", [False, True])
ODD_PLACES = [CURRENT, CURRENT.plus(5), Hour.from_key("2031010100"), Day.from_key("9999-12-31").hours[-1]]


@YOUNG_AND_OLD
@pytest.mark.parametrize("hour", ODD_PLACES, ids=str)
def test_what_lies_in_an_hour_that_has_not_ended_is_named_however_young_and_whatever_its_name(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, hour: Hour, is_old: bool
) -> None:
    world, layout = somebody.world, somebody.world.archive.layout
    assert Hour.containing(world.clock.now()) == CURRENT
    kept = {
        layout.messages(hour): (Wrong.NOT_RECORDED, Thing.MESSAGES),
        layout.quarantine(hour): (Wrong.NOT_RECORDED, Thing.QUARANTINE),
        layout.raw(hour, "a" * 64): (Wrong.NOT_RECORDED, Thing.RAW),
        layout.messages_daily(Day.of(hour)): (Wrong.NOT_RECORDED, Thing.DAY),
        layout.messages(hour).replace("messages.parquet", "part-0.parquet"): (Wrong.EXTRA, Thing.MESSAGES),
        layout.messages_daily(Day.of(hour)) + ".old": (Wrong.EXTRA, Thing.DAY),
    }
    for key in kept:
        somebody.put(key, b"PAR1")
    if is_old:
        let_s3_clock_run_ahead(monkeypatch)
    found = named(outside(world))
    assert {each.key: (each.wrong, each.thing) for each in found} == kept
    assert {each.detail for each in found if each.wrong is Wrong.NOT_RECORDED} == {"its hour has not ended yet"}


def test_what_lies_in_the_first_days_hours_before_the_archives_first_is_named(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    layout = somebody.world.archive.layout
    somebody.put(layout.messages(DAY.hours[2]), b"PAR1")
    (found,) = named(outside(somebody.world, first=DAY.hours[5]))
    assert (found.wrong, found.hour, found.key) == (
        Wrong.NOT_RECORDED,
        DAY.hours[2].key,
        layout.messages(DAY.hours[2]),
    )
    assert "first_hour" in found.detail


def test_hours_before_the_first_are_whole_when_their_records_agree_and_named_when_not(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    world, first = somebody.world, NEXT_DAY.hours[0]
    assert named(outside(world, first, read_data=True)) == []
    somebody.rot(world.archive.layout.messages(PLAIN))
    assert named(outside(world, first)) == []
    assert kinds(named(outside(world, first, read_data=True))) == [(Wrong.ALTERED, Thing.MESSAGES)]
    somebody.delete(world.archive.layout.messages(PLAIN))
    assert kinds(named(outside(world, first))) == [(Wrong.MISSING, Thing.MESSAGES)]


def test_an_hour_before_the_first_that_lacks_records_is_no_gap(somebody: BehindItsBack) -> None:
    world, layout = somebody.world, somebody.world.archive.layout
    somebody.put(layout.messages(DAY.hours[0].plus(-1)).replace("messages.parquet", "part-0.parquet"), b"PAR1")
    assert kinds(named(outside(world))) == [(Wrong.EXTRA, Thing.MESSAGES)]


def test_an_hour_that_a_clock_ahead_has_archived_is_whole_as_long_as_its_records_agree(
    somebody: BehindItsBack,
) -> None:
    world, layout = somebody.world, somebody.world.archive.layout
    now = world.clock.now()
    look(world, CURRENT, age=1)
    world.clock.turn_to(now)
    found = outside(world)
    assert [look.hour for look in found.verified] == [CURRENT]
    assert named(found) == []
    somebody.put(layout.messages(CURRENT), b"PAR1 of a run that records it in a moment")
    (one,) = outside(world).verified
    assert (one.discrepancies, one.under_way) == ((), (layout.messages(CURRENT),))
    somebody.edit(layout.capture_record(CURRENT), app="acme/other")
    assert kinds(named(outside(world))) == [(Wrong.CONTRADICTS, Thing.CAPTURE_RECORD)]


def test_a_record_of_a_future_day_that_was_forged_is_named(somebody: BehindItsBack) -> None:
    layout, day = somebody.world.archive.layout, Day.from_key("2031-01-01")
    key = layout.messages_daily(day)
    somebody.stored_as_ours(key, b"PAR1")
    record = somebody.content(layout.daily_record(DAY))
    somebody.put(layout.daily_record(day), record)
    somebody.edit(layout.daily_record(day), date=day.key, object={"key": key, **digest_of(b"PAR1")})
    assert (Wrong.CONTRADICTS, Thing.DAY_RECORD) in kinds(named(outside(somebody.world)))
