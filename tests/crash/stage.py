"""The stage on which victims die: a world that can be put back to where it was, and what has to hold at every moment.

How and when a victim is killed is `strace.py` and `victim.py`.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from assets.capture import capture_hour
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from resources.archive.capture_record import CaptureRecord
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveError
from resources.archive.messages_record import MessagesRecord
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.simulated_platform import truth
from tests.assets.looking import hour_that_grows, look
from tests.crash.victim import Errand
from tests.world import AWS_ENVIRONMENT, World

_LONG_AGO = 86_400.0

Objects = dict[str, tuple[bytes, str]]
"""What lies in S3: by key, the bytes and the SHA-256 that the object carries."""


@dataclass(frozen=True)
class Scene:
    """One errand, where it begins, and what may be read of it.

    Attributes:
        world: Where; its bucket holds what was there before.
        errand: What the victim does, but for its folders.
        versions: The ids of each whole version that a reader may find; the last one is complete.
        table: The key of the object that he reads.
    """

    world: World
    errand: Errand
    versions: tuple[Counter[str], ...]
    table: str
    _before: Objects
    _s3: Any
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def afresh(self) -> Errand:
        """Put S3 and the local folders back to where they were, and return the errand."""
        bucket = self.world.runtime.bucket.name
        listed = self._s3.list_objects_v2(Bucket=bucket).get("Contents", ())
        there = {entry["Key"]: entry["ETag"].strip('"') for entry in listed}
        for key in there.keys() - self._before.keys():
            self._s3.delete_object(Bucket=bucket, Key=key)
        for key, (content, sha256) in self._before.items():
            if there.get(key) != hashlib.md5(content, usedforsecurity=False).hexdigest():
                self._s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata={"sha256": sha256})
        place = self.world.settings_file.parent / f"{next(self._numbers)}"
        for folder in ("state", "temporary"):
            (place / folder).mkdir(parents=True)
        return replace(self.errand, folder=str(place / "state"), temporary=str(place / "temporary"))

    def _objects(self) -> Objects:
        """Return every object's bytes, proven by the SHA-256 that it carries."""
        found = {key: self.world.runtime.bucket.read(key) for key in self.world.keys()}  # noqa: SIM118 - as above
        return {key: (each[0], each[1].sha256 or "") for key, each in found.items() if each is not None}

    def violations(self) -> list[str]:
        """Return what a reader sees that he should not."""
        try:
            objects = self._objects()
            return [*self._of_objects(objects), *self._of_records(objects), *self._of_table(objects)]
        except (ArchiveError, ValidationError) as error:  # an object that is not whole, a record that cannot be read
            return [str(error)]

    def _of_objects(self, objects: Objects) -> Iterator[str]:
        """None that was there before is gone, and each raw revision is what its name says."""
        yield from (f"{key} is gone" for key in self._before.keys() - objects.keys())
        for key, (_, sha256) in objects.items():
            if not sha256 or ("/raw/" in key and sha256 not in key):
                yield f"{key} holds other bytes than it should"

    def _of_records(self, objects: Objects) -> Iterator[str]:
        """Every record can be read, and what it names is there, as the record names it or newer.

        An object is written before the record that names it. So a record that does not name what is there has to be
        the old one, which names what was there before the errand: else the object is older than its record.
        """
        for key, sha256 in self._named(objects):
            if key not in objects:
                yield f"a record names {key}, which is not there"
            elif sha256 not in {objects[key][1], self._before.get(key, (b"", ""))[1]}:
                yield f"a record names a newer {key} than the one that is there"

    def _named(self, objects: Objects) -> Iterator[tuple[str, str]]:
        """Yield the key and the SHA-256 of everything that a record names."""
        layout = self.world.archive.layout
        for key, (content, _) in objects.items():
            if key.endswith("/capture.json"):
                capture = CaptureRecord.model_validate_json(content)
                hour = Hour.from_key(capture.hour)
                yield from ((layout.raw(hour, each.sha256), each.sha256) for each in capture.raw_revisions)
            elif key.endswith("/messages.json"):
                messages = MessagesRecord.model_validate_json(content)
                hour = Hour.from_key(messages.hour)
                yield from ((layout.raw(hour, sha256), sha256) for sha256 in messages.raw_revisions)
                yield from ((each.key, each.sha256) for each in (messages.messages, messages.quarantine) if each)
            elif key.endswith("/daily.json"):
                daily = DailyRecord.model_validate_json(content)
                yield from ((layout.messages(Hour.from_key(hour)), sha256) for hour, sha256 in daily.hours.items())
                yield daily.object.key, daily.object.sha256

    def _of_table(self, objects: Objects) -> Iterator[str]:
        """The table is not there, or one of the whole versions."""
        if self.table in objects and (ids := _ids_in(objects[self.table][0])) not in self.versions:
            yield f"{self.table} holds {ids.total()} messages: no whole version of the hour"

    def rerun(self, errand: Errand) -> list[str]:
        """Do what the next run does, in this process, and return in what the outcome is not complete."""
        temporary = Path(errand.temporary)
        for left in temporary.iterdir():
            os.utime(left, (_LONG_AGO, _LONG_AGO))  # some time passes before the next run
        runtime = Runtime(self.world.settings, self.world.clock, Random(2), Path(errand.folder))
        runtime.bucket = self.world.runtime.bucket  # its connections are there already
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tempfile.tempdir", str(temporary))
            self._run(runtime, errand)
        runtime.close()
        left_over = [f"{left.name} is left" for left in temporary.iterdir()]
        return [*left_over, *self._of_a_rerun(), *self.violations()]

    def _of_a_rerun(self) -> Iterator[str]:
        """The table is complete, and its record points to this very version."""
        found = self.world.runtime.bucket.read(self.table)
        if found is None or _ids_in(found[0]) != self.versions[-1]:
            yield "the rerun did not complete the table"
        elif found[1].sha256 != self._recorded_sha256():
            yield "after the rerun the record points to another version of the table"

    def _recorded_sha256(self) -> str | None:
        ledger = self.world.archive.ledger
        if self.errand.day:
            daily = ledger.daily(Day.from_key(self.errand.day))
            return daily.object.sha256 if daily else None
        messages = ledger.messages(Hour.from_key(self.errand.hour))
        return messages.messages.sha256 if messages and messages.messages else None

    def _run(self, runtime: Runtime, errand: Errand) -> None:
        archive = runtime.archive(self.world.app)
        if errand.hour:
            hour = Hour.from_key(errand.hour)
            capture_hour(hour, archive, lambda: runtime.platform(self.world.app), self.world.clock)
            publish_messages(hour, archive, self.world.clock)
        if errand.day:
            publish_daily(Day.from_key(errand.day), archive, self.world.clock)


