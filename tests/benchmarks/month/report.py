"""The page about queries: its words, tables and goals. Nothing here measures."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tests.benchmarks.machine import machine_table
from tests.benchmarks.measure import Result
from tests.benchmarks.tables import Goal, Table, goals_table, results_table, wall

Asked = dict[str, list[dict[str, dict[str, Any]]]]
"""By layout: the figures of each run, by question."""

_LOCAL_GOALS: Final = {
    "one user's day": 1.5,
    "one user's month": 1.5,
    "one thread, month": 3.0,
    "one msg_id, month": 3.0,
    "counts, day": 1.3,
    "counts, month": 1.3,
    "text search, day": 1.0,
    "text search, month": 1.0,
}
_SELECTIVE: Final = ("one user's day", "one user's month", "one thread, month", "one msg_id, month")

_OPENING: Final = """\
# How fast the archive answers

Written by `make bench-month` on {date:%Y-%m-%d}, never by hand. A generated month of one app: 720 hours of {lines:,}
lines, asked with DuckDB on two threads, each question on a new connection with nothing cached. `hourly` are the 720
objects that conversion writes, `daily` the 30 that compaction makes of them, `duckdb` the same rows as DuckDB's plain
`COPY ... PARTITION_BY (app, date)` writes them. Bytes are what the engine asked for, requests what it sent; all figures
are medians of {runs} runs, in which the layouts took turns.

Counts are by the columns `date` and `hour`, which cost next to nothing: truncating every timestamp takes DuckDB several
times as long as reading it, in every layout alike. A user's messages are those the user sent.
"""

_LATENCY: Final = """\
## With 20 ms added to every request

What a bucket costs. A small server on loopback stands for S3; the same for everybody."""

_COMPACTION: Final = """\
## Compacting a day

24 hours of {day_lines:,} lines become one object. This project also removes what hours repeat, and writes page index
and bloom filters; its memory is bounded to half a gigabyte for sorting, DuckDB's is not."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was measured.

    Attributes:
        lines: Of each hour of the month.
        day_lines: Of each hour of the day that was compacted.
        runs: How often.
        date: When.
    """

    lines: int
    day_lines: int
    runs: int
    date: datetime


def page(settings: Settings, results: Mapping[str, Asked], compaction: Mapping[str, Result]) -> str:
    """Return the page."""
    parts = [_OPENING.format(date=settings.date, lines=settings.lines, runs=settings.runs), machine_table().text()]
    goals = [*_goals(results), *_compaction_goals(compaction)]
    parts += ["## All goals", goals_table(goals).text()]
    if "local" in results:
        parts += ["## On a local disk", _table(results["local"]).text()]
    if "latency" in results:
        parts += [_LATENCY, _table(results["latency"]).text()]
    if compaction:
        parts += [_COMPACTION.format(day_lines=settings.day_lines), results_table(compaction).text()]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _median(asked: Asked, layout: str, query: str, figure: str) -> float:
    return float(statistics.median(run[query][figure] for run in asked[layout]))


def _table(asked: Asked) -> Table:
    head = ["question, ms / MB / requests", *asked, "hourly : daily", "duckdb : daily"]
    rows = []
    for query in next(iter(asked.values()))[0]:
        seconds = {layout: _median(asked, layout, query, "seconds") for layout in asked}
        cells = [
            f"{seconds[layout] * 1000:,.0f} / {_median(asked, layout, query, 'bytes') / 1e6:,.1f}"
            f" / {_median(asked, layout, query, 'requests'):,.0f}"
            for layout in asked
        ]
        ratios = [f"{seconds[other] / seconds['daily']:.1f}x" for other in ("hourly", "duckdb")]
        rows.append([query, *cells, *ratios])
    return Table(head, rows)


def _goals(results: Mapping[str, Asked]) -> Iterator[Goal]:
    for place, asked in results.items():
        for query, bound in _LOCAL_GOALS.items():
            ratio = _median(asked, "hourly", query, "seconds") / _median(asked, "daily", query, "seconds")
            if place == "local":
                yield Goal(f"local disk, {query}, hourly to daily", bound, ratio, least=True)
            elif query.endswith("month"):
                yield Goal(f"20 ms a request, {query}, hourly to daily", 5.0, ratio, least=True)
        for query in _LOCAL_GOALS:
            ratio = _median(asked, "duckdb", query, "seconds") / _median(asked, "daily", query, "seconds")
            bound = 2.0 if query in _SELECTIVE else 1.0
            where = "local disk" if place == "local" else "20 ms a request"
            yield Goal(f"{where}, {query}, DuckDB's COPY to daily", bound, ratio, least=True)


def _compaction_goals(compaction: Mapping[str, Result]) -> Iterator[Goal]:
    if compaction:
        ours, theirs = compaction.values()
        yield Goal("compacting a day, to DuckDB's COPY ... ORDER BY", 1.3, wall(ours) / wall(theirs))
