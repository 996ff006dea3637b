"""The gzip files of an hour as the platform would serve them at a given moment, and whether it serves any.

The lines themselves come from `conversations.py`; requests, URLs and answers belong to `server.py`.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from resources.hours.hour import Hour
from resources.simulated_platform.conversations import SimulatedLine, hour_lines
from resources.simulated_platform.simulated_app import SimulatedApp


class Version(StrEnum):
    """What the platform holds of an hour at a moment."""

    NOT_WRITTEN = "not_written"
    """The hour is not over, or too young: no file yet."""

    EARLY = "early"
    """Written; in some hours late messages are still missing."""

    SETTLED = "settled"
    """Everything that was said."""

    DELETED = "deleted"
    """Retention is over: no file any more."""


def version_at(app: SimulatedApp, hour: Hour, at: datetime) -> Version:
    """Return what the platform holds of the hour at that moment."""
    age = at - hour.end
    if age < app.publish_delay:
        return Version.NOT_WRITTEN
    if age >= app.retention:
        return Version.DELETED
    return Version.SETTLED if age >= app.settle else Version.EARLY


def lines_of(app: SimulatedApp, hour: Hour, version: Version) -> tuple[SimulatedLine, ...]:
    """Return the lines of a version of the hour in the file's order; none where there is no file."""
    match version:
        case Version.SETTLED:
            return hour_lines(app, hour)
        case Version.EARLY:
            return tuple(line for line in hour_lines(app, hour) if not line.is_late)
        case Version.NOT_WRITTEN | Version.DELETED:
            return ()


@lru_cache(maxsize=32)
def gzip_files(app: SimulatedApp, hour: Hour, version: Version) -> tuple[bytes, ...]:
    """Return the hour's gzip files, `app.urls_per_hour` of them, each one JSON object per line.

    The same app, hour and version give the same bytes. Files of an hour without lines hold none.
    """
    lines = lines_of(app, hour, version)
    parts = app.urls_per_hour
    borders = [len(lines) * part // parts for part in range(parts + 1)]
    return tuple(_gzip_file(lines[borders[part] : borders[part + 1]]) for part in range(parts))


def _gzip_file(lines: tuple[SimulatedLine, ...]) -> bytes:
    return gzip.compress(b"".join(line.text + b"\n" for line in lines), mtime=0)
