"""One giant hour: two million messages in one file. Other questions look at the same runs from other sides."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import ALONE, Bench, plan
from tests.benchmarks.measure import Result, job_of
from tests.benchmarks.tables import Answer, Goal, results_table, wall

NAME: Final = "giant_hour"

OURS: Final = "this project"
DUCKDB: Final = "DuckDB"
DUCKDB_LIMITED: Final = "DuckDB, memory limit 1 GB"
CHDB: Final = "chDB"
FLOOR: Final = "floor, one step after another"


def giant_hour_results(bench: Bench) -> dict[str, Result]:
    """Return every contender's runs on the giant hour, measured once for all questions."""
    raw = bench.giant_hour()
    written = str(bench.converted(raw))
    return bench.results(
        NAME,
        {
            OURS: plan(job_of("ours", raw, **ALONE)),
            DUCKDB: plan(job_of("duckdb_sql", raw)),
            "DuckDB, not sorted": plan(job_of("duckdb_sql", raw, in_order=False)),
            DUCKDB_LIMITED: plan(job_of("duckdb_sql", raw, memory_limit="1GB")),
            CHDB: plan(job_of("chdb_sql", raw)),
            "Polars": plan(job_of("polars_frames", raw)),
            "plain loop": plan(job_of("plain_loop", raw)),
            FLOOR: plan(job_of("floor", raw, written=written)),
        },
    )


def ask(bench: Bench) -> Answer:
    """Convert the giant hour with everybody."""
    results = giant_hour_results(bench)
    shown = {name: result for name, result in results.items() if name != FLOOR}
    ratio = wall(results[DUCKDB]) / wall(results[OURS])
    goals = [
        Goal("a giant hour, as fast as DuckDB", 1.0, ratio, least=True),
        Goal("the same, as one would like it", 1.25, ratio, least=True),
    ]
    return Answer(NAME, [results_table(shown)], goals)
