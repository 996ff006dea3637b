"""Whole hours on each server: runs that meet, runs that repeat, and what nobody may overwrite."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import pytest
from botocore.compat import get_current_datetime

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from pipelines.due_now import due_now
from resources.archive.errors import ArchiveRefused
from resources.archive.messages_record import MessagesRecord
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.runtime import Runtime
from resources.simulated_platform import truth
from tests.assets.looking import hour_that_grows, hour_that_stays, look, record_of, stored, turn_to_age, versions
from tests.conftest import MakeWorld
from tests.resources.archive.contract.backends import Backend, Capability
from tests.resources.archive.troubled_wire import after, troubled
from tests.servers.ceph import CephServer
from tests.world import World


def publish(world: World, hour: Hour) -> MessagesRecord:
    record = publish_messages(hour, world.archive, world.clock)[1]
    assert record is not None
    return record


@pytest.mark.parametrize("runs", [2, 16])
def test_case_33_runs_of_one_hour_at_the_same_time_leave_one_record_and_every_message_once(
    world: World, tmp_path: Path, runs: int
) -> None:
    hour = hour_that_stays(world.simulated_app)
    turn_to_age(world, hour, 3)
    at_once = Barrier(runs)

    def run(number: int) -> MessagesRecord | None:
        """Do all that a run does, with connections of its own."""
        runtime = Runtime(world.settings, world.clock, Random(number), tmp_path)
        archive = runtime.archive(world.app)
        at_once.wait(timeout=60)
        capture_hour(hour, archive, lambda: runtime.platform(world.app), world.clock, run_id=f"run-{number}")
        try:
            return publish_messages(hour, archive, world.clock)[1]
        finally:
            runtime.close()

    with ThreadPoolExecutor(runs) as pool:
        records = list(pool.map(run, range(runs)))
    assert records == [world.archive.ledger.messages(hour)] * runs
    capture = record_of(world, hour)
    assert {look.run_id for look in capture.looks} == {f"run-{number}" for number in range(runs)}
    (revision,) = capture.raw_revisions
    assert sorted(stored(world)) == sorted(
        [
            f"raw/{revision.sha256}.jsonl.gz",
            "messages/messages.parquet",
            "ledger/capture.json",
            "ledger/messages.json",
        ]
    )
    assert world.message_ids(hour) == Counter(truth(world.simulated_app, hour).message_ids)


def test_case_33_an_older_run_whose_upload_by_parts_met_a_newer_one_leaves_the_union(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, hour = world.simulated_app, hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", 100)

    def the_newer_one() -> None:
        look(world, hour, age=25)
        publish(world, hour)

    with troubled(world.runtime.bucket, "CompleteMultipartUpload", after(the_newer_one)):
        record = publish(world, hour)
    assert len(record.raw_revisions) == 2
    head = world.runtime.bucket.head(world.archive.layout.messages(hour))
    assert (head and head.sha256) == (record.messages and record.messages.sha256)
    assert world.message_ids(hour) == Counter(truth(app, hour).message_ids)


def test_case_34_an_hour_that_is_run_again_keeps_every_version(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    first, before = publish(world, hour), versions(world)
    look(world, hour, age=25)
    with troubled(world.runtime.bucket, "PutObject") as puts:
        assert publish(world, hour) == first
    assert puts == []
    after_all = versions(world)
    assert before.pop("ledger/capture.json") != after_all.pop("ledger/capture.json")  # one look more is evidence
    assert after_all == before


def test_case_31_a_raw_file_that_would_overwrite_other_bytes_is_a_conflict_and_its_hour_stays_due(
    world: World, s3_client: Any
) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    key = world.archive.layout.raw(hour, record_of(world, hour).raw_revisions[0].sha256)
    for harmed in (key, world.archive.layout.capture_record(hour)):
        s3_client.delete_object(Bucket=world.runtime.bucket.name, Key=harmed)
    s3_client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=b"a stranger's bytes")
    result = look(world, hour)
    assert re.search(r"does not hold the bytes that were written.*delete it and look", result.problem or "")
    found = world.runtime.bucket.read(key)
    assert found is not None
    assert found[0] == b"a stranger's bytes"
    assert result.record.state is HourState.FAILED
    world.clock.advance(timedelta(minutes=15))
    assert hour in {task.hour for task in due_now(world.runtime, world.app, world.clock.now())}


def test_case_39_no_request_to_the_platform_is_spent_while_s3_refuses(world: World, operated: CephServer) -> None:
    hour = hour_that_stays(world.simulated_app)
    operated.suspend_user()
    try:
        with pytest.raises(ArchiveRefused, match="UserSuspended"):
            look(world, hour, age=3)
    finally:
        operated.enable_user()
    assert world.platform.requests_of("history") == ()
    assert look(world, hour).record.state is HourState.ARCHIVED


@pytest.mark.parametrize("hours", [-2, 2])
def test_case_43_while_the_clock_is_two_hours_off_nothing_is_written_and_no_hour_is_missing_afterwards(
    make_world: MakeWorld, backend: Backend, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    backend.needs(Capability.CLOCK_CHECKED)
    world = make_world(first_hour="2026112304")
    with monkeypatch.context() as patch:
        off = timedelta(hours=hours)
        patch.setattr("botocore.auth.get_current_datetime", lambda: get_current_datetime() + off)
        with pytest.raises(ArchiveRefused, match=r"RequestTimeTooSkewed.*Set this machine's clock"):
            due_now(world.runtime, world.app, world.clock.now() + off)
    assert world.keys() == []
    due = [task.hour for task in due_now(world.runtime, world.app, world.clock.now())]
    assert due == [world.hours_ago(5), world.hours_ago(4), world.hours_ago(3)]
