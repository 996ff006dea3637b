"""What is typed between planting and searching, with which exit code it has to end and what it has to say.

Each command of `chat-archive` is among it, when all is well or when something is wrong that secrets stand in. Not here:
how commands are run (`at_debug.py`), and what is done to the archive before one (`meddling.py`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from resources.hours.day import Day
from tests.canaries.planted_hours import Fate, PlantedHours

_END = re.compile(r"^exit code (\d+)\n", re.MULTILINE)
_SMALLEST_SAMPLE = {"ops": {"verification": {"config": {"sample": "0.0001%"}}}}
"""It looks at what was found damaged before, and hardly at anything else: at DEBUG each request takes Dagster long."""


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        words: As typed; a `job` of Dagster's is one too.
        code: Its exit code; None when it crashes, or is killed.
        told: Patterns of what it has to say.
        before: What is done right before it; see `at_debug.py`.
        hours_later: How far the clocks are turned before it.
    """

    words: tuple[str, ...]
    code: int | None = 0
    told: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    hours_later: int = 0


def all_of_them(hours: PlantedHours, exported: Path) -> list[Command]:
    """Return commands for one process: when all is well, when much is wrong, when it was mended, and one that crashes.

    Args:
        hours: Which hour is for what.
        exported: Where an export goes.
    """
    return [*_catch_ups(hours), *_of_what_is_wrong(exported), *_of_what_is_mended(hours, exported), _crash(hours)]


def of_support(*hours: object) -> tuple[str, ...]:
    """Return the words that catch up with some hours of one app."""
    return "catch-up", "--app", "acme/support", "--hours", "..".join(map(str, hours))


def said(shown: bytes) -> list[tuple[str, int | None]]:
    """Return what each command of a process said, and its exit code."""
    pieces = _END.split(shown.decode(errors="replace"))
    codes = [*map(int, pieces[1::2]), None]
    return list(zip(pieces[::2], codes, strict=True))


def _catch_ups(hours: PlantedHours) -> list[Command]:
    fated = list(hours.fated.values())
    return [
        Command(("catch-up", "--hours", hours.well.key)),
        Command(
            of_support(fated[0], fated[-1]),
            code=1,
            told=(
                "403",  # refused, by the platform and by the storage
                "TokenRefused|refused a token",
                "does not allow",
                "signature is not accepted",
                "a crash that nobody has thought of",
            ),
        ),
    ]


def _of_what_is_wrong(exported: Path) -> list[Command]:
    cannot_be_read = r"The record s3://\S+ cannot be read"
    return [
        Command(
            ("verify", "--read-data"),
            code=1,
            told=(
                "altered: raw revision",
                "at two reads",
                "is no Parquet file",
                "it is of another app or hour",
                "it is of another app or day",
                "its app are not those that the object carries",
                "its raw files give other rows or other bytes",
                "it cannot be read as what this program writes",
                "it names a messages object that is not this hour's",
                "it names a raw file that the capture record does not know",
                "not recorded: raw revision",
                "extra: messages",
                "extra: object",
                "it belongs to no app",
            ),
            before=("leave behind", "meddle"),
            hours_later=5,
        ),
        Command(("job", "verify_a_sample", json.dumps(_SMALLEST_SAMPLE))),
        Command(("status",), told=(cannot_be_read,)),
        Command(("plan",), told=("records_unreadable: ",)),
        Command(("coverage",), told=("Table: s3://",)),
        Command(("cleanup",), code=1, told=(cannot_be_read,)),
        Command(("sql", "select count(*) from quarantine"), code=1, told=("lines.parquet",)),
        Command(_export(exported, "acme/mall"), code=1, told=("Nothing was exported",), before=("restore support",)),
    ]


def _of_what_is_mended(hours: PlantedHours, exported: Path) -> list[Command]:
    left_behind, day = hours.fated[Fate.TOKEN_REFUSED].key, Day.of(hours.well).key
    never_asked = hours.never_asked.key
    return [
        Command(
            ("adopt", "--app", "acme/support", "--hours", left_behind),
            code=1,
            told=(
                "2 raw files recorded, 2 messages now",
                "kept, although damaged",
                "does not hold the bytes its name says",
            ),
            before=("restore mall",),
        ),
        Command(
            ("cleanup", "--older-than", "4h"),
            told=(
                "1 object the archive never wrote",
                "1 upload that nobody finished",
                "raw files? that no record names",
            ),
        ),
        Command(
            ("cleanup", "--older-than", "4h", "--delete"), told=(r"Removed s3://\S+part-0\ufffd\[2J", "Aborted s3://")
        ),
        Command(("verify", "--read-data", "--hours", hours.well.key), told=("Whole: 2 hours, ",)),
        # Every deadline has passed: days are compacted, losses are found, people are told.
        Command(("catch-up", "--hours", hours.well.key), told=(f"Compacted: acme/support {day}",), hours_later=4 * 24),
        Command(("plan",), told=(r"due\. The request budgets", "hours_lost")),
        Command(
            ("acknowledge", "--app", "acme/support", "--hours", never_asked, "--reason", "nobody asked"),
            told=("1 lost hour of acme/support acknowledged",),
        ),
        Command(("status",), told=(f"{hours.fated[Fate.REFUSED]}: ",)),
        Command(("status", "--json"), told=('"acknowledged": "nobody asked"',)),
        Command(("coverage",), told=("Table: s3://",)),
        Command(("reconcile",), told=("materializations reported from the ledger",)),
        Command(("sql", "select app, date, hour, count(*) from messages group by all"), told=("acme__support",)),
        Command(_export(exported, "acme/support"), told=("messages from", "hours of this range are missing")),
    ]


def _crash(hours: PlantedHours) -> Command:
    """More is lost, and the command crashes while it has an alert URL in hand."""
    return Command(
        of_support(hours.lost),
        code=None,
        told=("a crash of the command itself",),
        before=("crash",),
        hours_later=5 * 24,
    )


def _export(exported: Path, app: str) -> tuple[str, ...]:
    return "export", "--app", app, "--user", "alice", "--output", str(exported)
