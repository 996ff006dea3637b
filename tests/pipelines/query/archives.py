"""A small archive for tests of queries: three days, one of them compacted, one hour lost, one quarantined line."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from assets.coverage.publish_coverage import publish_coverage
from assets.daily.publish_daily import publish_daily
from assets.publish_messages import publish_messages
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.simulated_platform import ScriptedAnswer
from tests.assets.looking import look
from tests.world import World

DAY = Day.from_key("2026-11-20")
NEXT_DAY = Day.from_key("2026-11-21")


def message(
    number: int, hour: Hour, sender: str, recipient: str, text: str, *, chat_type: str = "chat", minute: int = 0
) -> dict[str, Any]:
    """Return a text message as the platform writes it."""
    return {
        "msg_id": str(number),
        "timestamp": int((hour.start + timedelta(minutes=minute)).timestamp() * 1000),
        "chat_type": chat_type,
        "direction": "outgoing",
        "from": sender,
        "to": recipient,
        "payload": {"bodies": [{"type": "txt", "msg": text}], "from": sender, "to": recipient},
    }


def archive_lines(world: World, hour: Hour, *lines: Mapping[str, Any] | bytes, age: float = 25) -> None:
    """Archive an hour that holds these lines."""
    content = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
    world.platform.script("file", ScriptedAnswer(200, gzip.compress(content, mtime=0)))
    # Asked for at the latest when it is settled: the simulated platform would have an hour of its own otherwise.
    look(world, hour, age=age)
    publish_messages(hour, world.archive, world.clock)


def small_archive(world: World) -> None:
    """Archive a day that is compacted, and one hour of the next that is not. A group is called as a user is: bob."""
    first, second, third = DAY.hours[7], DAY.hours[8], NEXT_DAY.hours[1]
    archive_lines(
        world,
        first,
        message(1, first, "ann", "bob", "hello bob"),
        message(2, first, "bob", "ann", "hello ann", minute=5),
        message(3, first, "ann", "bob", "hello all", chat_type="groupchat", minute=6),
        b"no message",
    )
    archive_lines(world, second, message(4, second, "carl", "ann", "good morning"))
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))
    publish_daily(DAY, world.archive, world.clock)
    archive_lines(world, third, message(5, third, "bob", "ann", "it's me; [red]again[/red] \x1b[31m\u202e"), age=60)
    world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))
    publish_coverage(world.runtime)
