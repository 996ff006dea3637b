"""`python -m tests.benchmarks.run_one CONTENDER OUTPUT_FOLDER INPUT...`: one contender at work, measured from outside.

It ends with one line of JSON: the seconds the conversion took within this process, and the contender's own figures.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the command line, convert, and tell the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run_one", description=__doc__)
    parser.add_argument("contender", help="a module of tests/benchmarks/contenders")
    parser.add_argument("output_folder", type=Path)
    parser.add_argument("inputs", type=Path, nargs="+")
    parser.add_argument("--options", type=json.loads, default={}, help="a JSON object, handed to the contender")
    parser.add_argument(
        "--calls",
        type=int,
        default=1,
        help="convert so often and tell the median; more than once only after a first call that is not counted",
    )
    asked = parser.parse_args()
    contender = importlib.import_module(f"tests.benchmarks.contenders.{asked.contender}")
    if asked.calls > 1:
        contender.convert(asked.inputs, asked.output_folder, **asked.options)
    seconds = []
    figures: dict[str, Any] | None = None
    for _ in range(asked.calls):
        started = time.perf_counter()
        figures = contender.convert(asked.inputs, asked.output_folder, **asked.options)
        seconds.append(time.perf_counter() - started)
    sys.stdout.write(json.dumps({"seconds": statistics.median(seconds)} | (figures or {})) + "\n")


if __name__ == "__main__":
    main()
