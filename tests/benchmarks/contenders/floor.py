"""The floor: the least that any conversion of this kind has to do, each step alone and on one thread.

Inflate; parse each line, its payload left as it is; write the same rows as Parquet from a table that is there already.
Nothing between the steps is counted: no columns, no duplicates, no sorting, no checks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from isal import igzip

from tests.benchmarks.generator import parquet_name

Result = TypeVar("Result")

_PIECE_BYTES = 8 << 20
_ROW_GROUP_ROWS = 131_072
_FEW_VALUES = ["chat_type", "conversation_id", "sender", "recipient", "direction", "body_type", "action"]


class _Line(msgspec.Struct, rename={"sender": "from", "recipient": "to"}, gc=False):
    chat_type: str
    direction: str
    sender: str
    msg_id: str
    payload: msgspec.Raw
    timestamp: int
    recipient: str


class _Stopwatch:
    """Adds up the CPU seconds of one step."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def time(self, step: Callable[[], Result]) -> Result:
        started = time.process_time()
        result = step()
        self.seconds += time.process_time() - started
        return result


def convert(inputs: Sequence[Path], output_folder: Path, *, written: str) -> dict[str, float]:
    """Do the three steps.

    Args:
        inputs: One raw file.
        output_folder: Where the Parquet file goes.
        written: This project's Parquet file of the same raw file, from which the table is taken.

    Returns:
        CPU seconds of each step.
    """
    [path] = inputs
    inflating, parsing, writing = _Stopwatch(), _Stopwatch(), _Stopwatch()
    decoder = msgspec.json.Decoder(_Line)
    for piece in _whole_lines(path, inflating):
        parsing.time(lambda piece=piece: decoder.decode_lines(piece))  # type: ignore[misc]
    pa.set_cpu_count(1)
    table = pq.read_table(written).combine_chunks()
    writing.time(
        lambda: pq.write_table(
            table,
            output_folder / parquet_name(path),
            row_group_size=_ROW_GROUP_ROWS,
            use_dictionary=_FEW_VALUES,  # type: ignore[arg-type]  # the stubs know only true and false
            compression="zstd",
            compression_level=3,
        )
    )
    return {"inflate": inflating.seconds, "parse": parsing.seconds, "write": writing.seconds}


def _whole_lines(path: Path, inflating: _Stopwatch) -> Iterator[bytes]:
    with igzip.open(path, "rb") as file:
        rest = b""
        while piece := inflating.time(lambda: file.read(_PIECE_BYTES)):
            end = piece.rfind(b"\n") + 1
            yield rest + piece[:end]
            rest = piece[end:]
    if rest:
        yield rest
