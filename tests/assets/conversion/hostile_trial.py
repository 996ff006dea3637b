"""One hostile input, tried: the program that `hostile_corpus.py` starts, so that its death is a result too.

It reads names of trials from its standard input and writes one JSON line for each as soon as it is done.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
import zlib
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow.parquet as pq

from assets.conversion.convert import ConservationBroken, RawRevisionFile, convert_revisions
from assets.conversion.gzip_file import DamagedFile
from resources.limits import DEFAULT_LIMITS, Limits
from tests.assets.conversion.agreement import HOUR_START_MS, differences
from tests.assets.conversion.almost_usual import almost_usual_line, slightly_odd_line, usual_line
from tests.assets.conversion.changed_bytes import damaged
from tests.assets.conversion.hostile_files import BOMBS, HOSTILE_FILES, HostileFile, zipped
from tests.assets.conversion.hostile_lines import HOSTILE_LINES
from tests.assets.conversion.hours import APP, HOUR, Converted
from tests.assets.conversion.reference import convert_slowly

NAMED: Final = BOMBS | HOSTILE_FILES | HOSTILE_LINES
LINES_IN_A_BATCH: Final = 2_500
SELDOM: Final = 0.002
"""How often a line is slightly odd in a file of usual lines: most pieces of a file have one such line, or none."""

FILES_IN_A_BATCH: Final = 500
ALMOST_USUAL: Final = tuple(f"almost usual lines, seed {seed}" for seed in range(4))
MOSTLY_USUAL: Final = tuple(f"usual lines and a few odd ones, seed {seed}" for seed in range(4))
GENERATED_LINES: Final = ALMOST_USUAL + MOSTLY_USUAL
GENERATED_FILES: Final = tuple(f"damaged files, seed {seed}" for seed in range(4))


@dataclass
class Outcome:
    """What became of one trial.

    Attributes:
        name: The trial.
        tried: Inputs in it.
        lost: Lines, or files, that vanished without a trace.
        unbalanced: Conversions whose lines did not add up, by their counts or by the rows in their files.
        surprise: What else was not as expected, in words.
        peak_mib: The most memory this process has had so far, in MiB.
    """

    name: str
    tried: int = 1
    lost: int = 0
    unbalanced: int = 0
    surprise: str | None = None
    peak_mib: float = 0.0

    def note(self, surprise: str) -> None:
        """Keep the first surprise."""
        self.surprise = self.surprise or surprise[:2000]


def convert_file(file: bytes, directory: Path, outcome: Outcome, limits: Limits = DEFAULT_LIMITS) -> Converted | str:
    """Convert one raw file, look whether its lines add up, and return what came out or what it was refused for."""
    name = sha256(file).hexdigest()
    revision = RawRevisionFile(name, directory / name)
    revision.path.write_bytes(file)
    messages_path, quarantine_path = directory / "messages.parquet", directory / "lines.parquet"
    try:
        conversion = convert_revisions(
            [revision],
            app=APP,
            hour=HOUR,
            messages_path=messages_path,
            quarantine_path=quarantine_path,
            limits=limits,
        )
    except DamagedFile as error:
        if messages_path.exists() or quarantine_path.exists():
            outcome.note("a refused file left a Parquet file behind")
        return error.reason.value
    except ConservationBroken as error:
        outcome.unbalanced += 1
        return f"an error: {error}"
    finally:
        revision.path.unlink()
    counts = conversion.counts
    rows = pq.read_metadata(messages_path).num_rows
    quarantined = pq.read_metadata(quarantine_path).num_rows if quarantine_path.exists() else 0
    outcome.unbalanced += counts.lines != counts.messages + counts.duplicates + counts.quarantined + counts.blank or (
        counts.messages,
        counts.quarantined,
    ) != (rows, quarantined)
    return Converted(conversion, messages_path, quarantine_path)


def try_named(name: str, directory: Path) -> Outcome:
    outcome = Outcome(name)
    expected = NAMED[name]
    file = expected.make()
    converted = convert_file(file, directory, outcome, expected.limits)
    if isinstance(converted, str):
        if converted != expected.damage:
            outcome.note(f"refused as {converted}, expected {expected.damage}")
    elif expected.damage:
        outcome.lost += 1
        outcome.note(f"read as if it were whole, expected {expected.damage}")
    else:
        compare(converted, expected, gzip.decompress(file), outcome)
    return outcome


def compare(converted: Converted, expected: HostileFile, content: bytes, outcome: Outcome) -> None:
    """Compare a conversion with a named file's expectation."""
    counts = converted.conversion.counts
    quarantined = converted.quarantined
    became = (counts.messages, tuple(line["reason"] for line in quarantined), counts.blank)
    wanted = (expected.messages, expected.quarantined, expected.blank)
    outcome.lost += max(0, wanted[0] + len(wanted[1]) + wanted[2] - became[0] - len(became[1]) - became[2])
    if became != wanted:
        outcome.note(f"{became}, expected {wanted}")
    if any(line["line"] not in content for line in quarantined):
        outcome.note("the quarantine holds bytes that the file does not")
    if expected.text is not None and expected.text not in [row["text"] for row in converted.rows]:
        outcome.note("the text did not stay as it was")


