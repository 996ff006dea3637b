"""The daily sample in Dagster: what it finds stays found, is told once, and goes when it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import dagster as dg
import pytest

from assets.verification import verification_asset
from assets.verification.daily_sample import Sample, verify_sample
from assets.verification.verification_asset import VERIFICATION_KEY
from pipelines.definitions import VERIFICATION_JOB, build_definitions
from pipelines.finding import FindingKind
from pipelines.runs_in_process import QUIET
from pipelines.telling import watch_and_tell
from pipelines.watch import look_through
from resources.archive.app_archive import AppArchive
from resources.archive.errors import ArchiveUnreachable
from resources.archive.objects import ArchiveBucket, ListedObject
from resources.archive.verification_record import MOST_HOURS_KEPT, VerificationRecord
from resources.hours.day import Day
from resources.simulated_platform import SimulatedApp
from resources.temporary_folder import LocalDiskError
from tests.assets.verification.archives import (
    EMPTY,
    PLAIN,
    QUARANTINED,
    REVISED,
    BehindItsBack,
    publish_again,
)
from tests.assets.verification.conftest import somebody
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.pipelines.query.archives import DAY
from tests.pipelines.test_daily_schedules import run
from tests.pipelines.test_schedules import instance
from tests.world import NOW, World

__all__ = ["instance", "somebody"]

EVERYTHING = Fraction(1)


def sample(world: World, share: Fraction = EVERYTHING, days: int = 1000) -> int:
    """Verify a sample, for so many days of it at most; return how many hours were looked at."""
    left = iter(range(days))
    first_hour, now = world.settings.archive.first_hour, world.clock.now()
    return verify_sample(world.archive, first_hour, share, now, lambda: next(left, None) is not None).hours


def damaged(world: World) -> tuple[str, ...]:
    findings = {each.kind: each.hours for each in look_through(world.runtime, world.app, world.clock.now())}
    return findings.get(FindingKind.HOURS_DAMAGED, ())


def test_a_sample_of_a_healthy_archive_finds_nothing(somebody: BehindItsBack) -> None:
    assert sample(somebody.world) == 24 * 4 + 1
    assert damaged(somebody.world) == ()


def test_what_a_sample_finds_stays_found_until_a_later_look_finds_the_hour_whole(somebody: BehindItsBack) -> None:
    world = somebody.world
    somebody.rot(world.archive.layout.messages(PLAIN))
    sample(world)
    assert damaged(world) == (PLAIN.key,)
    world.clock.advance(timedelta(days=1))
    sample(world, share=Fraction(1, 1000))
    assert damaged(world) == (PLAIN.key,)
    somebody.delete(world.archive.layout.messages(PLAIN))
    publish_again(world, PLAIN)
    world.clock.advance(timedelta(days=1))
    sample(world, share=Fraction(1, 1000))  # hours that were damaged are part of every sample
    assert damaged(world) == ()


def test_what_a_sample_finds_is_told_once_with_what_to_do(somebody: BehindItsBack) -> None:
    world = somebody.world
    somebody.delete(somebody.raw_key(REVISED))
    inbox = Inbox()
    for _ in range(2):
        sample(world)
        watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox])
    (letter,) = (text for title, text in inbox.letters if "hours_damaged" in title)
    assert REVISED.key in letter
    assert "chat-archive verify --read-data" in letter


@pytest.mark.parametrize("content", [b"rubbish", b'{"record_version": 2}'])
def test_a_verification_record_that_cannot_be_read_is_told_and_silences_no_other_check(
    make_world: MakeWorld, s3_client: Any, content: bytes
) -> None:
    world = make_world(first_hour="2026112006")  # 06 and 07 are past their deadline at 09:30, 08 is at its last hour
    key = world.archive.layout.verification_record
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=content)
    inbox = Inbox()
    for _ in range(2):
        told = watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox])
        assert told.problems == ()
    assert inbox.kinds == ["hours_at_risk", "hours_lost", "records_unreadable"]
    title, text = inbox.letters[-1]
    assert title == "Chat archive, acme/support: the app itself, records_unreadable"
    assert text.startswith(f"the app itself (s3://{world.runtime.bucket.name}/{key}) ")
    assert "of a verification.json the asset verification" in text


def test_when_time_is_up_the_rest_is_left_and_said(somebody: BehindItsBack) -> None:
    world = somebody.world
    assert sample(world, days=0) == 0
    some = sample(world, days=2)
    assert 0 < some < 24 * 4 + 1


def test_known_damage_is_looked_at_before_time_is_up(somebody: BehindItsBack) -> None:
    world = somebody.world
    somebody.rot(world.archive.layout.messages(PLAIN))
    sample(world)
    assert damaged(world) == (PLAIN.key,)
    somebody.delete(world.archive.layout.messages(PLAIN))
    publish_again(world, PLAIN)
    sample(world, days=1)
    assert damaged(world) == ()


def test_what_was_found_before_s3_failed_is_not_forgotten(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, listed = somebody.world, ArchiveBucket.listed

    def fail_on_other_days(bucket: ArchiveBucket, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        if "/date=" in prefix and str(DAY) not in prefix and str(Day.of(DAY.hour_before)) not in prefix:
            raise ArchiveUnreachable("LIST failed.", "Run it again later.")
        return listed(bucket, prefix, after=after)

    somebody.rot(world.archive.layout.messages(PLAIN))
    sample(world)  # its day comes first from now on
    somebody.delete(somebody.raw_key(QUARANTINED))
    with monkeypatch.context() as patch:
        patch.setattr(ArchiveBucket, "listed", fail_on_other_days)
        with pytest.raises(ArchiveUnreachable):
            sample(world)
    assert damaged(world) == (QUARANTINED.key, PLAIN.key)


def test_the_record_is_bounded_however_much_is_damaged() -> None:
    found = {f"{2026000000 + number}": [f"sentence {each}" for each in range(50)] for number in range(2000)}
    record = VerificationRecord(app="acme/support", verified_at=NOW).with_sample(set(found), found, NOW)
    assert len(record.damaged) == MOST_HOURS_KEPT
    assert max(map(len, record.damaged.values())) == 5


def test_the_asset_shows_what_it_verified_and_found_as_tables(
    somebody: BehindItsBack, instance: dg.DagsterInstance
) -> None:
    somebody.delete(somebody.raw_key(PLAIN))
    job = build_definitions(somebody.world.runtime).get_repository_def().get_job(VERIFICATION_JOB)
    config = {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "ops": {"verification": {"config": {"sample": "100%"}}},
    }
    result = job.execute_in_process(instance=instance, run_config=config)
    assert result.success
    metadata = metadata_of(instance)
    assert metadata["hours"].value == 24 * 4 + 1
    (row,) = metadata["verified"].records
    assert row.data["app"] == "acme/support"
    rows = [each.data for each in metadata["found"].records]
    (missing,) = (each for each in rows if each["what"] == "missing: raw revision")
    assert missing["hour"] == PLAIN.key
    assert "Restore it" in missing["what to do"]


def metadata_of(instance: dg.DagsterInstance) -> Any:
    event = instance.get_latest_materialization_event(VERIFICATION_KEY)
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization.metadata


def test_the_schedules_run_takes_a_twentieth(world: World, instance: dg.DagsterInstance) -> None:
    assert run(world, instance, VERIFICATION_JOB).success
    assert metadata_of(instance)["hours"].value < 24 * 4 / 5
    schedule = build_definitions(world.runtime).get_repository_def().get_schedule_def("verification_each_day")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.cron_schedule == "25 3 * * *"


def test_a_share_that_is_none_and_a_bucket_that_is_not_there_fail_the_run_with_what_to_do(
    world: World, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = build_definitions(world.runtime).get_repository_def().get_job(VERIFICATION_JOB)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    bad_share = {**quiet, "ops": {"verification": {"config": {"sample": "many"}}}}
    assert "for example 5%" in told(
        job.execute_in_process(run_config=bad_share, instance=instance, raise_on_error=False)
    )
    monkeypatch.setattr(world.runtime.bucket, "name", "absent-bucket")
    result = job.execute_in_process(run_config=quiet, instance=instance, raise_on_error=False)
    assert "Create the bucket" in told(result)


def told(result: dg.ExecuteInProcessResult) -> str:
    failure = next(event for event in result.all_events if event.is_step_failure).step_failure_data
    return str(failure.user_failure_data and failure.user_failure_data.description)


def remembered(world: World) -> dict[str, tuple[str, ...]]:
    record = world.archive.ledger.verification()
    assert record is not None
    return record.damaged


def test_a_gap_is_left_to_the_watch_only_as_far_back_as_the_watch_looks(somebody: BehindItsBack) -> None:
    world, layout = somebody.world, somebody.world.archive.layout
    somebody.delete(layout.capture_record(EMPTY))
    sample(world)
    assert remembered(world) == {}
    for beyond, left_to_the_watch in ((timedelta(minutes=-1), True), (timedelta(minutes=1), False)):
        # What was found before is part of every sample, however small: 36 days need not be read for one hour.
        somebody.edit(layout.verification_record, damaged={EMPTY.key: ["found before"]})
        world.clock.turn_to(EMPTY.start + timedelta(days=36) + beyond)
        sample(world, share=Fraction(1, 1000))
        assert (EMPTY.key not in remembered(world)) is left_to_the_watch


def test_remembered_keys_that_are_no_hours_are_dropped(somebody: BehindItsBack) -> None:
    world = somebody.world
    sample(world)
    somebody.edit(world.archive.layout.verification_record, damaged={"": ["x"], "9999123123": ["y"]})
    assert sample(world, days=0) == 0
    assert remembered(world) == {}


def two_apps(make_world: MakeWorld) -> World:
    apps = [SimulatedApp("acme", name, requests_per_minute=1000) for name in ("one", "two")]
    return make_world(apps=apps, first_hour="2026112300")


def test_each_app_has_its_share_of_the_time_and_another_comes_first_each_day(
    make_world: MakeWorld, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, order = two_apps(make_world), []

    def slow(archive: AppArchive, *arguments: Any) -> Sample:
        may_go_on = arguments[-1]
        minutes = 0
        while may_go_on():
            world.clock.advance(timedelta(minutes=1))
            minutes += 1
        order.append((archive.app.name, minutes))
        return Sample(archive.app.name, hours=minutes, not_reached=5, objects=0, bytes=0, discrepancies=())

    monkeypatch.setattr(verification_asset, "verify_sample", slow)
    job = build_definitions(world.runtime).get_repository_def().get_job(VERIFICATION_JOB)
    assert job.execute_in_process(instance=instance, run_config=QUIET).success
    world.clock.advance(timedelta(days=1))
    assert job.execute_in_process(instance=instance, run_config=QUIET).success
    assert [minutes for _, minutes in order] == [15] * 4
    first, second, third, fourth = (name for name, _ in order)
    assert (first, second) == (fourth, third)
    assert first != second
    assert metadata_of(instance)["not_reached"].value == 10


@pytest.mark.parametrize("error", [ArchiveUnreachable("LIST failed.", "Try later."), LocalDiskError("It is full.")])
def test_one_apps_trouble_leaves_the_others_tables_in_the_failure(
    make_world: MakeWorld, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world = two_apps(make_world)

    def fail_for_one(archive: AppArchive, *arguments: Any) -> Sample:
        if archive.app.name == "acme/one":
            raise error
        return verify_sample(archive, *arguments)

    monkeypatch.setattr(verification_asset, "verify_sample", fail_for_one)
    job = build_definitions(world.runtime).get_repository_def().get_job(VERIFICATION_JOB)
    result = job.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False)
    assert f"acme/one could not be verified. {error}" in told(result)
    failure: Any = next(event for event in result.all_events if event.is_step_failure).step_failure_data
    (row,) = failure.user_failure_data.metadata["verified"].records
    assert row.data["app"] == "acme/two"
