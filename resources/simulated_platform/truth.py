"""What was really said, for a test or the demo to hold against what was archived.

It reads the conversations themselves, not what went over the wire; the server never asks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson

from resources.hours.hour import Hour
from resources.simulated_platform.hour_files import Version, lines_of, version_at
from resources.simulated_platform.simulated_app import SimulatedApp
from resources.simulated_platform.utterance import JsonObject


@dataclass(frozen=True, slots=True)
class HourTruth:
    """What an hour's file holds.

    Attributes:
        version: Which version of the hour this is.
        lines: Every line as the JSON object it is, in the file's order, duplicates included.
        message_ids: The distinct `msg_id`s.
    """

    version: Version
    lines: tuple[JsonObject, ...]
    message_ids: frozenset[str]

    @property
    def line_count(self) -> int:
        """How many lines the file has."""
        return len(self.lines)

    @property
    def duplicates(self) -> int:
        """How many lines repeat an earlier one exactly."""
        return len(self.lines) - len(self.message_ids)


def truth(app: SimulatedApp, hour: Hour, at: datetime | None = None) -> HourTruth:
    """Return what the platform holds of an hour.

    Args:
        app: Whose hour.
        hour: Which hour.
        at: At which moment; before the hour is published and after it is deleted there is nothing. None means all that
            was ever said, whatever the platform still holds of it.
    """
    version = Version.SETTLED if at is None else version_at(app, hour, at)
    lines = lines_of(app, hour, version)
    return HourTruth(
        version=version,
        lines=tuple(orjson.loads(line.text) for line in lines),
        message_ids=frozenset(line.message_id for line in lines),
    )