def try_generated_lines(name: str, directory: Path) -> Outcome:
    """Convert a file of almost usual lines, or of usual ones with a few others, and compare it with the reference."""
    random = Random(name)

    def line() -> bytes:
        if name in ALMOST_USUAL:
            return almost_usual_line(random)
        return slightly_odd_line(random) if random.random() < SELDOM else usual_line(random)

    file = zipped(b"\n".join(line() for _ in range(LINES_IN_A_BATCH)))
    outcome = Outcome(name, tried=LINES_IN_A_BATCH)
    converted = convert_file(file, directory, outcome)
    if isinstance(converted, str):
        outcome.note(f"refused as {converted}")
    else:
        compare_with_reference(converted, file, outcome)
    return outcome


def try_generated_files(name: str, directory: Path) -> Outcome:
    """Convert damaged files. One may be refused though Python's own reader takes it, and never the other way round."""
    random = Random(name)
    outcome = Outcome(name, tried=FILES_IN_A_BATCH)
    for _ in range(FILES_IN_A_BATCH):
        sound = zipped(b"\n".join(almost_usual_line(random) for _ in range(3)))
        file = damaged(sound, random)
        converted = convert_file(file, directory, outcome)
        if isinstance(converted, str):
            continue
        try:
            gzip.decompress(file)
        except (EOFError, OSError, zlib.error) as error:
            outcome.lost += 1
            outcome.note(f"read as if it were whole: {error!r}: {file!r}")
        else:
            compare_with_reference(converted, file, outcome)
    return outcome


def compare_with_reference(converted: Converted, file: bytes, outcome: Outcome) -> None:
    reference = convert_slowly([file], hour_start_ms=HOUR_START_MS)
    counts = converted.conversion.counts
    outcome.lost += max(0, reference.counts["lines"] - counts.lines)
    for difference in differences(converted, reference):
        outcome.note(difference)


def peak_memory_mib() -> float:
    """Return the most memory this process has had."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's getrusage begins with the memory of the process that started this one.
        [peak] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(peak) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def attempt(name: str) -> Outcome:
    """Make one trial; an error that no trial may raise is its surprise."""
    trial = try_named
    if name in GENERATED_LINES:
        trial = try_generated_lines
    if name in GENERATED_FILES:
        trial = try_generated_files
    with TemporaryDirectory() as directory:
        try:
            outcome = trial(name, Path(directory))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding, and the next trial goes on
            outcome = Outcome(name, surprise=f"an error: {error!r}"[:2000])
    outcome.peak_mib = peak_memory_mib()
    return outcome


if __name__ == "__main__":
    for trial_name in sys.stdin.read().splitlines():
        sys.stdout.write(json.dumps(asdict(attempt(trial_name))) + "\n")
        sys.stdout.flush()
