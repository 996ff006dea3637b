"""`python -m tests.benchmarks.month`: asks the month in every layout, and writes docs/query-performance.md.

The questions are `queries.py`, the layouts `archive.py`, the words and tables of the page `report.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from tests.benchmarks.bench import plan
from tests.benchmarks.measure import PRODUCT_PYTHON, REPOSITORY, Job, Result, interleaved
from tests.benchmarks.month.archive import Month, month_of
from tests.benchmarks.month.report import Asked, Settings, page

FULL_LINES: Final = 5_000
FULL_DAY_LINES: Final = 150_000
FULL_RUNS: Final = 3
LATENCY_MS: Final = 20
LAYOUTS: Final = ("hourly", "daily", "duckdb")

_DOCUMENT: Final = REPOSITORY / "docs" / "query-performance.md"
_VALUES: Final = """
WITH ranked AS (SELECT {column} AS value, count(*) AS n FROM read_parquet($files) GROUP BY 1)
SELECT value FROM ranked ORDER BY n DESC, value LIMIT 1 OFFSET {offset}"""


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.month", description=__doc__)
    parser.add_argument("--lines", type=int, default=FULL_LINES, help="lines of each hour of the month")
    parser.add_argument("--day-lines", type=int, default=FULL_DAY_LINES, help="lines of each hour of the day compacted")
    parser.add_argument("--runs", type=int, default=FULL_RUNS, help="how often everything is asked")
    parser.add_argument("--only", choices=("local", "latency", "compaction"), help="a part of it")
    asked = parser.parse_args()
    results: dict[str, Asked] = {}
    _make(
        asked.lines if asked.only != "compaction" else 0, asked.day_lines if asked.only in {None, "compaction"} else 0
    )
    if asked.only != "compaction":
        month = month_of(asked.lines)
        if asked.only in {None, "local"}:
            results["local"] = _ask_everything(month, asked.runs, None)
        if asked.only in {None, "latency"}:
            with _slow_bucket(month.folder) as server:
                results["latency"] = _ask_everything(month, asked.runs, server)
    compaction: dict[str, Result] = {}
    if asked.only in {None, "compaction"}:
        _say("  compacting a day")
        arguments, module = ("{output}", str(asked.day_lines)), "tests.benchmarks.month.compaction_run"
        jobs = {
            "this project": Job(module, ("ours", *arguments), PRODUCT_PYTHON),
            "DuckDB, COPY (SELECT ... ORDER BY ...)": Job(module, ("duckdb", *arguments)),
        }
        compaction = interleaved({name: plan(job) for name, job in jobs.items()}, asked.runs, _say)
    text = page(Settings(asked.lines, asked.day_lines, asked.runs, datetime.now(UTC)), results, compaction)
    _say(f"\n{text}")
    full = asked.only is None and asked.lines >= FULL_LINES and asked.day_lines >= FULL_DAY_LINES
    if full and asked.runs >= FULL_RUNS:
        _DOCUMENT.write_text(text, encoding="utf-8")
        _say(f"Written: {_DOCUMENT.relative_to(REPOSITORY)}")


def _make(lines: int, day_lines: int) -> None:
    """Make the month and the day, in the project's own environment."""
    command = [str(PRODUCT_PYTHON), "-m", "tests.benchmarks.month.archive", str(lines), str(day_lines)]
    subprocess.run(command, cwd=REPOSITORY, check=True)  # noqa: S603 - our own command


def _ask_everything(month: Month, runs: int, server: str | None) -> Asked:
    """Ask all layouts in turn, then all again, each in a fresh process."""
    values = _values(month)
    asked: Asked = {layout: [] for layout in LAYOUTS}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        for run in range(runs):
            for layout in LAYOUTS:
                files = [_place(month, path, server) for path in month.files(layout)]
                order = Path(name) / f"{layout}.json"
                order.write_text(json.dumps({"files": files, "values": values}), encoding="utf-8")
                figures = _run("tests.benchmarks.month.queries", layout, str(order), *([server] if server else []))
                asked[layout].append(figures)
                seconds = sum(figure["seconds"] for figure in figures.values())
                _say(
                    f"  {run + 1}/{runs} {layout}{' with latency' if server else ''}: {seconds:.2f} s for all questions"
                )
    _check_agreement(asked)
    return asked


def _check_agreement(asked: Asked) -> None:
    answers = {layout: {name: figure["answer"] for name, figure in runs[0].items()} for layout, runs in asked.items()}
    if len({json.dumps(answer) for answer in answers.values()}) != 1:
        raise SystemExit(f"The layouts do not answer alike: {answers}")


def _place(month: Month, path: Path, server: str | None) -> str:
    return f"s3://bench/{path.relative_to(month.folder)}" if server else str(path)


def _values(month: Month) -> dict[str, str]:
    """Choose a user, a conversation and a message that are neither the busiest nor rare."""
    files = [str(path) for path in month.files("daily")]
    with duckdb.connect() as connection:

        def one(column: str, offset: int) -> str:
            query = _VALUES.format(column=column, offset=offset)
            ((value,),) = connection.execute(query, {"files": files}).fetchall()
            return str(value)

        return {
            "user": one("sender", 100),
            "conversation": one("conversation_id", 500),
            "msg_id": one("msg_id", 100_000),
            "day": "2026-10-15",
        }


def _run(module: str, *arguments: str) -> dict[str, Any]:
    command = [str(PRODUCT_PYTHON), "-m", module, *arguments]
    printed = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - ours
    figures: dict[str, Any] = json.loads(printed)
    return figures


@contextmanager
def _slow_bucket(folder: Path) -> Iterator[str]:
    command = [str(PRODUCT_PYTHON), "-m", "tests.benchmarks.month.slow_bucket", str(folder), str(LATENCY_MS)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
