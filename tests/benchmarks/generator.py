"""Generated raw files: seeded, so that the same order gives the same bytes, and kept so that they are made once.

What a line says is `line_maker.py` and `odd_lines.py`; here lines are repeated, compressed and laid away.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from resources.hours.hour import Hour
from tests.benchmarks.line_maker import ordinary_lines
from tests.benchmarks.odd_lines import made_odd

GENERATOR_VERSION: Final = 1
"""Grows whenever the same order gives other bytes, so that files made before are not taken for it."""

GZIP_LEVEL: Final = 6
"""zlib's own default, which the platform's files are taken to have."""

DUPLICATE_SHARE: Final = 0.005
"""So many lines repeat an earlier one to the letter: half of them one nearby, half one from anywhere before."""

_GZIP_WINDOW_BITS = 31
_REPEATS_FOR_A_NEW_LINE = DUPLICATE_SHARE / (1 - DUPLICATE_SHARE)
_NEARBY_SHARE = 0.5
_NEARBY = 500
_ONE_REMEMBERED_OF = 64


@dataclass(frozen=True, slots=True)
class FileOrder:
    """What a generated file is to be.

    Attributes:
        lines: How many lines.
        hour: The hour in which its messages were sent.
        seed: Decides what they say.
        odd: Whether some lines are odd and a few broken; the rest is the same as without.
    """

    lines: int
    hour: Hour
    seed: int = 1
    odd: bool = False

    @property
    def name(self) -> str:
        """The file's name, by which it is found again."""
        kind = "odd" if self.odd else "clean"
        return f"v{GENERATOR_VERSION}-{kind}-{self.lines}-{self.hour.key}-seed{self.seed}.jsonl.gz"


def generated(order: FileOrder, folder: Path) -> Path:
    """Return the ordered file, made now unless it lies in the folder already."""
    path = folder / order.name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        _write(order, unfinished)
        unfinished.replace(path)
    return path


def hour_of(path: Path) -> Hour:
    """Return the hour of a generated file, which its name carries."""
    return Hour.from_key(path.name.split("-")[3])


def parquet_name(path: Path) -> str:
    """Return what the Parquet file of a generated file is called."""
    return path.name.replace(".jsonl.gz", ".parquet")


def lines_of(order: FileOrder) -> Iterator[list[str]]:
    """Yield the ordered lines in blocks, each line with its line feed."""
    rng, odd_rng = Random(f"{order.seed}/repeats"), Random(f"{order.seed}/odd")
    remembered: list[str] = []
    to_come = order.lines
    for new_lines in ordinary_lines(f"{order.seed}/{order.hour.key}", order.hour, order.lines):
        if order.odd:
            new_lines = [made_odd(line, odd_rng) for line in new_lines]  # noqa: PLW2901 - the same lines, some changed
        block = _with_repeats(new_lines, remembered, rng)[:to_come]
        remembered += new_lines[::_ONE_REMEMBERED_OF]
        yield block
        to_come -= len(block)
        if not to_come:
            return


def _with_repeats(new_lines: list[str], remembered: list[str], rng: Random) -> list[str]:
    block: list[str] = []
    random = rng.random
    for line in new_lines:
        if random() < _REPEATS_FOR_A_NEW_LINE and block:
            nearby = random() < _NEARBY_SHARE or not remembered
            block.append(rng.choice(block[-_NEARBY:] if nearby else remembered))
        block.append(line)
    return block


def _write(order: FileOrder, path: Path) -> None:
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW_BITS)
    # Compression lets go of Python's lock, so a second core makes lines meanwhile.
    with path.open("wb") as file, ThreadPoolExecutor(1) as compressing:
        pending = compressing.submit(bytes)
        for block in lines_of(order):
            content = "".join(block).encode()
            file.write(pending.result())
            pending = compressing.submit(compressor.compress, content)
        file.write(pending.result())
        file.write(compressor.flush())
