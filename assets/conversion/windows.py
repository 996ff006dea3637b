"""Looking at many places of a text at once: numpy reads a window at each of them, and no object is made for any.

A place may be anywhere, even outside the text. What is looked for, and why, is `pattern_rows.py`'s business.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from assets.conversion.lines import Integers

Flags = npt.NDArray[np.bool_]

_WORD: Final = 8
_NEAR: Final = 32
_FAR: Final = (256, 1024)


class Windows:
    """A text, and what stands at places in it.

    Args:
        content: The text.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content

    def equal(self, places: Integers, run: bytes) -> Flags:
        """Tell of each place whether a run of bytes begins there."""
        count = -(-len(run) // _WORD)
        windows, inside = self._at(places, count * _WORD)
        if windows is None:
            return np.array([place >= 0 and self._content.startswith(run, place) for place in places.tolist()], bool)
        words = windows.view(np.uint64).reshape(-1, count)
        expected = np.frombuffer(run.ljust(count * _WORD, b"\0"), np.uint64)
        mask = np.frombuffer((b"\xff" * len(run)).ljust(count * _WORD, b"\0"), np.uint64)
        equal: Flags = words[:, -1] & mask[-1] == expected[-1]
        for column in range(count - 1):
            equal &= words[:, column] == expected[column]
        if inside is not places:
            for index in np.flatnonzero(inside != places).tolist():
                place = int(places[index])
                equal[index] = place >= 0 and self._content.startswith(run, place)
        return equal

    def first(self, byte: int, starts: Integers, stops: Integers, *, far: bool = False) -> Integers:
        """Return where a byte stands first in each of some spans, or else a place that is not before the span's stop.

        Args:
            byte: What to look for.
            starts: Where the spans begin.
            stops: Where they end.
            far: Whether most spans are longer than a few bytes.
        """
        found = np.empty(len(starts), np.int64)
        waiting: Any = slice(None)
        remaining = np.arange(len(starts))
        for width in _FAR if far else (_NEAR,):
            places = starts[waiting]
            windows, inside = self._at(places, width)
            if windows is None:
                break
            hits = windows.view(np.uint8).reshape(-1, width) == byte
            offsets = _first_of_near(hits, "little") if width == _NEAR else _first_of_far(hits)
            found[waiting] = inside + offsets
            missed = offsets == width
            if inside is not places:
                missed |= inside != places
            waiting = remaining = remaining[missed]
        for index in remaining.tolist():
            place = self._content.find(byte, max(starts[index], 0), max(stops[index], 0))
            found[index] = place if place >= 0 else max(starts[index], stops[index])
        return found

    def after_last(self, byte: int, starts: Integers, stops: Integers) -> Integers:
        """Return where a byte stands last in each of some spans, plus 1; or else a place not after the span's start."""
        places = stops - _NEAR
        windows, inside = self._at(places, _NEAR)
        found = np.empty(len(starts), np.int64)
        remaining = np.arange(len(starts))
        if windows is not None:
            found = stops - _first_of_near(windows.view(np.uint8).reshape(-1, _NEAR) == byte, "big")
            missed = found == places
            if inside is not places:
                missed |= inside != places
            remaining = np.flatnonzero(missed)
        for index in remaining.tolist():
            place = self._content.rfind(byte, max(starts[index], 0), max(stops[index], 0))
            found[index] = place + 1 if place >= 0 else min(starts[index], stops[index])
        return found

    def digits(self, places: Integers, count: int) -> npt.NDArray[np.uint8]:
        """Return the digits that stand at each place, so many in a row; what is above 9 is none."""
        windows, inside = self._at(places, count)
        if windows is None or inside is not places:
            return np.full((len(places), count), 255, np.uint8)
        digits: npt.NDArray[np.uint8] = windows.view(np.uint8).reshape(-1, count) - np.uint8(ord("0"))
        return digits

    def _at(self, places: Integers, width: int) -> tuple[Any, Integers]:
        """Return so many bytes from each place, and where they are: elsewhere if they are not all inside the text."""
        last = len(self._content) - width
        if last < 0 or not len(places):
            return None, places
        inside = places
        if places.min() < 0 or places.max() > last:
            inside = np.minimum(np.maximum(places, 0), last)
        return np.ndarray((last + 1,), f"S{width}", buffer=self._content, strides=(1,))[inside], inside


def _first_of_near(hits: Flags, order: Literal["little", "big"]) -> Integers:
    """Return which column has each row's first hit, from the left (little) or the right (big); the width if none has.

    A row's hits become the bits of one number, of which the zeros below the lowest bit are counted.
    """
    bits = np.packbits(hits, bitorder=order).view("<u4" if order == "little" else ">u4")
    columns: Integers = np.bitwise_count(~bits & (bits - 1)).astype(np.int64)
    return columns


def _first_of_far(hits: Flags) -> Integers:
    """Return which column has each row's first hit, from the left; the width if none has."""
    columns: Integers = hits.argmax(axis=1)
    columns[(columns == 0) & ~hits[:, 0]] = hits.shape[1]
    return columns
