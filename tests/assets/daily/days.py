"""A day's hourly files for tests: written as conversion writes them, from rows that a test spells out."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from assets.conversion.convert import RawRevisionFile, convert_revisions
from assets.daily.compaction import HourFile, folder_of
from resources.hours.day import Day

DAY = Day.from_key("2026-11-20")
_APP = "acme/support"


def line(number: int, *, hour: int = 0, sender: str = "ann", recipient: str = "bob", **fields: Any) -> dict[str, Any]:
    """Return a text message, sent so many milliseconds after the hour's beginning."""
    return {
        "msg_id": str(number),
        "timestamp": int(DAY.hours[0].plus(hour).start.timestamp() * 1000) + number,
        "chat_type": "chat",
        "direction": "outgoing",
        "from": sender,
        "to": recipient,
        "payload": {"bodies": [{"type": "txt", "msg": f"text {number}"}], "from": sender, "to": recipient},
        **fields,
    }


def hour_files(folder: Path, lines: Mapping[int, Sequence[Mapping[str, Any]]]) -> list[HourFile]:
    """Convert the lines of each hour, given by its number, as the archive does."""
    files = []
    for number, content in sorted(lines.items()):
        hour = DAY.hours[0].plus(number)
        path = folder / folder_of(hour, DAY) / "messages.parquet"
        path.parent.mkdir(parents=True)
        raw = path.with_name("raw.jsonl.gz")
        raw.write_bytes(gzip.compress(b"\n".join(map(orjson.dumps, content)), mtime=0))
        convert_revisions(
            [RawRevisionFile("0" * 64, raw)],
            app=_APP,
            hour=hour,
            messages_path=path,
            quarantine_path=path.with_name("lines.parquet"),
        )
        files.append(HourFile(hour, hashlib.sha256(path.read_bytes()).hexdigest(), path))
    return files
