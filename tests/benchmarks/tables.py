"""What a question answers with: tables and goals, and how they look as text. Nothing here measures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.measure import Measurement, Result


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        head: The names of its columns.
        rows: As many texts in each row.
        title: What stands above it, if several tables belong to a question.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""

    def text(self) -> str:
        """Return it as Markdown, its columns in line."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [self.head, ["-" * width for width in widths], *self.rows]
        written = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in lines
        ]
        return "\n".join([f"**{self.title}**\n"] * bool(self.title) + written)


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure that was wished for, and the one that was reached.

    Attributes:
        subject: What is compared, in words.
        bound: The figure that was wished for.
        reached: The figure that was measured; not a number when it could not be.
        least: Whether the bound is the least that is wanted, else it is the most.
        unit: What stands after both figures.
        decimals: How many of them are shown.
    """

    subject: str
    bound: float
    reached: float
    least: bool = False
    unit: str = "x"
    decimals: int = 2

    def row(self) -> tuple[str, str, str, str]:
        """Return it as a row of a table."""
        sign = "at least" if self.least else "at most"
        kept = self.reached >= self.bound if self.least else self.reached <= self.bound
        unknown = math.isnan(self.reached)
        return (
            self.subject,
            f"{sign} {self.bound:,.{self.decimals}f}{self.unit}",
            "not measured" if unknown else f"{self.reached:,.{self.decimals}f}{self.unit}",
            "-" if unknown else "yes" if kept else "no",
        )


def goals_table(goals: Iterable[Goal]) -> Table:
    """Return goals as a table."""
    return Table(("what", "goal", "reached", "kept"), [goal.row() for goal in goals])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found.

    Attributes:
        question: The module's name, by which `report.py` finds the words around the tables.
        tables: The figures.
        goals: What was wished for.
    """

    question: str
    tables: Sequence[Table] = ()
    goals: Sequence[Goal] = field(default=())

    def all_tables(self) -> list[Table]:
        """Return the tables, the goals last."""
        return [*self.tables, *([goals_table(self.goals)] if self.goals else [])]


def results_table(results: Mapping[str, Result], title: str = "") -> Table:
    """Return the medians of each contender, one in a row."""
    head = ("contender", "wall s", "CPU s", "peak MB", "peak MB, sum", "Parquet MB", "rows", "runs")
    return Table(head, [_row(name, result) for name, result in results.items()], title)


def _row(name: str, result: Result) -> tuple[str, ...]:
    if result.failure:
        return (name, result.failure, *[""] * 6)
    return (
        name,
        f"{result.median(_wall):.2f}",
        f"{result.median(_cpu):.2f}",
        f"{result.median(_peak) / 1e6:,.0f}",
        f"{result.median(_peak_sum) / 1e6:,.0f}",
        f"{result.median(_size) / 1e6:,.1f}",
        f"{result.median(_rows):,.0f}",
        str(len(result.runs)),
    )


def wall(result: Result) -> float:
    """Return the median seconds."""
    return result.median(_wall)


def cpu(result: Result) -> float:
    """Return the median seconds of CPU."""
    return result.median(_cpu)


def peak(result: Result) -> float:
    """Return the median of the largest process's peak, in bytes."""
    return result.median(_peak)


def _wall(measurement: Measurement) -> float:
    return measurement.wall


def _cpu(measurement: Measurement) -> float:
    return measurement.cpu


def _peak(measurement: Measurement) -> float:
    return measurement.peak


def _peak_sum(measurement: Measurement) -> float:
    return measurement.peak_sum


def _size(measurement: Measurement) -> float:
    return measurement.size


def _rows(measurement: Measurement) -> float:
    return measurement.rows
