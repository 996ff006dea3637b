"""dlt, a loading library, on hours that it can do in a reasonable time. One run each; nothing is scaled up from it."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import ALONE, FIRST_HOUR, Bench, plan
from tests.benchmarks.generator import FileOrder
from tests.benchmarks.measure import job_of
from tests.benchmarks.tables import Answer, results_table

NAME: Final = "dlt_hours"

_LINES = (20_000, 150_000)


def ask(bench: Bench) -> Answer:
    """Convert two hours with dlt, and with this project beside it."""
    tables = []
    for lines in (bench.scaled(lines) for lines in _LINES):
        [raw] = bench.files([FileOrder(lines, FIRST_HOUR)])
        plans = {"dlt": plan(job_of("dlt_pipeline", raw)), "this project": plan(job_of("ours", raw, **ALONE))}
        tables.append(results_table(bench.results(f"{NAME} of {lines}", plans, runs=1), f"An hour of {lines:,} lines"))
    return Answer(NAME, tables)
