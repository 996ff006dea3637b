"""`python -m tests.benchmarks`: ask all questions or one, and print the answers. A full run writes the document."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from tests.benchmarks.agreement import LINES, check_agreement
from tests.benchmarks.bench import FULL_LINES, FULL_RUNS, GIANT_HOUR, Bench
from tests.benchmarks.generator import FileOrder
from tests.benchmarks.measure import REPOSITORY
from tests.benchmarks.questions import (
    day,
    dlt_hours,
    floor,
    giant_hour,
    layout,
    memory,
    odd_lines,
    small_hours,
    whole_path,
)
from tests.benchmarks.report import report, section
from tests.benchmarks.tables import Answer

QUESTIONS: Final[dict[str, Callable[[Bench], Answer]]] = {
    module.NAME: module.ask
    for module in (day, giant_hour, memory, floor, small_hours, odd_lines, whole_path, dlt_hours, layout)
}
_DOCUMENT = REPOSITORY / "docs" / "performance.md"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--lines", type=int, default=FULL_LINES, help="lines of the giant hour; other files follow")
    parser.add_argument("--runs", type=int, default=FULL_RUNS, help="how often each contender runs")
    parser.add_argument("--only", choices=tuple(QUESTIONS), help="ask one question")
    asked = parser.parse_args()
    bench = Bench(asked.lines, asked.runs, _say)
    check_agreement(bench.files([FileOrder(LINES, GIANT_HOUR)])[0])
    answers = []
    for name, ask in QUESTIONS.items():
        if asked.only in {None, name}:
            _say(f"{name}")
            answer = ask(bench)
            answers.append(answer)
            _say(f"\n{section(answer)}\n")
    if asked.only is None and asked.lines >= FULL_LINES and asked.runs >= FULL_RUNS:
        text = report(answers, lines=asked.lines, runs=asked.runs, date=datetime.now(UTC))
        _DOCUMENT.write_text(text, encoding="utf-8")
        _say(f"Written: {_DOCUMENT.relative_to(REPOSITORY)}")
    else:
        _say("This was not a full run, so docs/performance.md is as it was.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
