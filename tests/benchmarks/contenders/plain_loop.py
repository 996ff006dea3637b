"""The loop an engineer would write in an afternoon: parse each line, remember each `msg_id`, one table, sort, write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from isal import igzip

from assets.conversion.schema import MESSAGES_SCHEMA
from tests.benchmarks.generator import parquet_name

_NO_BODY: dict[str, Any] = {}


def convert(inputs: Sequence[Path], output_folder: Path) -> None:
    """Convert."""
    for path in inputs:
        columns = zip(*rows_of(path), strict=True)
        arrays = [pa.array(values, type=field.type) for field, values in zip(MESSAGES_SCHEMA, columns, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=MESSAGES_SCHEMA)
        table = table.sort_by([("conversation_id", "ascending"), ("timestamp", "ascending")])
        pq.write_table(table, output_folder / parquet_name(path), compression="zstd", compression_level=3)


def rows_of(path: Path) -> Iterator[tuple[Any, ...]]:
    """Yield one row for each `msg_id`, in the order of the messages table's columns."""
    seen = set()
    with igzip.open(path, "rb") as file:
        for line in file:
            message = orjson.loads(line)
            msg_id = message["msg_id"]
            if msg_id in seen:
                continue
            seen.add(msg_id)
            yield _row(msg_id, message)


def _row(msg_id: str, message: dict[str, Any]) -> tuple[Any, ...]:
    payload = message.get("payload") or {}
    bodies = payload.get("bodies")
    body = bodies[0] if bodies else _NO_BODY
    size = body.get("size") or _NO_BODY
    sender = payload.get("from") or message.get("from")
    recipient = payload.get("to") or message.get("to")
    chat_type = message.get("chat_type")
    conversation_id = recipient
    if chat_type == "chat" and sender and recipient:
        conversation_id = f"{sender}:{recipient}" if sender < recipient else f"{recipient}:{sender}"
    params = body.get("v2:customExts") or body.get("customExts")
    thread = (payload.get("meta") or _NO_BODY).get("thread")
    ext = payload.get("ext")
    return (
        msg_id,
        message["timestamp"],
        chat_type,
        conversation_id,
        sender,
        recipient,
        message.get("direction"),
        body.get("type"),
        body.get("msg"),
        body.get("filename"),
        body.get("url"),
        body.get("thumb"),
        body.get("file_length"),
        body.get("length"),
        size.get("width"),
        size.get("height"),
        body.get("lat"),
        body.get("lng"),
        body.get("addr"),
        body.get("action"),
        body.get("customEvent"),
        None if params is None else orjson.dumps(params).decode(),
        recipient if thread else None,
        thread.get("msg_parent_id") if thread else None,
        None if ext is None else orjson.dumps(ext).decode(),
        None,
    )
