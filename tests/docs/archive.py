"""An archive on the local disk, laid out as in S3, of what `said.py` says: the code of the archive makes every file."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assets.conversion.convert import RawRevisionFile, convert_revisions
from assets.coverage.table import CoveredHour, coverage_table
from assets.daily.compaction import HourFile, compact
from resources.archive.layout import Layout
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from tests.assets.coverage.hours import status
from tests.docs.said import FIRST_DAY, LINES, SECOND_DAY, SHOP, SUPPORT, as_bytes

_NAMES = {SUPPORT: "acme/support", SHOP: "acme/shop"}
_HOURS = 24 + 6
"""A whole day, and the next one until now."""
_DAY = Day.from_key(f"{FIRST_DAY:%Y-%m-%d}")
_ODD_HOURS: dict[tuple[str, datetime], dict[str, Any]] = {
    (SUPPORT, SECOND_DAY + timedelta(hours=2)): {"state": HourState.EXPIRED, "acknowledged": "our outage"},
    (SUPPORT, SECOND_DAY + timedelta(hours=3)): {"state": HourState.FAILED},
    (SUPPORT, SECOND_DAY + timedelta(hours=4)): {"state": HourState.PENDING},
    # The platform's file is kept, but the messages were not built yet.
    (SUPPORT, SECOND_DAY + timedelta(hours=5)): {
        "messages_current": False,
        "doubt": Reason.MESSAGES_NOT_BUILT,
        "rows": None,
        "quarantined": None,
    },
}


@dataclass(frozen=True)
class LocalArchive:
    """Where it lies.

    Attributes:
        root: The folder that stands for `s3://chat-archive/history`.
        quarantine: All files of quarantined lines.
    """

    root: Path
    quarantine: tuple[str, ...]

    @property
    def coverage(self) -> Path:
        return self.root / "coverage" / "coverage.parquet"


def build_archive(root: Path) -> LocalArchive:
    """Convert every hour, compact a day, and write the coverage table. Hours without lines are empty unless odd."""
    rows: dict[tuple[str, datetime], tuple[int, int]] = {}
    files: dict[tuple[str, datetime], Path] = {}
    for (app, start), lines in LINES.items():
        layout, hour = Layout(f"{root}/", app), Hour(start)
        raw = root / "raw" / app / f"{hour.key}.jsonl.gz"
        messages, quarantine = Path(layout.messages(hour)), Path(layout.quarantine(hour))
        for path in (raw, messages, quarantine):
            path.parent.mkdir(parents=True, exist_ok=True)
        raw.write_bytes(gzip.compress(as_bytes(lines), mtime=0))
        revision = RawRevisionFile(hashlib.sha256(raw.read_bytes()).hexdigest(), raw)
        counts = convert_revisions(
            [revision], app=_NAMES[app], hour=hour, messages_path=messages, quarantine_path=quarantine
        ).counts
        rows[app, start], files[app, start] = (counts.messages, counts.quarantined), messages
    daily = _compacted(root, SUPPORT, files)
    # The shop's day has an object too, which coverage says is not to be read: an hour was revised since.
    _compacted(root, SHOP, files)
    covered = []
    for app, name in _NAMES.items():
        for number in range(_HOURS):
            start = FIRST_DAY + timedelta(hours=number)
            known: dict[str, Any] = {"state": HourState.EMPTY}
            if (app, start) in rows:
                messages_of_hour, quarantined = rows[app, start]
                known = {"state": HourState.ARCHIVED, "rows": messages_of_hour, "quarantined": quarantined}
            known = _ODD_HOURS.get((app, start), known)
            compacted = app == SUPPORT and Hour(start) in _DAY.hours and (app, start) in files
            file = daily if compacted else files.get((app, start))
            hour_status = status(Hour(start).key, **{"app": name, **known})
            covered.append(CoveredHour(app, hour_status, compacted, None if file is None else str(file)))
    archive = LocalArchive(root, tuple(map(str, sorted(root.glob("quarantine/**/lines.parquet")))))
    archive.coverage.parent.mkdir()
    pq.write_table(coverage_table(covered), archive.coverage)
    return archive


def _compacted(root: Path, app: str, files: Mapping[tuple[str, datetime], Path]) -> Path:
    output, scratch = Path(Layout(f"{root}/", app).messages_daily(_DAY)), root / "scratch" / app
    for folder in (output.parent, scratch):
        folder.mkdir(parents=True)
    hours = [
        HourFile(Hour(start), hashlib.sha256(path.read_bytes()).hexdigest(), path)
        for (owner, start), path in sorted(files.items())
        if owner == app and Hour(start) in _DAY.hours
    ]
    compact(hours, output, app=_NAMES[app], day=_DAY, folder=scratch)
    return output
