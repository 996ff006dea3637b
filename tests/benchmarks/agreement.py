"""Whether everybody writes the same messages. A race is worth nothing while they do not, so it is looked at first."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow.parquet as pq

from tests.benchmarks.measure import job_of, measure

LINES: Final = 2_000

PEERS: Final = {
    "duckdb_sql": ("duckdb",),
    "chdb_sql": ("chdb",),
    "polars_frames": ("polars",),
    "plain_loop": ("isal",),
    "dlt_pipeline": ("dlt", "isal"),
}
"""Each contender with the packages it needs beside the project's own."""


class Disagreement(Exception):
    """Raised when a contender writes other messages than this project."""


def missing_packages(contender: str) -> list[str]:
    """Return what has to be installed before a contender can run."""
    return [package for package in PEERS[contender] if find_spec(package) is None]


def message_ids(contender: str, raw: Path) -> Counter[str]:
    """Convert a raw file, and return how often each `msg_id` stands in the Parquet file."""
    with TemporaryDirectory(prefix="benchmark-") as name:
        written = Path(name) / "messages.parquet"
        measure([job_of(contender, raw)], keep=written)
        ids = pq.read_table(written, columns=["msg_id"])["msg_id"]
        return Counter(str(msg_id) for msg_id in ids.to_pylist())


def check_agreement(raw: Path) -> None:
    """Convert a small file with everybody.

    Raises:
        Disagreement: Somebody writes other messages, or some of them another number of times.
    """
    ours = message_ids("ours", raw)
    for contender in PEERS:
        if message_ids(contender, raw) != ours:
            raise Disagreement(f"{contender} does not write the messages of {raw.name} that this project writes.")
