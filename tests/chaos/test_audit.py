"""The audit and the reader find what is lost, doubled, altered or half there: else their zeros would say nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.capture import capture_hour
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from resources.archive.app_archive import AppArchive
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.runtime import Runtime
from tests.chaos.audit import Audit, audit, compare
from tests.chaos.reader import Reader
from tests.chaos.world import APPS, BEGIN, FIRST_HOUR, ChaosWorld, start_world

ROWS: list[dict[str, Any]] = [{"msg_id": "1", "text": "a"}, {"msg_id": "2", "text": "b"}]


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (ROWS, (0, 0, 0)),
        (ROWS[:1], (1, 0, 0)),
        ([*ROWS, ROWS[0]], (0, 1, 0)),
        ([ROWS[0], {"msg_id": "2", "text": "B"}], (0, 0, 1)),
        ([{"msg_id": "1", "text": "A"}, ROWS[0]], (1, 1, 0)),
        ([], (2, 0, 0)),
    ],
)
def test_rows_are_compared_by_id_and_by_content(actual: list[dict[str, Any]], expected: tuple[int, int, int]) -> None:
    assert compare(ROWS, actual) == expected


class Archived:
    """A world in which one app's last hours are archived, without any fault."""

    def __init__(self, world: ChaosWorld) -> None:
        self.world = world
        self.app = world.settings.apps[1]
        self.archive: AppArchive = world.archive(self.app)
        self.hours = world.ended_hours()[-4:]
        with closing(Runtime(world.settings, world.clock, Random(1), world.state)) as runtime:
            for hour in self.hours:
                capture_hour(hour, self.archive, lambda: runtime.platform(self.app), world.clock)
                publish_messages(hour, self.archive, world.clock)

    @property
    def hour(self) -> Hour:
        """An hour with messages."""
        return next(hour for hour in self.hours if self.table(hour) is not None)

    @property
    def day(self) -> Day:
        """The day of that hour."""
        return Day.of(self.hour)

    def table(self, hour: Hour) -> pa.Table | None:
        stored = self.world.bucket.read(self.archive.layout.messages(hour))
        return None if stored is None else pq.read_table(BytesIO(stored[0]))

    def compacted(self) -> pa.Table:
        """Compact the day of the hours, once the platform has deleted it, and return the day's table."""
        self.world.clock.turn_to(self.app.policy.deadline(self.day.hours[-1]))
        publish_daily(self.day, self.archive, self.world.clock)
        stored = self.world.bucket.read(self.archive.layout.messages_daily(self.day))
        assert stored is not None
        return pq.read_table(BytesIO(stored[0]))

    def replace(self, table: pa.Table, key: str | None = None) -> None:
        """Put another table where the hour's is, or where the key says, as an intruder would."""
        key, content = key or self.archive.layout.messages(self.hour), BytesIO()
        pq.write_table(table, content)
        before = self.world.bucket.head(key)
        self.world.bucket.put_bytes(key, content.getvalue(), content_type="x/y", replaces=before)


@pytest.fixture
def archived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archived]:
    with start_world(tmp_path, 1, 0, "moto") as world:
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        yield Archived(world)


def with_another_value(table: pa.Table, column: str) -> pa.Table:
    """Return the table with another text in that column of its first row."""
    place = table.schema.get_field_index(column)
    values = ["somebody else", *table.column(column).to_pylist()[1:]]
    return table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))


def before_and_after(archived: Archived, change: Any) -> tuple[Audit, Audit]:
    before = audit(archived.world, [archived.app])
    change()
    return before, audit(archived.world, [archived.app])


def test_a_message_that_is_gone_is_lost(archived: Archived) -> None:
    table = archived.table(archived.hour)
    assert table is not None
    before, after = before_and_after(archived, lambda: archived.replace(table.slice(1)))
    assert (after.lost - before.lost, after.doubled, after.altered) == (1, 0, 0)
    assert len(after.conservation) == 1


def test_a_message_that_is_there_twice_is_doubled(archived: Archived) -> None:
    table = archived.table(archived.hour)
    assert table is not None
    doubled = pa.concat_tables([table, table.slice(0, 1)])
    before, after = before_and_after(archived, lambda: archived.replace(doubled))
    assert (after.lost - before.lost, after.doubled, after.altered) == (0, 1, 0)


