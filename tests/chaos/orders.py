"""What a run is told when it is started, and what it tells when it has come to its end. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path

from resources.hours.due import Task


class ByParts(Enum):
    """Which files are sent to S3 by parts that production sends at once; never the smallest."""

    NONE = auto()
    RAW_FILES = auto()
    ALL = auto()


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What a run is to do, and what is wrong with its machine.

    Attributes:
        number: Of the run, from 1.
        app: `org/app`.
        tasks: What to do, each with its hour's key, as a schedule that has planned says it; None for a catch-up, which
            plans by itself.
        compacts: Afterwards the app's closed days are compacted.
        covers: Afterwards coverage is rebuilt.
        now: Where its clock stands.
        skew: How far it is ahead there, or behind.
        settings_file: The archive's settings.
        state: The private folder that runs share.
        folder: For its log and its temporary files; made by the run.
        environment: Variables, secrets among them.
        dies_at_step: It ends itself with SIGKILL at that step.
        largest_file: No file grows beyond so many bytes: a disk that fills up.
        full_after_files: The disk takes so many new files and no more.
        by_parts: Which files are sent to S3 by parts.
    """

    number: int
    app: str
    tasks: tuple[tuple[Task, str], ...] | None
    compacts: bool
    covers: bool
    now: datetime
    settings_file: Path
    state: Path
    folder: Path
    environment: dict[str, str] = field(repr=False)
    skew: timedelta = timedelta(0)
    dies_at_step: int | None = None
    largest_file: int | None = None
    full_after_files: int | None = None
    by_parts: ByParts = ByParts.NONE

    @property
    def disk_fills_up(self) -> bool:
        """Whether the disk is full sooner or later."""
        return self.largest_file is not None or self.full_after_files is not None


@dataclass(slots=True)
class RunReport:
    """What a run tells that came to its end.

    Attributes:
        steps: How many steps went well.
        failures: The class of each declared error, and of each look that failed.
        sent_by_parts: How many files it sent to S3 by parts.
        compactions: How often it set out to compact the days that are closed.
        days_compacted: How many it compacted.
        coverages: How often it set out to rebuild coverage.
        went_by_its_clock: It planned, looked at an hour, or asked which days are closed.
        met_full_disk: Something failed because the disk was full.
        surprises: Tracebacks of errors that no step may end with.
    """

    steps: int = 0
    failures: list[str] = field(default_factory=list)
    sent_by_parts: int = 0
    compactions: int = 0
    days_compacted: int = 0
    coverages: int = 0
    went_by_its_clock: bool = False
    met_full_disk: bool = False
    surprises: list[str] = field(default_factory=list)
