"""The promise of the whole: what was said on the platform in three days is in S3, once, in both zones."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from pipelines.due_now import due_now
from resources.hours.hour import Hour, hours_between
from resources.hours.state import HourState
from resources.settings import AppSettings
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, truth
from tests.assets.conversion.test_samples import EXPECTED, LINES, assert_lands_as_expected
from tests.conftest import MakeWorld
from tests.world import World

CHINA = timezone(timedelta(hours=8))


def archive_what_is_due(world: World, app: AppSettings) -> None:
    for task in due_now(world.runtime, app, world.clock.now()):
        archive = world.runtime.archive(app)
        capture = capture_hour(task.hour, archive, lambda: world.runtime.platform(app), world.clock)
        if capture.record.state is HourState.ARCHIVED:
            publish_messages(task.hour, archive, world.clock)


@pytest.mark.parametrize("zone", [UTC, CHINA], ids=["overseas", "China"])
def test_no_message_of_three_days_is_lost_and_none_is_doubled(make_world: MakeWorld, zone: timezone) -> None:
    simulated = SimulatedApp("acme", "support", seed=3, hour_zone=zone, mean_messages_per_hour=30)
    world = make_world(apps=[simulated], requests_per_minute=100_000)
    first, last = world.hours_ago(72), world.hours_ago(3)
    archive_what_is_due(world, world.app)
    records = world.archive.ledger.records(list(hours_between(first, last))).all_readable()
    said: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for hour in hours_between(first, last):
        known = truth(simulated, hour, world.clock.now()).message_ids
        said.update(known)
        capture = records[hour].capture
        assert capture is not None
        assert capture.state is (HourState.ARCHIVED if known else HourState.EMPTY)
        if known:
            found.update(world.message_ids(hour))
    assert found == said
    assert len(said) > 1000


def test_an_hour_that_grows_after_the_first_look_is_complete_when_settled(make_world: MakeWorld) -> None:
    simulated = SimulatedApp("acme", "support", seed=3, requests_per_minute=100_000)
    world = make_world(apps=[simulated], first_hour="2026112218")
    early = world.clock.now()
    archive_what_is_due(world, world.app)
    recent = list(hours_between(world.hours_ago(15), world.hours_ago(3)))
    world.clock.advance(timedelta(hours=24))
    archive_what_is_due(world, world.app)
    grown = [h for h in recent if truth(simulated, h, early).message_ids != truth(simulated, h).message_ids]
    assert grown
    for hour in recent:
        everything = truth(simulated, hour).message_ids
        if everything:
            assert world.message_ids(hour) == Counter(everything)
    for hour in grown:
        record = world.archive.ledger.capture(hour)
        assert record is not None
        assert len(record.raw_revisions) == 2


def test_every_documented_form_of_a_message_served_over_http_arrives_in_its_columns(world: World) -> None:
    hour = Hour.from_key("2026112300")
    world.platform.script("file", ScriptedAnswer(status=200, body=gzip.compress(LINES)))
    capture_hour(hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)
    publish_messages(hour, world.archive, world.clock)
    rows = {row["msg_id"]: row for row in world.rows(hour)}
    assert len(rows) == len(EXPECTED)
    for expected in EXPECTED:
        assert_lands_as_expected(expected, rows)


def test_the_ledger_can_be_read_with_duckdb(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world(first_hour="2026112304")
    archive_what_is_due(world, world.app)
    for number, hour in enumerate(hours_between(world.hours_ago(5), world.hours_ago(3))):
        stored = world.runtime.bucket.read(world.archive.layout.capture_record(hour))
        assert stored is not None
        (tmp_path / f"{number}.json").write_bytes(stored[0])
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT hour, state, looks[1].http_status, len(raw_revisions), next_look_at > updated_at "
            "FROM read_json_auto(?) ORDER BY hour",
            [f"{tmp_path}/[0-9].json"],
        ).fetchall()
    assert [hour for hour, *_ in found] == ["2026112304", "2026112305", "2026112306"]
    for _, state, status, revisions, asked_again in found:
        assert (state, status, revisions) in {("archived", 200, 1), ("empty", 404, 0)}
        assert asked_again


def test_of_several_files_those_that_arrived_are_kept_when_another_fails(make_world: MakeWorld) -> None:
    world = make_world(apps=[SimulatedApp("acme", "support", urls_per_hour=2, requests_per_minute=1000)])
    hour = Hour.from_key("2026112215")
    world.platform.script("file", ScriptedAnswer())
    world.platform.script("file", ScriptedAnswer(cut_after=10), times=50)
    capture = capture_hour(hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)
    assert capture.record.state is HourState.FAILED
    (revision,) = capture.record.raw_revisions
    assert revision.damage is None
    assert world.archive.layout.raw(hour, revision.sha256) in world.keys()  # noqa: SIM118 - a method of its own
