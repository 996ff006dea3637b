"""Case 26: what the platform and its people call things becomes a value in a row, and never a part of a key or path."""

from __future__ import annotations

import gzip

import orjson

from assets.publish_messages import publish_messages
from resources.simulated_platform import ScriptedAnswer
from tests.assets.looking import HOUR, look, stored
from tests.world import World

NAMES = ["../../x", "a/b", "app=other", "date=2026-01-01/hour=00", "a\nb", "a\0b", "é" * 300, "'; DROP TABLE x", "*"]


def line(number: int, name: str) -> bytes:
    body = {"type": "file", "filename": name, "url": f"https://files.example.com/{number}", "file_length": 1}
    payload = {"bodies": [body], "from": name, "to": name}
    return orjson.dumps(
        {"msg_id": str(number), "timestamp": 1_700_000_000_000, "chat_type": name, "payload": payload, name: 1}
    )


def test_case_26_hostile_names_in_lines_and_headers_change_no_key(world: World) -> None:
    content = gzip.compress(b"\n".join(line(number, name) for number, name in enumerate(NAMES)), mtime=0)
    headers = {"Content-Disposition": 'attachment; filename="../../x"', "Content-Location": "../../x"}
    world.platform.script("file", ScriptedAnswer(200, content, headers))
    look(world, HOUR, age=3)
    publish_messages(HOUR, world.archive, world.clock)
    names = [row["file_name"] for row in world.rows(HOUR)]
    assert sorted(names) == sorted(NAMES)
    layout = world.archive.layout
    (raw,) = (key for key in stored(world) if key.startswith("raw/"))
    assert sorted(world.keys()) == sorted(
        [
            layout.raw(HOUR, raw.removeprefix("raw/").removesuffix(".jsonl.gz")),
            layout.messages(HOUR),
            layout.capture_record(HOUR),
            layout.messages_record(HOUR),
        ]
    )
