"""Case 42: a disk that is full or broken fails a run cleanly, with what to do, and the next run completes it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from assets.daily.compaction import CompactionFailed
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import ConversionFailed, publish_messages
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.simulated_platform import ScriptedAnswer, truth
from tests.assets.looking import hour_that_stays, look
from tests.crash import strace
from tests.crash.fork_server import ForkServer
from tests.crash.stage import SCENES, Scene, a_day, evenly, first_time
from tests.crash.strace import points_of, refused_at
from tests.crash.victim import Errand
from tests.world import World

_SIZE = 96 << 10
_PAGE = 4 << 10
_REMEDY = re.compile(r"TMPDIR|CHAT_ARCHIVE_STATE_DIR|temporary folder")
_REFUSALS_TRIED = 4

needs_strace = pytest.mark.skipif(bool(strace.missing()), reason=strace.missing())


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Mount a disk of 96 KiB, on which temporary files are made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(  # noqa: S603 - made of our own words
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(disk)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    monkeypatch.setattr("tempfile.tempdir", str(disk))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607 - as above


def leave_free(disk: Path, pages: int) -> None:
    """Fill the disk until so many pages are left."""
    (disk / "filler").write_bytes(bytes(_SIZE - pages * _PAGE))


def test_case_42_a_download_onto_a_full_disk_fails_the_look_with_what_to_do(world: World, small_disk: Path) -> None:
    hour = hour_that_stays(world.simulated_app)
    world.platform.script("file", ScriptedAnswer(200, bytes(2 * _SIZE)))
    result = look(world, hour, age=3)
    assert result.record.state is HourState.FAILED
    assert result.problem == (
        f"The temporary folder {small_disk} cannot be used: No space left on device. "
        f"Make room there, or set TMPDIR to a folder with more, and run it again."
    )
    assert list(small_disk.iterdir()) == []
    assert look(world, hour, age=4).record.state is HourState.ARCHIVED


def test_case_42_a_conversion_with_too_little_room_fails_cleanly_however_much_there_is(
    world: World, small_disk: Path
) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    problems: list[str] = []
    for pages in range(20):
        leave_free(small_disk, pages)
        try:
            publish_messages(hour, world.archive, world.clock)
        except ConversionFailed as error:
            problems.append(str(error))
        record = world.archive.ledger.messages(hour)
        assert record is not None
        assert record.messages is not None or record.failures_in_a_row == len(problems)
        assert [path.name for path in small_disk.iterdir()] == ["filler"]
    assert 0 < len(problems) < 20
    assert all("No space left on device. Make room there" in problem for problem in problems)
    assert set(world.message_ids(hour)) == truth(world.simulated_app, hour).message_ids


def test_case_42_a_compaction_with_too_little_room_fails_cleanly_however_much_there_is(
    world: World, s3_client: Any, small_disk: Path
) -> None:
    scene = a_day(world, s3_client)
    day = Day.from_key(scene.errand.day)
    problems: list[str] = []
    for pages in range(0, 24, 2):
        leave_free(small_disk, pages)
        try:
            publish_daily(day, world.archive, world.clock)
        except CompactionFailed as error:
            problems.append(str(error))
        assert [path.name for path in small_disk.iterdir()] == ["filler"]
    assert 0 < len(problems) < 12
    assert all(re.search("No space left on device|temporary folder", problem) for problem in problems)
    assert scene.violations() == []


def test_case_42_a_file_larger_than_the_system_allows_fails_the_look_with_what_to_do(
    server: ForkServer, world: World, s3_client: Any
) -> None:
    scene = first_time(world, s3_client)
    world.platform.script("file", ScriptedAnswer(200, bytes(500_000)))
    errand = scene.afresh()
    ending = server.run(replace(errand, largest_file=100_000))
    (problem,) = ending.problems
    assert "File too large. Make room there, or set TMPDIR" in problem
    assert_clean(scene, errand)


def assert_clean(scene: Scene, errand: Errand) -> None:
    """Nothing is left on the disk, a reader sees nothing odd, and the next run completes it."""
    assert list(Path(errand.temporary).iterdir()) == []
    assert scene.violations() == []
    assert scene.rerun(errand) == []


@needs_strace
@pytest.mark.parametrize("name", SCENES)
def test_case_42_a_write_that_finds_no_room_fails_cleanly_or_does_no_harm(
    server: ForkServer, world: World, s3_client: Any, name: str
) -> None:
    scene = SCENES[name](world, s3_client)
    points = points_of(server, scene.afresh())
    writes = max(point.number for point in points if point.call in {"write", "pwrite64"})
    failed = 0
    for number, lasting in zip(evenly(range(1, writes + 1), _REFUSALS_TRIED), cycle(["", "+"]), strict=False):
        errand = scene.afresh()
        ending = refused_at(server, errand, "write,pwrite64", "ENOSPC", f"{number}{lasting}")
        assert ending.signal == 0
        assert all(_REMEDY.search(problem) for problem in ending.problems), ending.problems
        failed += bool(ending.problems)
        assert_clean(scene, errand)
    assert failed


@needs_strace
def test_case_42_a_disk_that_cannot_be_flushed_fails_the_look_with_what_to_do(
    server: ForkServer, world: World, s3_client: Any
) -> None:
    scene = first_time(world, s3_client)
    errand = scene.afresh()
    ending = refused_at(server, errand, "fsync,fdatasync", "EIO", "1+")
    assert ending.signal == 0
    (problem,) = ending.problems
    assert "disk I/O error" in problem
    assert "CHAT_ARCHIVE_STATE_DIR" in problem
    record = world.archive.ledger.capture(Hour.from_key(scene.errand.hour))
    assert record is not None
    assert record.state is HourState.FAILED
    assert_clean(scene, errand)
