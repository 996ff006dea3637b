"""The whole path of the giant hour: download, archive, convert, publish, against the conversion alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.benchmarks.bench import ALONE, Bench, plan
from tests.benchmarks.measure import PRODUCT_PYTHON, Job, Measurement, Result, job_of, measure
from tests.benchmarks.servers import platform_server, s3_server
from tests.benchmarks.tables import Answer, Goal, Table

NAME: Final = "whole_path"


def ask(bench: Bench) -> Answer:
    """Capture and publish the giant hour, with servers on loopback that are new for each run."""
    raw = bench.giant_hour()
    results = bench.results(
        NAME,
        {"capture and publish": partial(_whole_path, raw), "conversion alone": plan(job_of("ours", raw, **ALONE))},
    )
    whole, alone = results["capture and publish"], results["conversion alone"]
    rows = [
        ("capture", f"{whole.median(lambda run: run.told['capture']):.2f}", "", ""),
        ("publish", f"{whole.median(lambda run: run.told['publish']):.2f}", "", ""),
        ("both", *_figures(whole, lambda run: run.told["messages"])),
        ("conversion alone", *_figures(alone, lambda run: run.rows)),
    ]
    goals = [Goal("capture and publish, to the conversion alone", 1.3, whole.median(_seconds) / alone.median(_seconds))]
    return Answer(NAME, [Table(("step", "wall s", "peak MB", "messages"), rows)], goals)


def _whole_path(raw: Path) -> Measurement:
    with s3_server() as s3_url, platform_server(raw) as platform_url:
        return measure(
            [Job("tests.benchmarks.whole_path", (s3_url, platform_url, str(raw), "{output}"), PRODUCT_PYTHON)]
        )


def _seconds(measurement: Measurement) -> float:
    return float(measurement.told["seconds"])


def _figures(result: Result, messages: Callable[[Measurement], float]) -> tuple[str, str, str]:
    peak = result.median(lambda run: run.peak)
    return f"{result.median(_seconds):.2f}", f"{peak / 1e6:,.0f}", f"{result.median(messages):,.0f}"