def _ids_in(table: bytes) -> Counter[str]:
    return Counter(map(str, pq.read_table(BytesIO(table), columns=["msg_id"])["msg_id"].to_pylist()))


def _scene(world: World, s3: Any, table: str, versions: tuple[Counter[str], ...], **errand: Any) -> Scene:
    before: Objects = {}
    for key in world.keys():  # noqa: SIM118 - a method of its own
        found = world.runtime.bucket.read(key)
        assert found is not None
        before[key] = found[0], found[1].sha256 or ""
    todo = Errand(
        settings_file=str(world.settings_file),
        environment={**AWS_ENVIRONMENT, **world.secrets},
        now=world.clock.now().isoformat(),
        folder="",
        temporary="",
        **errand,
    )
    return Scene(world, todo, versions, table, before, s3)


def first_time(world: World, s3: Any, **more: Any) -> Scene:
    """An hour of which nothing is known is captured and published."""
    hour = hour_that_grows(world.simulated_app)
    world.clock.turn_to(hour.end + timedelta(hours=3))
    ids = Counter(truth(world.simulated_app, hour, world.clock.now()).message_ids)
    return _scene(world, s3, world.archive.layout.messages(hour), (ids,), hour=hour.key, **more)


def second_time(world: World, s3: Any) -> Scene:
    """An hour that was archived and published early has grown, and is captured and published again."""
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    early = world.message_ids(hour)
    world.clock.turn_to(hour.end + timedelta(hours=25))
    ids = Counter(truth(world.simulated_app, hour).message_ids)
    return _scene(world, s3, world.archive.layout.messages(hour), (early, ids), hour=hour.key)


def a_day(world: World, s3: Any) -> Scene:
    """A closed day is compacted."""
    day = Day.of(hour_that_grows(world.simulated_app))
    ids: Counter[str] = Counter()
    for hour in [hour for hour in day.hours if truth(world.simulated_app, hour).message_ids][:2]:
        look(world, hour, age=25)
        publish_messages(hour, world.archive, world.clock)
        ids.update(world.message_ids(hour))
    world.clock.turn_to(day.hours[-1].end + timedelta(hours=73))
    return _scene(world, s3, world.archive.layout.messages_daily(day), (ids,), day=day.key)


SCENES: dict[str, Callable[[World, Any], Scene]] = {
    "capture and conversion, first time": first_time,
    "capture and conversion, again": second_time,
    "compaction of a day": a_day,
}


@dataclass
class Figures:
    """What a sweep found.

    Attributes:
        points: At which victims were killed, or were to be.
        killed: How many of them died.
        left: Temporary folders that dead victims left, all of which the next run removed.
        violations: What was wrong, a sentence each; none is what is promised.
    """

    points: int = 0
    killed: int = 0
    left: int = 0
    violations: list[str] = field(default_factory=list)


def sweep(scene: Scene, die: Callable[[Errand, Any], bool], points: list[Any]) -> Figures:
    """Kill a victim at each point, look as a reader does, run again, and look again.

    Args:
        scene: The errand.
        die: Runs an errand that dies at a point; tells whether it did.
        points: All of them.
    """
    figures = Figures()
    for point in points:
        errand = scene.afresh()
        figures.points += 1
        figures.killed += die(errand, point)
        figures.left += len(list(Path(errand.temporary).iterdir()))
        wrong = scene.violations() + scene.rerun(errand)
        figures.violations += [f"{point}: {violation}" for violation in wrong]
    return figures


def evenly(points: Sequence[Any], most: int) -> list[Any]:
    """Return some of the points, as far apart as can be, the first among them."""
    return list(points[:: -(-len(points) // most)])


@contextmanager
def secrets_of(world: World) -> Iterator[None]:
    """Let this process see the secrets that the settings name, as victims do."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**AWS_ENVIRONMENT, **world.secrets}.items():
            patch.setenv(name, value)
        yield
