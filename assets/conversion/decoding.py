"""A block of lines becomes rows and what is not a row, by three ways that give the same.

The quickest way takes lines apart that are put together as others before them, all of a block at once
(`pattern_rows.py`). What it leaves is read by the fast way, many lines of the usual form at a time (`common_line.py`).
A line goes the careful way (`message.py`) when the fast one refuses it, when its value is one of the few that the two
would read differently, or when it cannot be proven that its row holds the whole of it (`proof.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from assets.conversion.attachment_secrets import SUSPECT
from assets.conversion.columns import CommonRows, RowParts, columns_of_common
from assets.conversion.common_line import (
    COMMON_LINE,
    REFUSALS,
    CommonLine,
    CustomBody,
    LocationBody,
)
from assets.conversion.ext_texts import doubtful_exts
from assets.conversion.known_patterns import KnownPatterns
from assets.conversion.lines import BLANK, Block, Integers, json_texts_of
from assets.conversion.message import Message, decode_line
from assets.conversion.pattern_rows import rows_by_pattern
from assets.conversion.proof import COLON, colons_accounted_for
from assets.conversion.unreadable import Unreadable, UnreadableReason
from resources.limits import Limits

_OPENING, _CLOSING = b"{}"
_ESCAPE: Final = rb"\u003"
_ESCAPED_COLON: Final = re.compile(rb"\\u003[aA]")
_TRIED_AT_ONCE: Final = 32

_WITH_URLS: Final = frozenset({"file_name", "file_url", "thumbnail_url", "custom_event"})
"""Columns of texts that people did not write."""


@dataclass(frozen=True, slots=True)
class OddLine:
    """What the careful way made of a line, or of one of the JSON objects that stand on it.

    Attributes:
        place: The line's place in the block, from 0.
        content: The bytes it was read from.
        decoded: The message, or why there is none.
    """

    place: int
    content: bytes
    decoded: Message | Unreadable


@dataclass(slots=True)
class DecodedBlock:
    """A block, read.

    Attributes:
        lines: How many lines it has; a line on which k JSON objects stand counts as k.
        blank: How many of them are blank.
        common: The rows of the usual form.
        odd: What became of the other lines, in order.
    """

    lines: int = 0
    blank: int = 0
    common: list[RowParts] = field(default_factory=list)
    odd: list[OddLine] = field(default_factory=list)


def decode_block(block: Block, position: int, limits: Limits, patterns: KnownPatterns | None = None) -> DecodedBlock:
    """Read a block of lines. Never raises, whatever the bytes.

    Args:
        block: The lines.
        position: Of the block's first line, among all lines of the hour.
        limits: How deep a line may be nested.
        patterns: What is known of earlier blocks, if the quickest way is to be tried.
    """
    if block.too_long:
        return DecodedBlock(1, odd=[OddLine(0, block.content, Unreadable(UnreadableReason.TOO_LONG))])
    decoded = DecodedBlock(lines=block.count)
    remaining = np.ones(block.count, bool)
    if patterns is not None and (parts := rows_by_pattern(block, position, patterns)) is not None:
        decoded.common.append(parts)
        remaining[parts.positions - position] = False
        if not remaining.any():
            return decoded
    text = _BlockText.of(block, remaining)
    for parts in _common_rows(text, position):
        decoded.common.append(parts)
        remaining[parts.positions - position] = False
    for index in np.flatnonzero(remaining[text.places]).tolist():
        _read_carefully(int(text.places[index]), text.lines[index], decoded, limits)
    return decoded


def _common_rows(text: _BlockText, position: int) -> list[RowParts]:
    """Build the columns of the lines that the fast way reads, and reads as the careful one would."""
    common, places = _read_fast(text)
    rows = CommonRows(common)
    rows, places = _without(_doubtful(rows, places, text), rows, places)
    if not rows.lines:
        return []
    parts = columns_of_common(rows, text.places[places] + position)
    if with_secret := _with_secret_in_text(parts):
        rows, places = _without(with_secret, rows, places)
        return _proven(rows, None, places, text, position)
    return _proven(rows, parts, places, text, position)


def _without(doubtful: Collection[int], rows: CommonRows, places: Integers) -> tuple[CommonRows, Integers]:
    if not doubtful:
        return rows, places
    kept = [index for index in range(len(places)) if index not in doubtful]
    return CommonRows([rows.lines[index] for index in kept]), places[kept]


class _BlockText:
    """Some lines of a block, looked at as a whole or line by line; by their places among themselves.

    Args:
        content: The lines, with line feeds between them.
        places: Where each of them is in the block.
        starts: Where each of them begins in the content.
        ends: Where it ends.
    """

    def __init__(self, content: bytes, places: Integers, starts: Integers, ends: Integers) -> None:
        self.content = content
        self.count = len(places)
        self.places = places
        self._bytes = np.frombuffer(content, np.uint8)
        self._starts = starts
        self._ends = ends

    @classmethod
    def of(cls, block: Block, wanted: npt.NDArray[np.bool_]) -> _BlockText:
        """Put together the lines of a block that are wanted, at least one."""
        places = np.flatnonzero(wanted)
        if len(places) == block.count:
            return cls(block.content, places, block.starts, block.stops)
        lines = block.lines_at(places)
        stops = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)) + 1) - 1
        return cls(b"\n".join(lines), places, np.append(0, stops[:-1] + 1), stops)

    @cached_property
    def lines(self) -> list[bytes]:
        return self.content.split(b"\n")

    def between(self, first: int, last: int) -> bytes:
        """Return the lines from `first` to before `last`, with line feeds between them."""
        return self.content if last - first == self.count else self.content[self._starts[first] : self._ends[last - 1]]

    @cached_property
    def in_braces(self) -> npt.NDArray[np.bool_]:
        """Tell of each line whether it begins with { and ends with }.

        Where all lines do, no value reaches over a line's end: no JSON value goes on between `}` and `{`.
        """
        if not self.content:
            return np.zeros(1, bool)
        begin = self._bytes.take(self._starts, mode="clip") == _OPENING
        end = self._bytes.take(self._ends - 1, mode="clip") == _CLOSING
        in_braces: npt.NDArray[np.bool_] = begin & end & (self._ends > self._starts)
        return in_braces

    @property
    def may_escape_a_colon(self) -> bool:
        begins = np.flatnonzero(self._bytes[: -len(_ESCAPE)] == _ESCAPE[0])
        for offset in range(1, len(_ESCAPE)):
            begins = begins[self._bytes[begins + offset] == _ESCAPE[offset]]
        return len(begins) > 0

    def colons(self, places: Integers) -> int:
        """Count the colons on some of the lines."""
        if 2 * len(places) < self.count:
            return sum(self.lines[place].count(b":") for place in places.tolist())
        others = np.ones(self.count, bool)
        others[places] = False
        on_others = sum(self.lines[place].count(b":") for place in np.flatnonzero(others).tolist())
        return int(np.count_nonzero(self._bytes == COLON)) - on_others


def _read_fast(text: _BlockText) -> tuple[list[CommonLine], Integers]:
    """Read the lines of the usual form, and say where they stand: all at once, else some at once, else one by one."""
    if (common := _read_at_once(text, 0, text.count)) is not None:
        return common, np.arange(text.count)
    common = []
    places: list[int] = []
    for first in range(0, text.count, _TRIED_AT_ONCE):
        last = min(first + _TRIED_AT_ONCE, text.count)
        if (some := _read_at_once(text, first, last)) is not None:
            common += some
            places += range(first, last)
            continue
        for place in range(first, last):
            try:
                common.append(COMMON_LINE.decode(text.lines[place]))
            except REFUSALS:
                continue
            places.append(place)
    return common, np.array(places, np.int64)


def _read_at_once(text: _BlockText, first: int, last: int) -> list[CommonLine] | None:
    """Read lines that are all of the usual form; None when one is not."""
    if not text.in_braces[first:last].all():
        return None
    try:
        common = COMMON_LINE.decode_lines(text.between(first, last))
    except REFUSALS:
        return None
    return common if len(common) == last - first else None  # else some line holds several objects


def _doubtful(rows: CommonRows, places: Integers, text: _BlockText) -> set[int]:
    """Find the rows whose lines the careful way may read differently."""
    doubtful = {*doubtful_exts(rows.exts), *_with_whole_degrees(rows), *_with_custom_forms_that_differ(rows)}
    if text.may_escape_a_colon:
        lines = text.lines
        doubtful |= {index for index, place in enumerate(places.tolist()) if _ESCAPED_COLON.search(lines[place])}
    return doubtful


def _with_whole_degrees(rows: CommonRows) -> list[int]:
    """39 and 39.0 are the same here, and not on the line."""
    places = zip(rows.places_of(LocationBody), rows.bodies_of(LocationBody), strict=True)
    return [place for place, body in places if body.lat.is_integer() or body.lng.is_integer()]


def _with_custom_forms_that_differ(rows: CommonRows) -> list[int]:
    places = zip(rows.places_of(CustomBody), rows.bodies_of(CustomBody), strict=True)
    return [
        place for place, body in places if [{name: value} for name, value in body.params.items()] != body.legacy_params
    ]


def _with_secret_in_text(parts: RowParts) -> set[int]:
    """An attachment's secret may stand in a URL or in JSON within a text; the careful way cuts or refuses it."""
    suspected: list[npt.NDArray[np.bool_]] = []
    for table in parts.details:
        suspected.append(np.zeros(len(table), bool))
        for name in _WITH_URLS.intersection(table.column_names):
            found = pc.match_substring_regex(table.column(name), SUSPECT, ignore_case=True)
            suspected[-1] |= found.fill_null(fill_value=False).to_numpy()
    numbers = np.flatnonzero(np.concatenate([*suspected, []]))
    return set(np.flatnonzero(np.isin(parts.detail_numbers, numbers)).tolist()) if len(numbers) else set()


def _proven(
    rows: CommonRows, parts: RowParts | None, places: Integers, text: _BlockText, position: int
) -> list[RowParts]:
    """Build the columns of rows and keep those that hold the whole of their lines; the others are found by halves."""
    if not rows.lines:
        return []
    parts = parts or columns_of_common(rows, text.places[places] + position)
    if colons_accounted_for(rows, parts) == text.colons(places):
        return [parts]
    middle = len(places) // 2
    if not middle:
        return []
    return [
        *_proven(CommonRows(rows.lines[:middle]), None, places[:middle], text, position),
        *_proven(CommonRows(rows.lines[middle:]), None, places[middle:], text, position),
    ]


def _read_carefully(place: int, line: bytes, decoded: DecodedBlock, limits: Limits) -> None:
    texts = json_texts_of(line)
    decoded.lines += len(texts) - 1
    for content in texts:
        if content.strip(BLANK):
            decoded.odd.append(OddLine(place, content, decode_line(content, limits.max_depth)))
        else:
            decoded.blank += 1
