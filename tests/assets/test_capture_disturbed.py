"""A capture that crashes, meets others who write the same hour, or finds the hour of another app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from assets.verification.adopt import adopt
from resources.archive.app_archive import app_archive
from resources.archive.capture_record import CaptureRecord
from resources.archive.errors import ArchiveOfAnotherApp, ArchiveRefused
from resources.archive.ledger import Ledger
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from resources.hours.verdict import Verdict
from resources.simulated_platform import ScriptedAnswer
from tests.assets.looking import (
    HOUR,
    files_of,
    hour_that_stays,
    look,
    nobody_is_asked,
    raw_in,
    record_of,
    stored,
    turn_to_age,
    versions,
)
from tests.assets.verification.archives import BehindItsBack
from tests.conftest import MakeWorld
from tests.resources.archive.troubled_wire import answered, let_through, troubled
from tests.world import World


def test_a_crash_between_file_and_record_loses_nothing(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    with (
        troubled(world.runtime.bucket, "PutObject", let_through, answered(403, "AccessDenied")),
        pytest.raises(ArchiveRefused),
    ):
        look(world, hour, age=3)
    assert set(stored(world)) == set(files_of(world.simulated_app, hour))
    record = look(world, hour, age=4).record
    assert record.state is HourState.ARCHIVED
    assert raw_in(world) == files_of(world.simulated_app, hour)


@pytest.mark.parametrize("crash", [MemoryError(), OSError(5, "Input/output error"), RuntimeError("a secret")])
def test_a_crash_while_a_file_is_inspected_leaves_its_bytes_and_the_evidence_in_the_archive(
    world: World, monkeypatch: pytest.MonkeyPatch, crash: Exception
) -> None:
    hour = hour_that_stays(world.simulated_app)

    def fail(*_: Any) -> int:
        raise crash

    with monkeypatch.context() as patch:
        patch.setattr("assets.raw_files.count_lines", fail)
        result = look(world, hour, age=3)
    assert raw_in(world) == files_of(world.simulated_app, hour)
    assert result.record == record_of(world, hour)
    assert result.record.state is HourState.FAILED
    assert f"could not be inspected: {type(crash).__name__}" in (result.problem or "")
    assert "secret" not in (result.problem or "")
    mended = look(world, hour, age=4).record
    assert (mended.state, [each.damage for each in mended.raw_revisions]) == (HourState.ARCHIVED, [None])


def test_what_an_inspection_says_is_not_written_down_when_the_file_could_not_be_stored(world: World) -> None:
    world.platform.script("file", ScriptedAnswer(200, b"broken"))
    with troubled(world.runtime.bucket, "PutObject", answered(403, "AccessDenied")), pytest.raises(ArchiveRefused):
        look(world, hour_that_stays(world.simulated_app), age=3)
    assert stored(world) == {}


def test_an_archive_that_cannot_be_written_fails_the_look_and_a_later_one_succeeds(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    refusal = answered(403, "QuotaExceeded")
    with troubled(world.runtime.bucket, "PutObject", refusal), pytest.raises(ArchiveRefused, match="quota"):
        look(world, hour, age=3)
    assert stored(world) == {}
    assert look(world, hour, age=4).record.state is HourState.ARCHIVED


def test_a_loss_is_not_recorded_over_what_another_run_archived_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Ledger.capture

    def and_then_somebody_archives_it(ledger: Ledger, hour: Hour) -> CaptureRecord | None:
        record = read(ledger, hour)
        archived = Verdict(HourState.ARCHIVED, Reason.FILE_KEPT)
        new = CaptureRecord.new(world.app.name, hour, world.app.policy, world.clock.now())
        ledger.update_capture(hour, lambda before: before or new.model_copy(update={"state": archived.state}))
        return record

    monkeypatch.setattr(Ledger, "capture", and_then_somebody_archives_it)
    result = look(world, HOUR, age=73)
    assert (result.record.state, result.newly_lost) == (HourState.ARCHIVED, False)


@pytest.mark.parametrize("age", [25, 80])
def test_another_apps_hour_is_refused_before_anything_is_asked_or_written(make_world: MakeWorld, age: float) -> None:
    world = make_world()
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    before = versions(world)
    shop = world.app.model_copy(update={"app": "shop", "slug": world.app.slug})
    archive = app_archive(shop, world.runtime.bucket)
    turn_to_age(world, hour, age)
    with pytest.raises(ArchiveOfAnotherApp, match=r"acme/support.*acme/shop.*slug of its own"):
        capture_hour(hour, archive, nobody_is_asked, world.clock)
    with pytest.raises(ArchiveOfAnotherApp):
        publish_messages(hour, archive, world.clock)
    with pytest.raises(ArchiveOfAnotherApp):
        adopt(hour, archive, world.clock)
    assert versions(world) == before


def test_messages_that_another_app_published_are_not_replaced_although_its_own_record_is_gone(
    world: World, s3_client: Any
) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    archive = app_archive(world.app.model_copy(update={"app": "shop", "slug": world.app.slug}), world.runtime.bucket)
    key = world.archive.layout.capture_record(hour)
    BehindItsBack(world, s3_client).edit(key, app="acme/shop")
    before = versions(world)
    with pytest.raises(ArchiveOfAnotherApp):
        publish_messages(hour, archive, world.clock)
    assert versions(world) == before


def test_no_file_is_left_on_the_local_disk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    world.platform.script("file", ScriptedAnswer(cut_after=10), times=5)
    look(world, hour, age=4)
    assert list(folder.iterdir()) == []