def test_a_message_that_says_something_else_is_altered(archived: Archived) -> None:
    table = archived.table(archived.hour)
    assert table is not None
    altered = with_another_value(table, "sender")
    before, after = before_and_after(archived, lambda: archived.replace(altered))
    assert (after.lost - before.lost, after.doubled, after.altered) == (0, 0, 1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda table: with_another_value(table, "text"), id="another text"),
        pytest.param(lambda table: table.slice(1), id="one less"),
        pytest.param(lambda table: pa.concat_tables([table, table.slice(0, 1)]), id="one twice"),
    ],
)
def test_a_day_that_does_not_hold_the_rows_of_its_hours_is_found(
    archived: Archived, change: Callable[[pa.Table], pa.Table]
) -> None:
    changed, key = change(archived.compacted()), archived.archive.layout.messages_daily(archived.day)
    before, after = before_and_after(archived, lambda: archived.replace(changed, key))
    assert (before.days, before.daily) == (1, [])
    assert after.daily == [f"{archived.app.name} {archived.day}"]


def test_an_hour_nobody_asked_for_is_in_a_wrong_state(archived: Archived) -> None:
    found = audit(archived.world, [archived.app])
    assert found.wrong_states
    assert found.hours[HourState.ARCHIVED]
    assert found.still_due
    assert not any(
        str(hour) in state and archived.app.name in state for hour in archived.hours for state in found.wrong_states
    )


def test_the_platform_has_deleted_two_hours_of_one_app_when_a_campaign_begins() -> None:
    gone = [app.app for app in APPS for hour in map(FIRST_HOUR.plus, range(24)) if hour.end + app.retention <= BEGIN]
    assert gone == ["brief", "brief"]


def test_the_reader_is_content_with_whole_hours(archived: Archived) -> None:
    reader = Reader(archived.world)
    reader.look()
    reader.look()
    assert reader.half_visible == []


def test_the_reader_sees_a_part_of_an_hour_and_that_it_has_become_less(archived: Archived) -> None:
    table = archived.table(archived.hour)
    assert table is not None
    reader = Reader(archived.world)
    reader.look()
    archived.replace(table.slice(1))
    reader.look()
    assert [found.split(" ", 1)[1] for found in reader.half_visible] == [
        f"holds {len(table) - 1} messages: a part of a file",
        "has lost messages it had",
        f"holds {len(table) - 1} messages, and by its record {len(table)}",
    ]


def test_the_reader_misses_an_object_that_was_there(archived: Archived) -> None:
    reader = Reader(archived.world)
    reader.look()
    bucket = archived.world.bucket
    for key in list(bucket.keys(f"{bucket.prefix}raw/"))[:1]:
        bucket._client.delete_object(Bucket=bucket.name, Key=key)
    bucket._client.delete_object(Bucket=bucket.name, Key=archived.archive.layout.messages(archived.hour))
    reader.look()
    assert len(reader.half_visible) == 2


def test_the_reader_reads_an_hour_that_a_run_whose_clock_is_ahead_has_archived_early(archived: Archived) -> None:
    reader, now = Reader(archived.world), archived.world.clock.now()
    archived.world.clock.turn_to(archived.hours[-1].end)
    assert not set(archived.hours[-2:]) & set(archived.world.ended_hours())
    reader.look()
    archived.world.clock.turn_to(now)
    reader.look()
    assert reader.half_visible == []


@pytest.mark.parametrize("table", ["raw", "messages", "messages_daily"])
def test_the_reader_misses_an_object_that_a_record_names(archived: Archived, table: str) -> None:
    archived.compacted()
    bucket = archived.world.bucket
    key = next(bucket.keys(f"{bucket.prefix}{table}/"))
    bucket._client.delete_object(Bucket=bucket.name, Key=key)
    reader = Reader(archived.world)
    reader.look()
    assert reader.half_visible == [f"{key} is missing"]


def test_the_reader_looks_beside_runs_until_they_are_over(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, over, looks = Reader(archived.world), Event(), count(1)
    monkeypatch.setattr(reader, "look", lambda: over.set() if next(looks) == 3 else None)
    reader.watch(over)
    assert reader.looks_beside == 3
