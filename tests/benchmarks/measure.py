"""Running one or more processes side by side, and measuring them from outside.

What is run is decided by the questions; how figures are shown, by `tables.py`.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tests.benchmarks.launcher import COMPLAINED, PRINTED

REPOSITORY: Final = Path(__file__).parents[2]
PRODUCT_PYTHON: Final = REPOSITORY / ".venv" / "bin" / "python"
OURS: Final = "ours"


@dataclass(frozen=True, slots=True)
class Job:
    """One process: a Python module with arguments.

    Attributes:
        module: Such as `tests.benchmarks.run_one`.
        arguments: Its command line. `{output}` stands for an empty folder that only this process writes to.
        python: The interpreter; this project runs in its own environment, without what its peers have installed.
    """

    module: str
    arguments: tuple[str, ...]
    python: Path = Path(sys.executable)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a plan took.

    Attributes:
        wall: Seconds from the start of its first process to the end of its last.
        cpu: Seconds in user and kernel mode, processes that they started included.
        peak: Bytes of memory of the largest process, at its worst moment.
        peak_sum: The same, added up over the processes that ran side by side.
        size: Bytes of Parquet written.
        rows: Rows in the Parquet files, as their footers say.
        told: What the first process told about itself.
    """

    wall: float
    cpu: float
    peak: float
    peak_sum: float
    size: float
    rows: int
    told: Mapping[str, Any] = field(default_factory=dict)


class Failed(Exception):
    """Raised when a measured process ends with an error. Its text is what the process said."""


def job_of(contender: str, *inputs: Path, calls: int = 1, **options: object) -> Job:
    """Return the job of a contender: a module of `contenders`, its raw files and its options."""
    paths = tuple(str(path) for path in inputs)
    further = ("--options", json.dumps(options), "--calls", str(calls))
    python = PRODUCT_PYTHON if contender == OURS else Path(sys.executable)
    return Job("tests.benchmarks.run_one", (contender, "{output}", *paths, *further), python)


def measure(jobs: Sequence[Job], keep: Path | None = None) -> Measurement:
    """Run processes side by side, each with an empty folder of its own to write to, which is removed afterwards.

    Args:
        jobs: One or more.
        keep: Where the first Parquet file is to be moved, for questions that look into it.

    Raises:
        Failed: A process ended with an error.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folders = [Path(name) / str(number) for number in range(len(jobs))]
        for folder in folders:
            folder.mkdir()
        launched = _launch(jobs, folders)
        usages = launched["usages"]
        for job, folder, usage in zip(jobs, folders, usages, strict=True):
            if usage["exit_code"]:
                complaint = _last_line(folder.with_suffix(COMPLAINED))
                raise Failed(f"{job.module} {job.arguments[0]} ended with {usage['exit_code']}: {complaint}")
        files = [path for folder in folders for path in folder.glob("*.parquet")]
        measurement = Measurement(
            wall=launched["wall"],
            cpu=sum(usage["cpu"] for usage in usages),
            peak=max(usage["peak"] for usage in usages),
            peak_sum=sum(usage["peak"] for usage in usages),
            size=sum(path.stat().st_size for path in files),
            rows=sum(pq.read_metadata(path).num_rows for path in files),
            told=json.loads(_last_line(folders[0].with_suffix(PRINTED))),
        )
        if keep is not None:
            shutil.move(files[0], keep)
    return measurement


def _launch(jobs: Sequence[Job], folders: Sequence[Path]) -> dict[str, Any]:
    commands = {
        str(folder): [
            str(job.python),
            "-m",
            job.module,
            *(argument.replace("{output}", str(folder)) for argument in job.arguments),
        ]
        for job, folder in zip(jobs, folders, strict=True)
    }
    launcher = [sys.executable, "-m", "tests.benchmarks.launcher", json.dumps(commands)]
    printed = subprocess.run(launcher, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - ours
    launched: dict[str, Any] = json.loads(printed)
    return launched


def _last_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "(nothing)"


@dataclass(frozen=True, slots=True)
class Result:
    """The measurements of one contender's runs, or why there are none."""

    runs: tuple[Measurement, ...] = ()
    failure: str = ""

    def median(self, figure: Callable[[Measurement], float]) -> float:
        """Return the median of a figure over the runs; not a number when there are none."""
        return statistics.median(map(figure, self.runs)) if self.runs else float("nan")


Plan = Callable[[], Measurement]


def interleaved(plans: Mapping[str, Plan], runs: int, say: Callable[[str], None]) -> dict[str, Result]:
    """Run all plans in turn, then all again, so that a slow minute of the machine falls on everybody.

    A plan that fails is not tried again.
    """
    taken: dict[str, list[Measurement]] = {name: [] for name in plans}
    failures: dict[str, str] = {}
    for run in range(runs):
        for name, plan in plans.items():
            if name in failures:
                continue
            try:
                measurement = plan()
            except Failed as failed:
                failures[name] = "failed"
                say(f"  {name}: {failed}")
                continue
            taken[name].append(measurement)
            say(
                f"  {run + 1}/{runs} {name}: {measurement.wall:.2f} s, {measurement.cpu:.2f} s CPU, "
                f"{measurement.peak / 1e6:.0f} MB, {measurement.rows:,} rows"
            )
    return {name: Result(tuple(taken[name]), failures.get(name, "")) for name in plans}
