"""How the hourly Parquet file is best laid out: each choice alone against one base; see `layout_variant.py`."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from tests.benchmarks.bench import Bench, plan
from tests.benchmarks.layout_variant import QUERIES, Layout, Order
from tests.benchmarks.measure import Job, Measurement, Plan, Result
from tests.benchmarks.tables import Answer, Table

NAME: Final = "layout"

_RUNS = 3
_BASE = Layout()
_BLOOM_COLUMNS = ("msg_id", "sender", "recipient", "conversation_id")
_DELTAS = {"msg_id": "DELTA_BYTE_ARRAY", "timestamp": "DELTA_BINARY_PACKED"}
_TOGETHER = replace(_BASE, bloom=_BLOOM_COLUMNS, encodings=_DELTAS)

VARIANTS: Final = {
    "base: sorted by conversation and time, 131,072 rows, page index, zstd 3": _BASE,
    "65,536 rows": replace(_BASE, row_group_rows=65_536),
    "262,144 rows": replace(_BASE, row_group_rows=262_144),
    "no page index": replace(_BASE, page_index=False),
    **{f"bloom filter on {column}": replace(_BASE, bloom=(column,)) for column in _BLOOM_COLUMNS},
    "bloom filters on all four": replace(_BASE, bloom=_BLOOM_COLUMNS),
    **{f"{_DELTAS[column]} {column}": replace(_BASE, encodings={column: _DELTAS[column]}) for column in _DELTAS},
    "zstd 1": replace(_BASE, zstd=1),
    "zstd 6": replace(_BASE, zstd=6),
    "sorted as this project writes it": replace(_BASE, order=Order.AS_WRITTEN),
    "sorted by time": replace(_BASE, order=Order.TIME),
    "bloom filters on all four, both deltas": _TOGETHER,
    "the same, 65,536 rows": replace(_TOGETHER, row_group_rows=65_536),
}


def ask(bench: Bench) -> Answer:
    """Write an ordinary and a giant hour in every variant, and query each."""
    tables = []
    for name, raw in {"An ordinary hour": bench.ordinary_hour(), "The giant hour": bench.giant_hour()}.items():
        written = bench.converted(raw)
        plans = {variant: _plan(written, layout) for variant, layout in VARIANTS.items()}
        results = bench.results(f"{NAME} of {raw.name}", plans, min(_RUNS, bench.runs))
        head = ("variant", "MB", "write s", *(f"{query}, ms / MB read" for query in QUERIES))
        tables.append(Table(head, [_row(variant, result) for variant, result in results.items()], name))
    return Answer(NAME, tables)


def _plan(written: Path, layout: Layout) -> Plan:
    return plan(Job("tests.benchmarks.layout_variant", (str(written), "{output}", json.dumps(asdict(layout)))))


def _row(variant: str, result: Result) -> tuple[str, ...]:
    if result.failure:
        return (variant, result.failure, *[""] * (len(QUERIES) + 1))
    megabytes = result.median(lambda run: run.size) / 1e6
    return (
        variant,
        f"{megabytes:.1f}",
        f"{result.median(_write_seconds):.2f}",
        *(_cost(result, each) for each in QUERIES),
    )


def _cost(result: Result, query: str) -> str:
    milliseconds = result.median(lambda run: run.told["queries"][query]["seconds"]) * 1000
    megabytes = result.median(lambda run: run.told["queries"][query]["bytes"]) / 1e6
    return f"{milliseconds:.0f} / {megabytes:.1f}"


def _write_seconds(measurement: Measurement) -> float:
    return float(measurement.told["write_seconds"])
