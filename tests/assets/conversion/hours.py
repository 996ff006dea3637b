"""Making small hours for tests: lines to gzip files, gzip files to a conversion, and its files back to rows."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assets.conversion.convert import Conversion, RawRevisionFile, convert_revisions
from resources.hours.hour import Hour
from resources.limits import DEFAULT_LIMITS, Limits

HOUR = Hour.from_key("2026112300")
IN_HOUR_MS = 1_795_392_000_123
APP = "acme-support"


def line_of(msg_id: object = "1", **fields: Any) -> bytes:
    """Return one line of a short text message, some of its fields replaced."""
    document = {
        "msg_id": msg_id,
        "timestamp": IN_HOUR_MS,
        "chat_type": "chat",
        "from": "alice",
        "to": "bob",
        "payload": {"bodies": [{"type": "txt", "msg": "hi"}], "from": "alice", "to": "bob"},
    }
    return json.dumps(document | fields).encode()


@dataclass(frozen=True)
class Converted:
    """A conversion and where its files lie."""

    conversion: Conversion
    messages_path: Path
    quarantine_path: Path

    @property
    def rows(self) -> list[dict[str, Any]]:
        return pq.read_table(self.messages_path).to_pylist()

    @property
    def quarantined(self) -> list[dict[str, Any]]:
        return pq.read_table(self.quarantine_path).to_pylist() if self.quarantine_path.exists() else []


def revision_of(directory: Path, content: bytes) -> RawRevisionFile:
    """Write content as a gzip file under its SHA-256."""
    compressed = gzip.compress(content, compresslevel=1, mtime=0)
    name = sha256(compressed).hexdigest()
    path = directory / name
    path.write_bytes(compressed)
    return RawRevisionFile(name, path)


def convert(
    directory: Path,
    *contents: bytes,
    limits: Limits = DEFAULT_LIMITS,
    reverse: bool = False,
    name: str = "hour",
    threaded: bool = False,
) -> Converted:
    """Convert one hour of as many raw revisions as there are contents."""
    revisions = [revision_of(directory, content) for content in contents]
    messages_path, quarantine_path = directory / f"{name}.messages.parquet", directory / f"{name}.lines.parquet"
    conversion = convert_revisions(
        revisions[::-1] if reverse else revisions,
        app=APP,
        hour=HOUR,
        messages_path=messages_path,
        quarantine_path=quarantine_path,
        limits=limits,
        threaded=threaded,
    )
    return Converted(conversion, messages_path, quarantine_path)
