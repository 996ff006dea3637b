"""The figures of a whole sweep as Markdown: `docs/reliability.md` has them as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.crash.stage import Figures

EACH_STEP: Final = "each step"
EACH_CALL: Final = "each system call that writes"
_HEAD: Final = ("errand", "killed at", "points", "died", "temporary folders left, then removed", "violations")


@dataclass(frozen=True)
class Swept:
    """One errand's sweep.

    Attributes:
        errand: Its name.
        where: At what its victims were killed: `EACH_STEP` or `EACH_CALL`.
        figures: What was found.
    """

    errand: str
    where: str
    figures: Figures


def as_markdown(sweeps: Sequence[Swept], calls: Mapping[str, int], why_no_calls: str) -> str:
    """Return the table of all sweeps, and which system calls there were.

    Args:
        sweeps: A row each.
        calls: How many of each name, over all errands.
        why_no_calls: Why there are none; nothing if there are.
    """
    rows = [_HEAD, ("---", "---", *["---:"] * (len(_HEAD) - 2)), *map(_row, sweeps)]
    by_name = "System calls: " + ", ".join(f"{call} {number}" for call, number in sorted(calls.items()))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{table}\n\n{f'No system calls: {why_no_calls}' if why_no_calls else by_name}."


def _row(swept: Swept) -> tuple[str, ...]:
    figures = swept.figures
    numbers = (figures.points, figures.killed, figures.left, len(figures.violations))
    return swept.errand, swept.where, *map(str, numbers)
