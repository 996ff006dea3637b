"""A pattern: how the lines of an app's text messages are put together, learned from one of them.

Such lines are the same byte for byte, but for a few holes: names, a time, the text itself. Nothing is taken for granted
about the order of keys or the spaces between them. Which patterns a conversion knows is `known_patterns.py`, how their
lines are found `pattern_rows.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from assets.conversion.common_line import COMMON_LINE, REFUSALS
from assets.conversion.json_line import end_of_value, members_of
from assets.conversion.message import Message, decode_line

TIMESTAMP_DIGITS: Final = 13
"""So many have all milliseconds from 2001 to 2286, and none that has so many is beyond any limit."""

_LONGEST_RUN: Final = 256
"""Every run is looked for on many lines at once. Longer ones are made of spaces."""

_TIMESTAMP: Final = re.compile(rb"[1-9][0-9]{%d}" % (TIMESTAMP_DIGITS - 1))
_IN_NO_PATTERN: Final = re.compile(rb"[\x00-\x1f\\]")


class Hole(Enum):
    """What stands in a hole, by the keys that lead to it."""

    OUTER_SENDER = ("from",)
    OUTER_RECIPIENT = ("to",)
    MSG_ID = ("msg_id",)
    TIMESTAMP = ("timestamp",)
    SENDER = ("payload", "from")
    RECIPIENT = ("payload", "to")
    TEXT = ("payload", "bodies", "msg")
    EXT = ("payload", "ext")


_HOLES: Final[dict[tuple[str, ...], Hole]] = {hole.value: hole for hole in Hole}
_PAYLOAD: Final = ("payload",)
_BODIES: Final = ("payload", "bodies")
_WITHOUT_QUOTES: Final = frozenset({Hole.TIMESTAMP, Hole.EXT})
_COLUMNS: Final = frozenset(
    {
        *("msg_id", "timestamp", "chat_type", "conversation_id", "sender", "recipient", "direction"),
        *("body_type", "text"),
    }
)
"""Of a message that has something in every hole and nothing beside them; `ext` may be missing."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """One of the ways in which a pattern's lines begin.

    Attributes:
        run: What stands before the first hole.
        chat_type: What such lines say, there or in another run.
        direction: Likewise.
    """

    run: bytes
    chat_type: str
    direction: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What comes after a line's beginning: a hole, a run of bytes, a hole, and so on to the last run.

    Attributes:
        holes: In the order of the line, each once; only `EXT` may be missing.
        runs: What stands after each of them. The quotes around a text belong to the runs.
    """

    holes: tuple[Hole, ...]
    runs: tuple[bytes, ...]


def pattern_of(line: bytes) -> tuple[Beginning, Pattern] | None:
    """Learn a pattern from a line; None when it is no text message, or has anything for which there is no hole.

    Args:
        line: Any line. Of one that has the usual form all keys are known; and none stands twice if the careful way
            leaves nothing of it for `extra`.
    """
    if not line.startswith(b"{") or _IN_NO_PATTERN.search(line) or not _has_usual_form(line):  # blanks may come first
        return None
    message = decode_line(line)
    if not isinstance(message, Message) or not _fills_holes_only(message):
        return None
    spans = dict(_spans_of_holes(line))
    if not _TIMESTAMP.fullmatch(line[spans[Hole.TIMESTAMP]]):
        return None
    holes = sorted(spans, key=lambda hole: spans[hole].start)
    starts = [*(spans[hole].start for hole in holes), len(line)]
    runs = tuple(line[spans[hole].stop : start] for hole, start in zip(holes, starts[1:], strict=True))
    beginning = Beginning(line[: starts[0]], str(message.chat_type), str(message.direction))
    if max(map(len, (beginning.run, *runs))) > _LONGEST_RUN:
        return None
    return beginning, Pattern(tuple(holes), runs)


def _has_usual_form(line: bytes) -> bool:
    try:
        COMMON_LINE.decode(line)
    except REFUSALS:
        return False
    return True


def _fills_holes_only(message: Message) -> bool:
    filled = {name for name, value in message._asdict().items() if value is not None}
    return filled - {"ext"} == _COLUMNS and message.body_type == "txt"


def _spans_of_holes(line: bytes, start: int = 0, path: tuple[str, ...] = ()) -> Iterator[tuple[Hole, slice]]:
    """Yield where the holes are in the object that begins there, under this path of keys."""
    for key, value in members_of(line, start):
        inner = (*path, key)
        if inner in _HOLES:
            hole = _HOLES[inner]
            end = end_of_value(line, value)
            yield hole, slice(value, end) if hole in _WITHOUT_QUOTES else slice(value + 1, end - 1)
        elif inner == _PAYLOAD:
            yield from _spans_of_holes(line, value, inner)
        elif inner == _BODIES:
            yield from _spans_of_holes(line, line.index(b"{", value), inner)
