"""An ordinary day, as an archive meets it: 24 hours of about 150,000 messages, on two cores."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import FIRST_HOUR, SIDE_BY_SIDE, Bench, plan
from tests.benchmarks.generator import FileOrder
from tests.benchmarks.measure import job_of
from tests.benchmarks.tables import Answer, Goal, results_table, wall

NAME: Final = "day"

_HOURS = 24
_LINES_IN_AN_HOUR = 150_000


def ask(bench: Bench) -> Answer:
    """Convert the day with two processes side by side, or with two threads in one process."""
    lines = bench.scaled(_LINES_IN_AN_HOUR)
    hours = bench.files([FileOrder(lines, FIRST_HOUR.plus(number), seed=number + 1) for number in range(_HOURS)])
    one, other = hours[::2], hours[1::2]
    results = bench.results(
        NAME,
        {
            "this project, two hours at a time": plan(
                job_of("ours", *one, **SIDE_BY_SIDE), job_of("ours", *other, **SIDE_BY_SIDE)
            ),
            "DuckDB, two hours at a time": plan(
                job_of("duckdb_sql", *one, threads=1), job_of("duckdb_sql", *other, threads=1)
            ),
            "DuckDB, two threads": plan(job_of("duckdb_sql", *hours, threads=2)),
            "chDB, two hours at a time": plan(
                job_of("chdb_sql", *one, threads=1), job_of("chdb_sql", *other, threads=1)
            ),
            "chDB, two threads": plan(job_of("chdb_sql", *hours, threads=2)),
        },
    )
    ours = wall(results["this project, two hours at a time"])
    duckdb = min(wall(results["DuckDB, two hours at a time"]), wall(results["DuckDB, two threads"]))
    chdb = min(wall(results["chDB, two hours at a time"]), wall(results["chDB, two threads"]))
    goals = [
        Goal("a day, as fast as the better DuckDB", 1.25, duckdb / ours, least=True),
        Goal("a day, as fast as the better chDB", 1.1, chdb / ours, least=True),
    ]
    return Answer(NAME, [results_table(results)], goals)
