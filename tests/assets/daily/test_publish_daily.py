"""Publishing a closed day: when, from what, again when an hour is revised, and never half."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from assets.daily.closed_day import open_hours
from assets.daily.compaction import CompactionFailed
from assets.daily.publish_daily import DayNotClosed, publish_daily
from assets.publish_messages import publish_messages
from pipelines.days_due import days_due
from resources.archive.app_archive import app_archive
from resources.archive.errors import ArchiveDamaged, ArchiveOfAnotherApp, ArchiveRefused
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.simulated_platform import truth
from tests.assets.looking import hour_that_grows, look, rows_of
from tests.resources.archive.troubled_wire import after, answered, troubled
from tests.world import World

DAY = Day.from_key("2026-11-20")


def close(world: World, *hours: Hour) -> None:
    """Archive some hours of the day, and turn the clock beyond the day's last deadline."""
    for hour in hours:
        look(world, hour, age=25)
        publish_messages(hour, world.archive, world.clock)
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))


def busy_hours(world: World, count: int) -> list[Hour]:
    """Return hours of the day in which somebody speaks."""
    return [hour for hour in DAY.hours if truth(world.simulated_app, hour).message_ids][:count]


def ids_of_the_day(world: World) -> Counter[str]:
    return Counter(row["msg_id"] for row in rows_of(world, world.archive.layout.messages_daily(DAY)))


def test_a_closed_days_object_holds_every_message_of_its_hours_once(world: World) -> None:
    hours = busy_hours(world, 3)
    close(world, *hours)
    record = publish_daily(DAY, world.archive, world.clock)
    assert record is not None
    said = {message_id for hour in hours for message_id in truth(world.simulated_app, hour).message_ids}
    assert ids_of_the_day(world) == Counter(said)
    assert set(record.hours) == {hour.key for hour in hours}
    assert record == world.archive.ledger.daily(DAY)
    head = world.runtime.bucket.head(record.object.key)
    assert head is not None
    assert (head.bytes, head.sha256) == (record.object.bytes, record.object.sha256)


def test_a_rerun_that_changes_nothing_writes_nothing(world: World) -> None:
    close(world, *busy_hours(world, 2))
    first = publish_daily(DAY, world.archive, world.clock)
    world.clock.advance(timedelta(hours=1))
    with troubled(world.runtime.bucket, "PutObject") as puts:
        assert publish_daily(DAY, world.archive, world.clock) == first
    assert puts == []


def test_a_day_whose_hours_may_still_change_is_refused_with_what_to_expect(world: World) -> None:
    hour = busy_hours(world, 1)[0]
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    with pytest.raises(DayNotClosed, match="is not closed: 24 of its hours may still change"):
        publish_daily(DAY, world.archive, world.clock)
    assert world.archive.ledger.daily(DAY) is None


def test_a_day_is_not_made_again_without_an_hour_whose_record_is_gone(world: World, s3_client: Any) -> None:
    hours = busy_hours(world, 2)
    close(world, *hours)
    publish_daily(DAY, world.archive, world.clock)
    before = ids_of_the_day(world)
    for key in list(world.keys()):
        if f"hour={hours[0].start:%H}" in key:
            s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=key)
    with pytest.raises(CompactionFailed, match=f"the messages of {hours[0]} are in the day's object"):
        publish_daily(DAY, world.archive, world.clock)
    assert ids_of_the_day(world) == before


def test_a_rerun_mends_a_day_whose_record_is_an_older_one_put_back(world: World) -> None:
    """It is due by no time of writing, since what was put back is the newest: somebody runs it, as verify says."""
    first, second = busy_hours(world, 2)
    close(world, first)
    older = publish_daily(DAY, world.archive, world.clock)
    assert older is not None
    close(world, second)
    newer = publish_daily(DAY, world.archive, world.clock)
    assert newer is not None
    world.archive.ledger.update_daily(DAY, lambda _: older)
    with troubled(world.runtime.bucket, "PutObject") as puts:
        mended = publish_daily(DAY, world.archive, world.clock)
    assert mended == newer == world.archive.ledger.daily(DAY)
    assert len(puts) == 1  # the record: the object holds these rows already
    assert ids_of_the_day(world) == world.message_ids(first) + world.message_ids(second)


