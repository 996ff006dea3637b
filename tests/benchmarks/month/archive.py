"""A generated month in three layouts, and a day of full size to be compacted; made once and kept.

`python -m tests.benchmarks.month.archive LINES DAY_LINES` makes them, in the project's own environment.
What a line says is `tests/benchmarks/line_maker.py`; how a day is laid out, `assets/daily`.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import duckdb

from assets.conversion.convert import RawRevisionFile, convert_revisions
from assets.daily.compaction import HourFile, compact
from resources.hours.day import Day
from resources.hours.hour import Hour
from tests.benchmarks.bench import FOLDER
from tests.benchmarks.generator import FileOrder, generated

APP: Final = "acme__support"
FIRST_DAY: Final = Day.from_key("2026-10-01")
DAYS: Final = 30

_CORES: Final = 2


@dataclass(frozen=True, slots=True)
class Month:
    """A month of one app.

    Attributes:
        folder: Where its layouts lie, each in a folder of its own.
        lines: Of each hour.
    """

    folder: Path
    lines: int

    def files(self, layout: str) -> list[Path]:
        """Return a layout's files, in order of time."""
        return sorted((self.folder / layout).glob("**/*.parquet"))


def days() -> list[Day]:
    """Return the days of the month."""
    return [Day.of(FIRST_DAY.hours[0].plus(24 * number)) for number in range(DAYS)]


def month_of(lines: int) -> Month:
    """Return the month, which has been made."""
    return Month(FOLDER / f"month-{lines}", lines)


def make_month(lines: int, say: Callable[[str], None]) -> None:
    """Make the month; of it only the days anew, if it is there already."""
    month = month_of(lines)
    if not (month.folder / "hourly").exists():
        say(f"  making {24 * DAYS} hours of {lines:,} lines")
        _in_place(month.folder / "hourly", partial(_write_hours, lines=lines))
    if not (month.folder / "duckdb").exists():
        say("  writing them with DuckDB's COPY ... PARTITION_BY")
        _in_place(month.folder / "duckdb", partial(_write_with_duckdb, month.files("hourly")))
    say("  compacting them")
    shutil.rmtree(month.folder / "daily", ignore_errors=True)  # the layout may be another one than last time
    _in_place(month.folder / "daily", partial(_write_days, month.folder / "hourly"))


def make_full_day(lines: int, say: Callable[[str], None]) -> None:
    """Make the 24 hours of a busy day, unless they are there already."""
    if not _full_day_folder(lines).exists():
        say(f"  making 24 hours of {lines:,} lines")
        _in_place(_full_day_folder(lines), partial(_write_hours, lines=lines, only=FIRST_DAY))


def full_day(lines: int) -> list[HourFile]:
    """Return the 24 hours of a busy day, which have been made."""
    return hour_files(_full_day_folder(lines), FIRST_DAY)


def _full_day_folder(lines: int) -> Path:
    return FOLDER / f"day-{lines}"


def hour_files(folder: Path, day: Day) -> list[HourFile]:
    """Return a day's hourly files in a folder."""
    paths = [folder / _hive(hour) / "messages.parquet" for hour in day.hours]
    return [
        HourFile(hour, hashlib.sha256(str(path).encode()).hexdigest(), path)
        for hour, path in zip(day.hours, paths, strict=True)
    ]


def _in_place(folder: Path, make: Callable[[Path], None]) -> None:
    """Make a folder, whole or not at all."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    make(unfinished)
    unfinished.replace(folder)


def _hive(hour: Hour) -> str:
    return f"app={APP}/date={Day.of(hour)}/hour={hour.start:%H}"


def _write_hours(folder: Path, lines: int, only: Day | None = None) -> None:
    hours = [hour for day in ([only] if only else days()) for hour in day.hours]
    with ProcessPoolExecutor(_CORES, get_context("spawn")) as pool:
        list(pool.map(partial(_write_hour, folder, lines), hours, chunksize=8))


def _write_hour(folder: Path, lines: int, hour: Hour) -> None:
    place = folder / _hive(hour)
    place.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        raw = generated(FileOrder(lines, hour, seed=int(hour.key)), Path(name))
        convert_revisions(
            [RawRevisionFile("0" * 64, raw)],
            app=APP,
            hour=hour,
            messages_path=place / "messages.parquet",
            quarantine_path=Path(name) / "lines.parquet",
        )


def _write_days(hourly: Path, folder: Path) -> None:
    for day in days():
        place = folder / f"app={APP}/date={day}"
        place.mkdir(parents=True)
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            compact(hour_files(hourly, day), place / "messages.parquet", app=APP, day=day, folder=Path(name))


def _write_with_duckdb(files: list[Path], folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.read_parquet([str(file) for file in files], hive_partitioning=True).create_view("hours")
        connection.execute(
            f"COPY hours TO '{folder}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (app, date), OVERWRITE)"
        )


def main(lines: str, day_lines: str) -> None:
    """Make what is asked for; 0 lines ask for nothing."""
    if int(lines):
        make_month(int(lines), _say)
    if int(day_lines):
        make_full_day(int(day_lines), _say)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
