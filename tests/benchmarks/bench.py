"""What every question works with: the generated files, how often to run, and results that several questions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from resources.hours.hour import Hour
from tests.benchmarks.generator import FileOrder, generated
from tests.benchmarks.measure import REPOSITORY, Job, Plan, Result, interleaved, job_of, measure

FOLDER: Final = REPOSITORY / ".bench"
GIANT_HOUR: Final = Hour.from_key("2026112012")
FIRST_HOUR: Final = Hour.from_key("2026112100")

FULL_LINES: Final = 2_000_000
FULL_RUNS: Final = 5

ALONE: Final[dict[str, Any]] = {"threaded": True}
"""Options of `convert_revisions` when it has both cores."""

SIDE_BY_SIDE: Final[dict[str, Any]] = {"threaded": False}
"""Options of `convert_revisions` when another process converts on the other core."""

_CORES_FOR_GENERATING = 2


@dataclass(slots=True)
class Bench:
    """One run of the benchmarks.

    Attributes:
        lines: How many lines the giant hour has; the other files keep their proportion to it.
        runs: How often each contender runs.
        say: Tells progress.
    """

    lines: int
    runs: int
    say: Callable[[str], None]
    _results: dict[str, dict[str, Result]] = field(default_factory=dict)
    _converted: dict[Path, Path] = field(default_factory=dict)

    def scaled(self, lines_in_full: int) -> int:
        """Return how many lines a file has in this run that has so many in a full one."""
        return max(200, lines_in_full * self.lines // FULL_LINES)

    def giant_hour(self) -> Path:
        """Return the one large hour."""
        return self.files([FileOrder(self.lines, GIANT_HOUR)])[0]

    def ordinary_hour(self) -> Path:
        """Return one hour of an ordinary day."""
        return self.files([FileOrder(self.scaled(150_000), FIRST_HOUR)])[0]

    def files(self, orders: Sequence[FileOrder]) -> list[Path]:
        """Return generated files, in the page cache: the disk is not what is measured."""
        if any(not (FOLDER / order.name).exists() for order in orders):
            self.say(f"  generating {len(orders)} file(s) of {orders[0].lines:,} lines")
            # In processes of their own: the memory of this one would count for those it measures.
            with ProcessPoolExecutor(_CORES_FOR_GENERATING, get_context("spawn")) as pool:
                list(pool.map(partial(generated, folder=FOLDER), orders))
        paths = [FOLDER / order.name for order in orders]
        for path in paths:
            with path.open("rb") as file:
                while file.read(1 << 20):
                    pass
        return paths

    def results(self, name: str, plans: Mapping[str, Plan], runs: int | None = None) -> dict[str, Result]:
        """Run plans interleaved, or return what they gave when another question asked before."""
        if name not in self._results:
            self._results[name] = interleaved(plans, runs or self.runs, self.say)
        return self._results[name]

    def converted(self, raw: Path) -> Path:
        """Return this project's Parquet file of a raw file, made once in each run."""
        if raw not in self._converted:
            path = FOLDER / raw.name.replace(".jsonl.gz", ".converted.parquet")
            measure([job_of("ours", raw, **ALONE)], keep=path)
            self._converted[raw] = path
        return self._converted[raw]


def plan(*jobs: Job) -> Plan:
    """Return a plan of processes side by side."""
    return partial(measure, jobs)