def test_a_rerun_mends_a_day_whose_object_and_record_are_older_ones_put_back(world: World, s3_client: Any) -> None:
    first, second = busy_hours(world, 2)
    bucket, key = world.runtime.bucket.name, world.archive.layout.messages_daily(DAY)
    close(world, first)
    older = publish_daily(DAY, world.archive, world.clock)
    assert older is not None
    object_before = s3_client.get_object(Bucket=bucket, Key=key)["Body"].read()
    close(world, second)
    newer = publish_daily(DAY, world.archive, world.clock)
    s3_client.put_object(Bucket=bucket, Key=key, Body=object_before, Metadata={"sha256": older.object.sha256})
    world.archive.ledger.update_daily(DAY, lambda _: older)
    assert publish_daily(DAY, world.archive, world.clock) == newer
    assert ids_of_the_day(world) == world.message_ids(first) + world.message_ids(second)


def test_a_day_without_messages_has_no_object(world: World) -> None:
    close(world)
    assert publish_daily(DAY, world.archive, world.clock) is None
    keys = world.keys()
    assert not any("messages_daily" in key for key in keys)


def test_a_day_is_closed_early_when_all_its_hours_are_finished(world: World) -> None:
    for hour in DAY.hours:
        look(world, hour, age=25)
        publish_messages(hour, world.archive, world.clock)
        if truth(world.simulated_app, hour).line_count == 0:
            look(world, hour, age=71)
    records = world.archive.ledger.records(DAY.hours).all_readable()
    now = world.clock.now()
    still_open = open_hours(DAY, world.app.policy, records, now)
    empty = {hour for hour in DAY.hours if not truth(world.simulated_app, hour).line_count}
    assert set(still_open) <= empty


def test_a_revised_hour_makes_its_day_due_again_and_the_object_is_replaced_whole(world: World) -> None:
    hour = hour_that_grows(world.simulated_app)
    day = Day.of(hour)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    late = day.hours[-1].end + timedelta(hours=73)
    world.clock.turn_to(late)
    before = publish_daily(day, world.archive, world.clock)
    assert before is not None
    assert days_due(world.runtime, world.app, late) == []
    look(world, hour, age=25)
    publish_messages(hour, world.archive, world.clock)
    world.clock.turn_to(late)
    assert days_due(world.runtime, world.app, late) == [day]
    after = publish_daily(day, world.archive, world.clock)
    assert after is not None
    assert after.messages > before.messages
    assert days_due(world.runtime, world.app, late) == []


def test_an_hour_that_is_published_anew_while_its_day_is_compacted_is_in_the_day(world: World) -> None:
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    look(world, hour, age=25)
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))
    meanwhile = after(lambda: publish_messages(hour, world.archive, world.clock))
    with troubled(world.runtime.bucket, "PutObject", meanwhile):
        publish_daily(DAY, world.archive, world.clock)
    assert ids_of_the_day(world) == world.message_ids(hour)
    assert days_due(world.runtime, world.app, world.clock.now()) == []


def test_a_damaged_hourly_object_is_not_compacted_as_if_it_were_whole(world: World, s3_client: Any) -> None:
    hour = busy_hours(world, 1)[0]
    close(world, hour)
    record = world.archive.ledger.messages(hour)
    assert record is not None
    assert record.messages is not None
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=record.messages.key, Body=b"PAR1 not what was written")
    with pytest.raises(ArchiveDamaged):
        publish_daily(DAY, world.archive, world.clock)
    assert world.archive.ledger.daily(DAY) is None


def test_a_day_of_another_app_under_the_same_slug_is_refused_before_anything_is_written(world: World) -> None:
    close(world, busy_hours(world, 1)[0])
    shop = app_archive(world.app.model_copy(update={"app": "shop"}), world.runtime.bucket)
    with troubled(world.runtime.bucket, "PutObject") as puts, pytest.raises(ArchiveOfAnotherApp, match="slug"):
        publish_daily(DAY, shop, world.clock)
    assert puts == []


def test_when_the_object_cannot_be_written_there_is_no_record_of_it(world: World) -> None:
    close(world, busy_hours(world, 1)[0])
    with troubled(world.runtime.bucket, "PutObject", answered(403, "AccessDenied")), pytest.raises(ArchiveRefused):
        publish_daily(DAY, world.archive, world.clock)
    assert world.archive.ledger.daily(DAY) is None
    assert publish_daily(DAY, world.archive, world.clock) is not None
