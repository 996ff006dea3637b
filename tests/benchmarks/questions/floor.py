"""How far the conversion is from the least that it has to do; see `contenders/floor.py`."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import Bench
from tests.benchmarks.questions.giant_hour import FLOOR, OURS, giant_hour_results
from tests.benchmarks.tables import Answer, Goal, Table, cpu, wall

NAME: Final = "floor"

_STEPS = ("inflate", "parse", "write")
_CORES = 2


def ask(bench: Bench) -> Answer:
    """Hold the giant hour's conversion against the sum of its unavoidable steps."""
    results = giant_hour_results(bench)
    ours, floor = results[OURS], results[FLOOR]
    steps = {step: floor.median(lambda run, step=step: run.told[step]) for step in _STEPS}  # type: ignore[misc]
    least = sum(steps.values())
    rows = [(step, f"{seconds:.2f}") for step, seconds in steps.items()]
    rows += [
        ("all three: the floor", f"{least:.2f}"),
        ("the floor on two cores", f"{least / _CORES:.2f}"),
        ("this project, CPU", f"{cpu(ours):.2f}"),
        ("this project, wall", f"{wall(ours):.2f}"),
    ]
    goals = [
        Goal("wall, to the floor's CPU seconds", 2.5, wall(ours) / least),
        Goal("CPU, to the floor's CPU seconds", 2.5, cpu(ours) / least),
        Goal("wall, to the floor on two cores", 2.5, wall(ours) / (least / _CORES)),
    ]
    return Answer(NAME, [Table(("step", "s"), rows)], goals)
