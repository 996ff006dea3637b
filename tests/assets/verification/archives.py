"""An archive with hours of every kind, and what can be done to it behind its back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from assets.verification.daily_sample import by_day
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.verify import Verified, Verifier
from resources.archive.objects import ArchiveBucket, ListedObject
from resources.hours.hour import Hour
from resources.limits import Limits
from resources.simulated_platform import ScriptedAnswer
from tests.assets.looking import REFUSED, look
from tests.behind_the_back import BehindTheBackOf, digest_of
from tests.pipelines.query.archives import DAY, archive_lines, message, small_archive
from tests.world import World

QUARANTINED, PLAIN = DAY.hours[7], DAY.hours[8]
"""The hours of `small_archive`'s compacted day: the first has a quarantined line, the second only messages."""

REVISED, EMPTY, FAILED, DAMAGED, LOST = DAY.hours[12], DAY.hours[13], DAY.hours[14], DAY.hours[15], DAY.hours[16]
LAST_HOUR = DAY.hours[-1]
"""A lost hour, with which the day's own object is verified."""

KINDS_OF_HOURS = (QUARANTINED, PLAIN, REVISED, EMPTY, FAILED, DAMAGED, LOST, LAST_HOUR)

_NOTHING_THERE = ScriptedAnswer(404, {"error": "storage_object_not_found", "error_description": "no such object"})


def archive_of_every_kind(world: World) -> None:
    """Archive a day that is compacted, with an hour of every state, one revised late and one with a damaged file."""
    archive_lines(world, REVISED, message(10, REVISED, "ann", "bob", "early"), age=3)
    archive_lines(
        world,
        REVISED,
        message(10, REVISED, "ann", "bob", "early"),
        message(11, REVISED, "ann", "bob", "late"),
        age=25,
    )
    world.platform.script("history", _NOTHING_THERE)
    look(world, EMPTY, age=25)
    world.platform.script("history", REFUSED)
    look(world, FAILED, age=25)
    world.platform.script("file", ScriptedAnswer(200, b"no gzip"))
    look(world, DAMAGED, age=25)
    small_archive(world)
    for hour in (LOST, LAST_HOUR):
        capture_hour(hour, world.archive, lambda: world.runtime.platform(world.app), world.clock)


Stored = dict[str, tuple[bytes, dict[str, str]]]
"""Objects with their metadata, by key."""


def everything_stored(world: World, client: Any) -> Stored:
    """Take all objects of the world's bucket."""
    keys = world.keys()
    answers = {key: client.get_object(Bucket=world.runtime.bucket.name, Key=key) for key in keys}
    return {key: (answer["Body"].read(), answer["Metadata"]) for key, answer in answers.items()}


def store_again(world: World, client: Any, stored: Stored) -> None:
    """Put objects into the world's bucket, and turn the clock to when `archive_of_every_kind` ends."""
    for key, (content, metadata) in stored.items():
        client.put_object(Bucket=world.runtime.bucket.name, Key=key, Body=content, Metadata=metadata)
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))


def verified(world: World, *hours: Hour, read_data: bool = False, limits: Limits | None = None) -> list[Verified]:
    """Verify some hours of the world's app, with other limits in its settings if some are given."""
    app = world.app.model_copy(update={"limits": limits or world.app.limits})
    verifier = Verifier(world.runtime.archive(app), world.clock.now(), read_data=read_data)
    return [each for day in verifier.verify(by_day(hours)) for each in day]


def found(world: World, *hours: Hour, read_data: bool = False, limits: Limits | None = None) -> list[Discrepancy]:
    """Verify some hours and return what is wrong."""
    looks = verified(world, *hours, read_data=read_data, limits=limits)
    return [each for look in looks for each in look.discrepancies]


def kinds(discrepancies: Iterable[Discrepancy]) -> list[tuple[Wrong, Thing]]:
    """Return what is wrong with what, in order."""
    return sorted((each.wrong, each.thing) for each in discrepancies)


def let_s3_clock_run_ahead(monkeypatch: pytest.MonkeyPatch, span: timedelta = timedelta(days=2)) -> None:
    """Let everything that is stored be older than it is."""
    monkeypatch.setattr(ArchiveBucket, "time", lambda _: datetime.now(UTC) + span)


def let_hours_be_recorded_before_their_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let S3 say that what hours published was recorded an hour earlier than it was, and their day not."""
    listed = ArchiveBucket.listed

    def earlier(bucket: ArchiveBucket, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        for entry in listed(bucket, prefix, after=after):
            is_of_an_hour = entry.key.endswith("/messages.json")
            yield replace(entry, written_at=entry.written_at - timedelta(hours=1)) if is_of_an_hour else entry

    monkeypatch.setattr(ArchiveBucket, "listed", earlier)


class BehindItsBack(BehindTheBackOf):
    """Whoever meddles with the archive of a world."""

    def __init__(self, world: World, client: Any) -> None:
        super().__init__(world.archive, client)
        self.world = world


def publish_again(world: World, hour: Hour) -> None:
    """Do what a rerun of an hour's messages does."""
    publish_messages(hour, world.archive, world.clock)


def by_another_writer(content: bytes) -> bytes:
    """Let a Parquet file say that another version of pyarrow wrote it."""
    name = pq.read_metadata(pa.BufferReader(content)).created_by.encode()
    assert content.count(name) == 1
    return content.replace(name, name[:-1] + b"?")


def with_other_text(content: bytes) -> bytes:
    """Change what somebody said, and nothing of what the file says of itself."""
    table = pq.read_table(BytesIO(content))
    texts = pa.array(["something else"] * len(table), pa.string())
    place = table.schema.get_field_index("text")
    changed = table.set_column(place, table.schema.field("text"), texts)
    own = pq.read_metadata(pa.BufferReader(content)).metadata or {}
    written = BytesIO()
    with pq.ParquetWriter(written, changed.schema) as writer:
        writer.write_table(changed)
        writer.add_key_value_metadata({name.decode(): own[name].decode() for name in own if name != b"ARROW:schema"})
    return written.getvalue()


def forge_day(who: BehindItsBack, content: bytes) -> None:
    """Replace a day's object, and let its record say so."""
    key = who.world.archive.layout.messages_daily(DAY)
    who.stored_as_ours(key, content)
    who.edit(who.world.archive.layout.daily_record(DAY), object={"key": key, **digest_of(content)})
