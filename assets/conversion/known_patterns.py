"""The patterns that a conversion has learned from the lines it has seen: a few, since each costs time in every block.

What a pattern is, and how one line teaches it, is `pattern.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from assets.conversion.pattern import Beginning, Pattern, pattern_of

SAMPLE_LINES: Final = 64
"""So many lines of a block are looked at to learn from it."""

_FEWEST_OF_A_SAMPLE: Final = 1 / 32
_MOST_PATTERNS: Final = 8
_MOST_BEGINNINGS: Final = 8
_MOST_LINES_PARSED: Final = 24
_TYPE_OF_A_TEXT: Final = b'"txt"'


class KnownPatterns:
    """What is known so far."""

    def __init__(self) -> None:
        self._known: dict[Pattern, tuple[Beginning, ...]] = {}
        self._blocks = 0

    @property
    def known(self) -> Mapping[Pattern, tuple[Beginning, ...]]:
        """The patterns and, for each, how its lines begin; the most frequent first."""
        return self._known

    def is_time_to_learn(self) -> bool:
        """Tell of each block, in turn, whether to learn from it: from the first, second, fourth, eighth and so on."""
        self._blocks += 1
        return self._blocks & (self._blocks - 1) == 0

    def learn(self, lines: Sequence[bytes]) -> None:
        """Learn from some lines, and forget what hardly any of them is an example of.

        Args:
            lines: From all over a block.
        """
        candidates = [(beginning, pattern) for pattern, some in self._known.items() for beginning in some]
        examples: Counter[tuple[Beginning, Pattern]] = Counter()
        parsed = 0
        for line in lines:
            found = next((candidate for candidate in candidates if _may_be_of(line, *candidate)), None)
            if found is None and parsed < _MOST_LINES_PARSED and _TYPE_OF_A_TEXT in line:
                parsed += 1
                found = pattern_of(line)
                candidates += [found] if found else []
            if found:
                examples[found] += 1
        self._known = _most_frequent(examples, len(lines) * _FEWEST_OF_A_SAMPLE)


def _most_frequent(examples: Counter[tuple[Beginning, Pattern]], fewest: float) -> dict[Pattern, tuple[Beginning, ...]]:
    totals: Counter[Pattern] = Counter()
    beginnings: dict[Pattern, list[Beginning]] = {}
    for (beginning, pattern), count in examples.most_common():
        totals[pattern] += count
        beginnings.setdefault(pattern, []).append(beginning)
    frequent = [pattern for pattern, total in totals.most_common(_MOST_PATTERNS) if total >= fewest]
    return {pattern: tuple(beginnings[pattern][:_MOST_BEGINNINGS]) for pattern in frequent}


def _may_be_of(line: bytes, beginning: Beginning, pattern: Pattern) -> bool:
    """Tell whether all runs of a pattern are on a line, in order: hardly one of which that is true is of another."""
    if not line.startswith(beginning.run):
        return False
    place = len(beginning.run)
    for run in pattern.runs:
        place = line.find(run, place)
        if place < 0:
            return False
        place += len(run)
    return True
