"""Lines that were cut along a pattern become rows, as far as their holes hold what they may hold.

A text is what stands between its quotes if it has no backslash, which `pattern_lines.py` sees to, and no control byte.
`ext` has to be one JSON object that the other ways take as it is. For the rest the rules are those of `common_line.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.conversion.columns import ONE_TO_ONE, RowParts, columns_of_texts, one_to_one_ids, text_buffers
from assets.conversion.ext_texts import EMPTY_OBJECT, doubtful_exts, not_json
from assets.conversion.known_patterns import SAMPLE_LINES, KnownPatterns
from assets.conversion.lines import Block, Integers
from assets.conversion.pattern import TIMESTAMP_DIGITS, Hole
from assets.conversion.pattern_lines import CutLines, PatternBlock
from assets.conversion.schema import MESSAGES_SCHEMA
from assets.conversion.windows import Windows

FEWEST_LINES = 1024
"""Fewer lines cost less the other way, and fewer than twice as many are not worth learning from."""

_LARGEST_BLOCK: Final = 1 << 30
"""Places in it have to fit into 32 bits."""

_TEN_TO_THE: Final = 10.0 ** np.arange(TIMESTAMP_DIGITS - 1, -1, -1)
_FIRST_PRINTABLE: Final = 0x20
_OPENING, _CLOSING = EMPTY_OBJECT
_TEXTS: Final = frozenset(Hole) - {Hole.TIMESTAMP, Hole.EXT}
_NONE: Final[Integers] = np.zeros(0, np.int64)


def rows_by_pattern(block: Block, position: int, patterns: KnownPatterns) -> RowParts | None:
    """Build the rows of those lines of a block that known patterns fit.

    Args:
        block: The lines.
        position: Of the first of them, among all lines of the hour.
        patterns: What is known; more may be learned from this block.
    """
    fewest = FEWEST_LINES if patterns.known else 2 * FEWEST_LINES
    if block.count < fewest or len(block.content) > _LARGEST_BLOCK:
        return None
    if patterns.is_time_to_learn():
        places = np.linspace(0, block.count - 1, min(SAMPLE_LINES, block.count)).astype(np.int64)
        patterns.learn(block.lines_at(places))
    if not patterns.known:
        return None
    lines = PatternBlock(block).cut(patterns.known)
    return rows_of_lines(block.content, lines, position) if len(lines.places) else None


def rows_of_lines(content: bytes, lines: CutLines, position: int) -> RowParts:
    """Build the rows of lines; a line whose holes hold anything else gives none.

    Args:
        content: The block of lines.
        lines: Lines of it that were cut, at least one.
        position: Of the block's first line, among all lines of the hour.
    """
    texts = {hole: _texts(content, *span) for hole, span in lines.holes.items() if hole in _TEXTS}
    digits = Windows(content).digits(lines.holes[Hole.TIMESTAMP][0], TIMESTAMP_DIGITS)
    senders, recipients = texts[Hole.SENDER], texts[Hole.RECIPIENT]
    exts = _texts(content, *lines.holes[Hole.EXT])
    columns = {
        "msg_id": texts[Hole.MSG_ID],
        "timestamp": pa.array((digits @ _TEN_TO_THE).astype(np.int64)).cast(MESSAGES_SCHEMA.field("timestamp").type),
        "chat_type": _of_beginnings([beginning.chat_type for beginning in lines.beginnings], lines),
        "conversation_id": _conversation_ids(senders, recipients, lines),
        "sender": senders,
        "recipient": recipients,
        "direction": _of_beginnings([beginning.direction for beginning in lines.beginnings], lines),
        "text": texts[Hole.TEXT],
        "ext": exts,
    }
    wrong = [
        _empty(lines, Hole.MSG_ID),
        _not_timestamps(digits),
        _different(senders, texts[Hole.OUTER_SENDER]),
        _different(recipients, texts[Hole.OUTER_RECIPIENT]),
        _no_objects(exts),
        *(_with_control_bytes(columns[name]) for name in ("msg_id", "sender", "recipient", "text")),
    ]
    parts = columns_of_texts(columns, lines.places + position)
    if not any(map(len, wrong)):
        return parts
    right = np.ones(len(lines.places), bool)
    right[np.concatenate(wrong)] = False
    return RowParts(parts.envelope.filter(pa.array(right)), ())


def _texts(content: bytes, starts: Integers, stops: Integers) -> pa.Array[Any]:
    """Cut texts out of a content that is UTF-8; null where a text ends before the content's first byte."""
    # Where a text ends there begins another, of what lies between; so one of two is taken. What lies between lines of
    # two beginnings may end before it begins: it is never looked at.
    offsets = np.empty(2 * len(starts) + 1, np.int32)
    offsets[:-1:2], offsets[1::2] = starts, stops
    offsets[-1] = min(int(offsets[0]) + 2 * int((stops - starts).sum()), len(content))
    buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(content)]
    texts = pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)
    missing = stops == 0
    every_second = pa.array(np.arange(0, len(texts), 2), pa.int64(), mask=missing if missing.any() else None)
    taken: pa.Array[Any] = texts.take(every_second)
    return taken


def _of_beginnings(values: Sequence[str], lines: CutLines) -> pa.Array[Any]:
    column: pa.Array[Any] = pa.array(values).take(pa.array(lines.numbers, pa.int64()))
    return column


def _conversation_ids(senders: pa.Array[Any], recipients: pa.Array[Any], lines: CutLines) -> pa.Array[Any]:
    ids = []
    first = 0
    counts = np.bincount(lines.numbers, minlength=len(lines.beginnings)).tolist()
    for beginning, count in zip(lines.beginnings, counts, strict=True):
        some = recipients.slice(first, count)
        if beginning.chat_type == ONE_TO_ONE:
            some = one_to_one_ids(senders.slice(first, count), some)
        ids.append(some)
        first += count
    return pa.concat_arrays(ids)


def _empty(lines: CutLines, hole: Hole) -> Integers:
    starts, stops = lines.holes[hole]
    return np.flatnonzero(starts == stops)


def _not_timestamps(digits: npt.NDArray[np.uint8]) -> Integers:
    if digits.max() < 10 and digits[:, 0].min() > 0:  # noqa: PLR2004 - the ten digits
        return _NONE
    return np.flatnonzero((digits >= 10).any(axis=1) | (digits[:, 0] == 0))  # noqa: PLR2004


def _different(texts: pa.Array[Any], others: pa.Array[Any]) -> Integers:
    return _NONE if texts.equals(others) else np.flatnonzero(pc.not_equal(texts, others))


def _with_control_bytes(texts: pa.Array[Any]) -> Integers:
    ends, content = text_buffers(texts)
    if content.min(initial=_FIRST_PRINTABLE) >= _FIRST_PRINTABLE:
        return _NONE
    return np.searchsorted(ends[1:], np.flatnonzero(content < _FIRST_PRINTABLE), side="right")


def _no_objects(exts: pa.Array[Any]) -> Integers:
    """Find those that are there and no JSON object, or one that the careful way may read differently."""
    ends, content = text_buffers(exts)
    lengths = np.diff(ends)
    there = np.flatnonzero(lengths)
    in_braces = (content[ends[there]] == _OPENING) & (content[ends[there + 1] - 1] == _CLOSING)
    filled = there[in_braces & (lengths[there] > len(EMPTY_OBJECT))]
    texts = exts.take(pa.array(filled)).cast(pa.binary())
    refused = sorted({*not_json(texts), *doubtful_exts(texts)})
    return np.concatenate((there[~in_braces], filled[np.array(refused, np.int64)]))
