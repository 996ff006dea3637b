"""How much memory the giant hour takes, and whether four times the messages take more."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import ALONE, FULL_LINES, GIANT_HOUR, Bench, plan
from tests.benchmarks.generator import FileOrder
from tests.benchmarks.measure import job_of
from tests.benchmarks.questions.giant_hour import DUCKDB, DUCKDB_LIMITED, OURS, giant_hour_results
from tests.benchmarks.tables import Answer, Goal, peak, results_table

NAME: Final = "memory"

_TIMES_LARGER = 4
_RUNS = 3


def ask(bench: Bench) -> Answer:
    """Compare peaks on the giant hour, and on one four times as large."""
    giant = giant_hour_results(bench)
    [raw] = bench.files([FileOrder(bench.scaled(_TIMES_LARGER * FULL_LINES), GIANT_HOUR)])
    larger = bench.results(
        NAME,
        {OURS: plan(job_of("ours", raw, **ALONE)), DUCKDB: plan(job_of("duckdb_sql", raw))},
        min(_RUNS, bench.runs),
    )
    ours = peak(giant[OURS])
    goals = [
        Goal("peak on the giant hour", 600, ours / 1e6, unit=" MB", decimals=0),
        Goal("four times the messages, to that", 1.4, peak(larger[OURS]) / ours),
        Goal("peak on the giant hour, to DuckDB's", 0.35, ours / peak(giant[DUCKDB])),
    ]
    tables = [
        results_table({name: giant[name] for name in (OURS, DUCKDB, DUCKDB_LIMITED)}, "The giant hour"),
        results_table(larger, "Four times the messages"),
    ]
    return Answer(NAME, tables, goals)
