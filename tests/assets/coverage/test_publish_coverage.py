"""Coverage in S3 says what the ledger says, of every app, and names the one object to read each hour from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.coverage.publish_coverage import publish_coverage
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from resources.hours.day import Day
from resources.hours.hour import hours_between, last_finished_hour
from resources.hours.state import HourState, Reason
from resources.simulated_platform import SimulatedApp, truth
from tests.assets.looking import HOUR, hour_that_grows, look, rows_of, turn_to_age
from tests.conftest import MakeWorld
from tests.resources.archive.troubled_wire import after, troubled
from tests.world import World

DAY = Day.of(HOUR)


def rows(world: World) -> dict[tuple[str, str], dict[str, object]]:
    return {
        (row["app"], f"{row['starts_at']:%Y%m%d%H}"): row for row in rows_of(world, "history/coverage/coverage.parquet")
    }


def test_every_hour_of_every_app_has_a_row(make_world: MakeWorld) -> None:
    apps = [SimulatedApp("acme", name, requests_per_minute=100_000) for name in ("support", "mall")]
    world = make_world(apps=apps)
    coverage = publish_coverage(world.runtime)
    settings = world.settings
    hours = list(hours_between(settings.archive.first_hour, last_finished_hour(world.clock.now())))
    assert set(rows(world)) == {(app.slug, hour.key) for app in settings.apps for hour in hours}
    assert len(coverage.hours) == 2 * len(hours)


def test_a_row_says_what_the_ledger_knows_and_where_to_read(world: World) -> None:
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=25)
    publish_messages(hour, world.archive, world.clock)
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", hour.key]
    said = truth(world.simulated_app, hour)
    assert (row["state"], row["complete"], row["rows"]) == ("archived", True, len(said.message_ids))
    assert (row["duplicates"], row["quarantined"], row["looks"]) == (said.duplicates, 0, 1)
    assert row["captured_at"] == world.clock.now()
    assert (row["compacted"], row["file"]) == (
        False,
        f"s3://{world.runtime.bucket.name}/{world.archive.layout.messages(hour)}",
    )


def test_the_hours_of_a_compacted_day_name_its_object_until_an_hour_is_revised(world: World) -> None:
    hour = hour_that_grows(world.simulated_app)
    day = Day.of(hour)
    late = day.hours[-1].end + timedelta(hours=73)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    world.clock.turn_to(late)
    publish_daily(day, world.archive, world.clock)
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", hour.key]
    daily = f"s3://{world.runtime.bucket.name}/{world.archive.layout.messages_daily(day)}"
    assert (row["compacted"], row["file"]) == (True, daily)
    look(world, hour, age=25)
    publish_messages(hour, world.archive, world.clock)
    world.clock.turn_to(late)
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", hour.key]
    assert (row["compacted"], row["file"]) == (
        False,
        f"s3://{world.runtime.bucket.name}/{world.archive.layout.messages(hour)}",
    )


def test_an_hour_that_was_never_asked_for_is_expired_once_its_deadline_has_passed(world: World) -> None:
    world.clock.turn_to(HOUR.end + timedelta(hours=80))
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", HOUR.key]
    assert (row["state"], row["reason"], row["complete"], row["file"]) == ("expired", "never_asked", False, None)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (95.9, (HourState.PENDING, Reason.NOT_GENERATED_YET)),
        (96, (HourState.EXPIRED, Reason.NO_ANSWER_IN_TIME)),
    ],
)
def test_an_hour_that_nobody_has_closed_is_expired_a_day_after_its_deadline(
    world: World, age: float, said: tuple[HourState, Reason]
) -> None:
    look(world, HOUR, age=0.1)
    turn_to_age(world, HOUR, age)
    (found,) = [each for each in publish_coverage(world.runtime).statuses if each.hour == HOUR.key]
    assert (found.state, found.reason) == said


def test_the_picture_lies_beside_the_table(world: World) -> None:
    coverage = publish_coverage(world.runtime)
    stored = world.runtime.bucket.read(coverage.page)
    assert stored is not None
    assert stored[0].startswith(b"<!doctype html>")
    assert {status.state for status in coverage.statuses} == {HourState.PENDING, HourState.EXPIRED}


def test_whoever_is_slower_reads_the_ledger_again(world: World) -> None:
    publish_coverage(world.runtime)
    world.clock.advance(timedelta(hours=1))

    def meanwhile() -> None:
        with troubled(world.runtime.bucket, "ListObjectsV2"):
            publish_coverage(world.runtime)

    with troubled(world.runtime.bucket, "PutObject", after(meanwhile)):
        publish_coverage(world.runtime)
    assert len(rows(world)) == len(publish_coverage(world.runtime).hours)
