"""The lines of a pattern, found in a block: where on them every run of the pattern stands, and where its holes are.

Holes are found from the line's beginning up to `ext`, and from its end back to it. Byte for byte each run is as it
should be, and in order; whether the holes hold what they may hold is `pattern_rows.py`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from assets.conversion.ext_texts import EMPTY_OBJECT
from assets.conversion.lines import Block, Integers
from assets.conversion.pattern import TIMESTAMP_DIGITS, Beginning, Hole, Pattern
from assets.conversion.windows import Flags, Windows

_QUOTE: Final = ord('"')

_TWINS: Final = {
    Hole.SENDER: Hole.OUTER_SENDER,
    Hole.OUTER_SENDER: Hole.SENDER,
    Hole.RECIPIENT: Hole.OUTER_RECIPIENT,
    Hole.OUTER_RECIPIENT: Hole.RECIPIENT,
}
"""Which holes hold the same, so the second of them is as long as the first."""


@dataclass(slots=True)
class CutLines:
    """Lines that are of patterns, as far as has been looked.

    Attributes:
        beginnings: How they begin.
        numbers: Which of the beginnings each line has; those of one beginning stand together.
        places: Which lines of the block they are.
        starts: Where each line begins.
        stops: Where it ends.
        holes: Where its holes begin and end; both 0 for a hole that it has not.
    """

    beginnings: tuple[Beginning, ...]
    numbers: Integers
    places: Integers
    starts: Integers
    stops: Integers
    holes: dict[Hole, tuple[Integers, Integers]]

    def only(self, good: Flags) -> CutLines:
        """Return those lines."""
        holes = {hole: (starts[good], stops[good]) for hole, (starts, stops) in self.holes.items()}
        return CutLines(
            self.beginnings, self.numbers[good], self.places[good], self.starts[good], self.stops[good], holes
        )


class PatternBlock:
    """A block of lines, looked through for those of patterns.

    Args:
        block: The lines.
    """

    def __init__(self, block: Block) -> None:
        self._windows = Windows(block.content)
        self._starts = block.starts
        self._stops = block.stops
        self._free = np.zeros(block.count, bool)
        if _is_utf8(block.content):
            self._free[:] = True
            self._free[np.searchsorted(block.feeds, list(_backslashes(block.content)))] = False

    def cut(self, known: Mapping[Pattern, tuple[Beginning, ...]]) -> CutLines:
        """Find the lines of some patterns, at least one."""
        return _joined([self._cut(pattern, beginnings) for pattern, beginnings in known.items()])

    def _cut(self, pattern: Pattern, beginnings: tuple[Beginning, ...]) -> CutLines:
        """Find the lines of a pattern; none of them is found again."""
        lines = self._cut_forwards(self._with_beginnings(beginnings, sum(map(len, pattern.runs))), pattern)
        if Hole.EXT in pattern.holes:
            lines = self._cut_backwards(lines, pattern)
        self._free[lines.places] = False
        return lines

    def _with_beginnings(self, beginnings: tuple[Beginning, ...], more: int) -> CutLines:
        """Find the lines that begin so and have more bytes; of many short lines each window would be far longer."""
        found = []
        free = np.flatnonzero(self._free & (self._stops - self._starts > more))
        for beginning in beginnings:
            is_so = self._windows.equal(self._starts[free], beginning.run)
            found.append(free[is_so])
            free = free[~is_so]
        places = np.concatenate(found)
        numbers = np.repeat(np.arange(len(beginnings)), [len(some) for some in found])
        return CutLines(beginnings, numbers, places, self._starts[places], self._stops[places], {})

    def _cut_forwards(self, lines: CutLines, pattern: Pattern) -> CutLines:
        """Find the holes up to `ext`, of that only where it begins; or all up to the line's end."""
        lengths = np.array([len(beginning.run) for beginning in lines.beginnings])
        starts = lines.starts + lengths[lines.numbers]
        for hole, run in zip(pattern.holes, pattern.runs, strict=True):
            if hole is Hole.EXT:
                lines.holes[hole] = (starts, lines.stops)
                return lines
            if (length := _length_of(hole, lines)) is not None:
                stops = starts + length
            else:
                stops = self._windows.first(_QUOTE, starts, lines.stops, far=hole is Hole.TEXT)
            lines.holes[hole] = (starts, stops)
            starts = stops + len(run)
            good = self._windows.equal(stops, run)
            if not good.all():
                lines, starts = lines.only(good), starts[good]
        return lines.only(starts == lines.stops)

    def _cut_backwards(self, lines: CutLines, pattern: Pattern) -> CutLines:
        """Find the holes behind `ext`, the last one first, and where `ext` ends."""
        stops = lines.stops
        for hole, run in zip(reversed(pattern.holes), reversed(pattern.runs), strict=True):
            stops = stops - len(run)
            good = self._windows.equal(stops, run)
            if not good.all():
                lines, stops = lines.only(good), stops[good]
            if hole is Hole.EXT:
                break
            if (length := _length_of(hole, lines)) is not None:
                starts = stops - length
            else:
                starts = self._windows.after_last(_QUOTE, lines.starts, stops)
            lines.holes[hole] = (starts, stops)
            stops = starts
        starts, _ = lines.holes[Hole.EXT]
        lines.holes[Hole.EXT] = (starts, stops)
        # Only now is it certain that each place is on the line and none before the one it follows.
        in_order = stops - starts >= len(EMPTY_OBJECT)
        return lines if in_order.all() else lines.only(in_order)


def _joined(parts: Sequence[CutLines]) -> CutLines:
    before = np.cumsum([0, *(len(part.beginnings) for part in parts)])
    holes = {}
    for hole in Hole:
        nowhere = [np.zeros(len(part.places), np.int64) for part in parts]
        spans = [part.holes.get(hole, (zeros, zeros)) for part, zeros in zip(parts, nowhere, strict=True)]
        holes[hole] = (np.concatenate([span[0] for span in spans]), np.concatenate([span[1] for span in spans]))
    return CutLines(
        tuple(beginning for part in parts for beginning in part.beginnings),
        np.concatenate([part.numbers + first for part, first in zip(parts, before[:-1], strict=True)]),
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.stops for part in parts]),
        holes,
    )


def _length_of(hole: Hole, lines: CutLines) -> int | Integers | None:
    if hole is Hole.TIMESTAMP:
        return TIMESTAMP_DIGITS
    if _TWINS.get(hole) in lines.holes:
        starts, stops = lines.holes[_TWINS[hole]]
        return stops - starts
    return None


def _is_utf8(content: bytes) -> bool:
    ends = pa.py_buffer(np.array([0, len(content)], np.int32).tobytes())
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(content)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _backslashes(content: bytes) -> Iterator[int]:
    """Yield where there is one, once for each line that has any."""
    place = content.find(b"\\")
    while place >= 0:
        yield place
        end = content.find(b"\n", place)
        place = content.find(b"\\", end) if end >= 0 else -1
