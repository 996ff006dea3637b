"""Whole hours in buckets that keep old versions, with and without Object Lock; and servers that cannot guard them.

Not here: single objects in such buckets (`test_versions_and_locks.py`).
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from assets.publish_messages import publish_messages
from pipelines import command_line, command_options
from resources.archive.errors import ArchiveRefused
from resources.archive.kept_versions import KeptVersions
from resources.archive.objects import LARGEST_SINGLE_PUT
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.simulated_platform import truth
from tests.assets.looking import hour_that_grows, look, record_of, short_name, stored
from tests.assets.verification.archives import found
from tests.conftest import MakeWorld
from tests.resources.archive.contract.backends import Backend, Capability
from tests.resources.archive.troubled_wire import answered, let_through, troubled
from tests.world import World

WHAT_TO_DO = r"Use a bucket without versions and Object Lock.*\(AWS; Ceph from 20 on\)"


@pytest.fixture(params=["versions", "lock"])
def bucket_name(request: pytest.FixtureRequest, s3_client: Any) -> str:
    """Make a bucket that keeps old versions, or one that also lets nobody delete them."""
    name = f"test-{uuid4().hex}"
    s3_client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=request.param == "lock")
    if request.param == "lock":
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        s3_client.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    else:
        s3_client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def unguarded(backend: Backend) -> None:
    """Only where the server does not heed conditions in such a bucket."""
    if Capability.CONDITIONS_IN_VERSIONS not in backend.lacks:
        pytest.skip(f"{backend.name} guards the versions of a bucket that keeps them")


@pytest.fixture
def unnoticed(unguarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody could tell: S3 did not answer when it was asked, each time."""
    del unguarded
    monkeypatch.setattr(KeptVersions, "look_at", lambda *_: None)


def kept(world: World, client: Any) -> Counter[str]:
    """Count the versions of each of the archive's objects."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=world.runtime.bucket.name)
    return Counter(short_name(version["Key"]) for page in pages for version in page.get("Versions", ()))


def publish(world: World, hour: Hour) -> None:
    publish_messages(hour, world.archive, world.clock)


def copied_to_a_bucket_without_versions(world: World, client: Any) -> World:
    """Do what the refusal says; return the world with the settings of someone who has done it."""
    old, new = world.runtime.bucket.name, f"test-{uuid4().hex}"
    client.create_bucket(Bucket=new)
    for key in world.runtime.bucket.keys(""):
        client.copy_object(Bucket=new, Key=key, CopySource={"Bucket": old, "Key": key})
    archive = world.settings.archive.model_copy(update={"root": f"s3://{new}/history"})
    settings = world.settings.model_copy(update={"archive": archive})
    return replace(world, settings=settings, runtime=Runtime(settings, world.clock, Random(1)))


@pytest.mark.parametrize("largest_single_put", [LARGEST_SINGLE_PUT, 100], ids=["whole", "by parts"])
def test_case_41_an_hour_that_grows_is_whole_in_a_bucket_that_keeps_versions_and_so_is_what_was_there_before(
    world: World, backend: Backend, s3_client: Any, monkeypatch: pytest.MonkeyPatch, largest_single_put: int
) -> None:
    backend.needs(Capability.CONDITIONS_IN_VERSIONS)
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", largest_single_put)
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish(world, hour)
    look(world, hour, age=25)
    publish(world, hour)
    assert world.message_ids(hour) == Counter(truth(world.simulated_app, hour).message_ids)
    assert found(world, hour, read_data=True) == []
    first, second = record_of(world, hour).raw_revisions
    assert kept(world, s3_client) == {
        f"raw/{first.sha256}.jsonl.gz": 1,
        f"raw/{second.sha256}.jsonl.gz": 1,
        "ledger/capture.json": 2,
        "ledger/messages.json": 2,
        "messages/messages.parquet": 2,
    }


def test_case_41_a_process_asks_once_whether_versions_are_guarded_and_only_where_they_are_kept(
    make_world: MakeWorld, backend: Backend, s3_client: Any
) -> None:
    backend.needs(Capability.CONDITIONS_IN_VERSIONS)
    world = make_world()
    bucket = world.runtime.bucket
    with troubled(bucket, "PutObject") as puts:
        for number in range(3):
            bucket.put_bytes(f"history/a/b/{number}", b"one", content_type="text/plain", replaces=None)
    assert len(puts) == 3 + 1
    assert kept(world, s3_client) == {f"a/{number}": 1 for number in range(3)}


def test_case_41_a_put_is_done_although_nobody_could_tell_whether_versions_are_guarded_and_it_is_asked_again(
    world: World, backend: Backend
) -> None:
    backend.needs(Capability.CONDITIONS_IN_VERSIONS)
    bucket = world.runtime.bucket
    with troubled(bucket, "PutObject", let_through, answered(403, "AccessDenied")) as puts:
        for number in range(3):
            bucket.put_bytes(f"history/{number}", b"one", content_type="text/plain", replaces=None)
    assert len(puts) == 3 + 2


@pytest.mark.usefixtures("unguarded")
def test_case_41_a_server_that_cannot_guard_versions_is_refused_at_the_first_record_and_what_arrived_is_kept(
    world: World,
) -> None:
    hour = hour_that_grows(world.simulated_app)
    with pytest.raises(ArchiveRefused, match=WHAT_TO_DO):
        look(world, hour, age=3)
    (revision,) = record_of(world, hour).raw_revisions
    assert set(stored(world)) == {f"raw/{revision.sha256}.jsonl.gz", "ledger/capture.json"}


@pytest.mark.usefixtures("unguarded")
def test_case_41_whoever_archives_to_such_a_server_is_told_what_to_do(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(first_hour="2026112306")
    monkeypatch.setenv("CHAT_ARCHIVE_CONFIG", str(world.settings_file))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(command_options, "Runtime", partial(Runtime, clock=world.clock))
    ended = CliRunner().invoke(command_line.app, ["catch-up"])
    assert ended.exit_code == command_options.SOME_HOUR_FAILED
    assert "Use a bucket without versions and Object Lock" in ended.output


@pytest.mark.usefixtures("unnoticed")
def test_case_41_a_server_that_cannot_guard_versions_refuses_the_second_look_and_nothing_is_lost(
    world: World, s3_client: Any
) -> None:
    app, hour = world.simulated_app, hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish(world, hour)
    early, before = world.message_ids(hour), stored(world)
    with pytest.raises(ArchiveRefused, match=WHAT_TO_DO):
        look(world, hour, age=25)
    after = stored(world)
    assert after.items() >= before.items()
    (newer,) = after.keys() - before.keys()
    assert newer.startswith("raw/")
    assert world.message_ids(hour) == early
    moved = copied_to_a_bucket_without_versions(world, s3_client)
    with closing(moved.runtime):
        look(moved, hour)
        publish(moved, hour)
        assert moved.message_ids(hour) == Counter(truth(app, hour).message_ids)
        assert found(moved, hour, read_data=True) == []
