"""Hours of few messages, many of them in one process: what a conversion costs before the first message."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import FIRST_HOUR, Bench, plan
from tests.benchmarks.generator import FileOrder
from tests.benchmarks.measure import Measurement, Result, job_of
from tests.benchmarks.tables import Answer, Goal, Table

NAME: Final = "small_hours"

_CALLS = {200: 101, 20_000: 11}
_CONTENDERS = {"this project": "ours", "DuckDB": "duckdb_sql", "plain loop": "plain_loop"}


def ask(bench: Bench) -> Answer:
    """Convert a small hour again and again in a process that has its imports behind it."""
    rows, goals = [], []
    for lines, calls in _CALLS.items():
        [raw] = bench.files([FileOrder(lines, FIRST_HOUR)])
        plans = {name: plan(job_of(module, raw, calls=calls)) for name, module in _CONTENDERS.items()}
        results = bench.results(f"{NAME} of {lines}", plans)
        rows += [(f"{lines:,}", name, _in_words(result)) for name, result in results.items()]
        ratio = results["this project"].median(_seconds) / results["plain loop"].median(_seconds)
        goals.append(Goal(f"an hour of {lines:,} lines, to the plain loop", 1.2, ratio))
    return Answer(NAME, [Table(("lines", "contender", "ms a call"), rows)], goals)


def _in_words(result: Result) -> str:
    return result.failure or f"{result.median(_seconds) * 1000:,.2f}"


def _seconds(measurement: Measurement) -> float:
    return float(measurement.told["seconds"])
