"""Reading lines with patterns in use, however few the lines are, and without any; and what both make of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from assets.conversion.columns import RowParts, columns_of_messages, joined, rows_at
from assets.conversion.decoding import decode_block
from assets.conversion.known_patterns import KnownPatterns
from assets.conversion.lines import blocks_of
from assets.conversion.message import Message
from assets.conversion.pattern_rows import rows_by_pattern
from resources.limits import DEFAULT_LIMITS


def text_line(text: str = "hi", ext: str | None = "{}", **fields: Any) -> bytes:
    """Return a line of a text message as the platform writes it; `ext` is its JSON text."""
    names = {"from": fields.pop("sender", "alice"), "to": fields.pop("recipient", "bob")}
    payload = {"bodies": [{"msg": text, "type": "txt"}], "ext": 0, **names}
    if ext is None:
        del payload["ext"]
    document = {
        "chat_type": "chat",
        "direction": "outgoing",
        "from": names["from"],
        "msg_id": "1418038712905770616",
        "payload": payload,
        "timestamp": 1_795_392_000_123,
        "to": names["to"],
    }
    line = json.dumps(document | fields, ensure_ascii=False, separators=(",", ":"))
    return line.replace('"ext":0', f'"ext":{ext}', 1).encode()


EXAMPLES = [
    *(text_line("hello", chat_type=chat_type) for chat_type in ("chat", "groupchat", "chatroom")),
    text_line("without ext", None),
] * 4
"""Lines to learn from."""


def learned(*lines: bytes) -> KnownPatterns:
    """Return what is known once these lines have been shown."""
    patterns = KnownPatterns()
    patterns.learn(lines or EXAMPLES)
    patterns.is_time_to_learn()
    patterns.is_time_to_learn()
    return patterns


def taken_by_pattern(content: bytes, patterns: KnownPatterns) -> list[int]:
    """Return the places of the lines that known patterns take."""
    (block,) = blocks_of([content + b"\n"])
    parts = rows_by_pattern(block, 0, patterns)
    return [] if parts is None else sorted(parts.positions.tolist())


def read(content: bytes, patterns: KnownPatterns | None) -> tuple[int, int, list[Any]]:
    """Return how many lines were counted, how many were blank, and what each line became, in order."""
    (block,) = blocks_of([content + b"\n"])
    decoded = decode_block(block, 0, DEFAULT_LIMITS, patterns)
    messages = [(odd.place, odd.decoded) for odd in decoded.odd if isinstance(odd.decoded, Message)]
    others = [(odd.place, odd.content, odd.decoded) for odd in decoded.odd if not isinstance(odd.decoded, Message)]
    parts = list(decoded.common)
    if messages:
        places, rows = zip(*messages, strict=True)
        parts.append(columns_of_messages(rows, np.array(places, np.int64)))
    return decoded.lines, decoded.blank, [*_rows_of(parts), *others]


def _rows_of(parts: list[RowParts]) -> list[Any]:
    if not parts:
        return []
    together = joined(parts)
    order = np.argsort(together.positions, kind="stable")
    places = together.positions[order].tolist()
    return list(zip(places, map(repr, rows_at(together, order).to_pylist()), strict=True))
