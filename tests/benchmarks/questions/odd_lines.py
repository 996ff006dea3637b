"""What lines out of the ordinary cost: the same hour with 1 % odd lines and 0.1 % that are no messages."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import ALONE, FIRST_HOUR, SIDE_BY_SIDE, Bench, plan
from tests.benchmarks.generator import FileOrder
from tests.benchmarks.measure import job_of
from tests.benchmarks.tables import Answer, Goal, results_table, wall

NAME: Final = "odd_lines"

_LINES = 500_000


def ask(bench: Bench) -> Answer:
    """Convert the same hour clean and with odd lines."""
    lines = bench.scaled(_LINES)
    clean, odd = bench.files([FileOrder(lines, FIRST_HOUR), FileOrder(lines, FIRST_HOUR, odd=True)])
    results = bench.results(
        NAME,
        {
            "clean": plan(job_of("ours", clean, **ALONE)),
            "with odd lines": plan(job_of("ours", odd, **ALONE)),
            "clean, two hours at a time": plan(*[job_of("ours", clean, **SIDE_BY_SIDE)] * 2),
            "with odd lines, two hours at a time": plan(*[job_of("ours", odd, **SIDE_BY_SIDE)] * 2),
        },
    )
    side_by_side = wall(results["with odd lines, two hours at a time"]) / wall(results["clean, two hours at a time"])
    goals = [
        Goal(
            "an hour with odd lines, to the clean one", 1.15, wall(results["with odd lines"]) / wall(results["clean"])
        ),
        Goal("the same, two hours at a time", 1.15, side_by_side),
    ]
    return Answer(NAME, [results_table(results)], goals)
