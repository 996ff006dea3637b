"""Small steps that the tests of assets share: turn the clock, look, publish, and see what lies in S3."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import Any

import pyarrow.parquet as pq

from assets.capture import Capture, capture_hour
from resources.archive.capture_record import CaptureRecord
from resources.chat_platform.client import ChatPlatform
from resources.hours.hour import Hour
from resources.simulated_platform import ScriptedAnswer, SimulatedApp, Version, truth
from resources.simulated_platform.hour_files import gzip_files
from tests.world import World

HOUR = Hour.from_key("2026112012")

SILENT = SimulatedApp("acme", "support", mean_messages_per_hour=0, requests_per_minute=100_000)
"""An app in which nobody ever speaks."""

TWO_FILES = SimulatedApp("acme", "support", urls_per_hour=2, requests_per_minute=1000)
"""An app whose hours come in two files each."""

SERVER_ERROR = ScriptedAnswer(500, b"<html>no</html>")
"""What the platform says when it is in trouble."""

REFUSED = ScriptedAnswer(403, {"error": "forbidden_service_operation", "error_description": "the app is banned"})
"""What the platform says to an app that may not ask."""


def nobody_is_asked() -> ChatPlatform:
    """Stand for the platform where no request may be made."""
    raise AssertionError("No request may be made.")


def files_of(app: SimulatedApp, hour: Hour, version: Version = Version.SETTLED) -> dict[str, bytes]:
    """Return what the platform serves of the hour, each file under the name it must get in S3."""
    return {f"raw/{sha256(file).hexdigest()}.jsonl.gz": file for file in gzip_files(app, hour, version)}


def raw_in(world: World) -> dict[str, bytes]:
    """Return the archive's raw files."""
    return {name: content for name, content in stored(world).items() if name.startswith("raw/")}


def turn_to_age(world: World, hour: Hour, hours: float) -> None:
    """Turn the clock to so many hours after the hour's end."""
    world.clock.turn_to(hour.end + timedelta(hours=hours))


def look(world: World, hour: Hour, *, age: float | None = None, run_id: str | None = None) -> Capture:
    """Do for the hour what a run does, at an age of so many hours if one is given."""
    if age is not None:
        turn_to_age(world, hour, age)
    return capture_hour(hour, world.archive, lambda: world.runtime.platform(world.app), world.clock, run_id=run_id)


def record_of(world: World, hour: Hour) -> CaptureRecord:
    """Return the hour's capture record, which is there."""
    record = world.archive.ledger.capture(hour)
    assert record is not None
    return record


def hour_that_grows(app: SimulatedApp) -> Hour:
    """Return an hour whose settled file holds messages that its early file does not."""
    return next(hour for hour in map(HOUR.plus, count()) if 0 < _early_lines(app, hour) < truth(app, hour).line_count)


def hour_that_stays(app: SimulatedApp) -> Hour:
    """Return an hour with messages, all of which are in the early file."""
    return next(hour for hour in map(HOUR.plus, count()) if 0 < _early_lines(app, hour) == truth(app, hour).line_count)


def stored(world: World) -> dict[str, bytes]:
    """Return all of the archive's objects, each under its kind and name, such as `raw/<sha256>.jsonl.gz`."""
    keys = world.keys()
    found = {key: world.runtime.bucket.read(key) for key in keys}
    return {short_name(key): each[0] for key, each in found.items() if each is not None}


def versions(world: World) -> dict[str, str]:
    """Return the etag of each of the archive's objects."""
    keys = world.keys()
    heads = {key: world.runtime.bucket.head(key) for key in keys}
    return {short_name(key): head.etag for key, head in heads.items() if head is not None}


def short_name(key: str) -> str:
    """Cut an object's key down to its kind and name."""
    kind, *_, name = key.removeprefix("history/").split("/")
    return f"{kind}/{name}"


def rows_of(world: World, key: str) -> list[dict[str, Any]]:
    """Read a Parquet object."""
    found = world.runtime.bucket.read(key)
    assert found is not None, key
    return list(pq.read_table(BytesIO(found[0])).to_pylist())


def _early_lines(app: SimulatedApp, hour: Hour) -> int:
    return truth(app, hour, hour.end + app.publish_delay).line_count
