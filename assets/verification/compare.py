"""What the records name against what is there: one pure function. What records say of themselves is `record_checks.py`.

A run that is under way has written objects whose record it will write last. Such objects are known by being young and
by carrying the SHA-256 that this program gives them; they are no discrepancy, and four hours later they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import ExpectedObject, folder_of, what_lies_at
from resources.archive.layout import Layout

LONGEST_RUN: Final = timedelta(hours=4)
"""A run may be under way for so long: docs/dagster.yaml ends longer ones."""

_RECORDS: Final = frozenset({Thing.CAPTURE_RECORD, Thing.MESSAGES_RECORD, Thing.DAY_RECORD, Thing.OTHER})
_REPLACED_WHOLE: Final = frozenset({Thing.MESSAGES, Thing.QUARANTINE, Thing.DAY})


@dataclass(frozen=True, slots=True)
class Seen:
    """What S3 tells of an object.

    Attributes:
        bytes: Its length.
        written_at: When it was last written, by S3's clock.
        sha256: As its writer stored it; None when it stored none, or it was not asked for.
    """

    bytes: int
    written_at: datetime
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found.

    Attributes:
        discrepancies: What is not as it should be.
        under_way: The keys of objects that a run is writing right now, as far as can be told.
    """

    discrepancies: tuple[Discrepancy, ...]
    under_way: tuple[str, ...]


def compare(
    hour: str,
    expected: Collection[ExpectedObject],
    there: Mapping[str, Seen],
    layout: Layout,
    now: datetime,
    *,
    a_run_may_write: bool = True,
) -> Comparison:
    """Compare what has to be there with what is.

    Args:
        hour: The key of the hour that it all belongs to.
        expected: What the records name.
        there: Everything in the folders, by key; with its SHA-256 where a record names it.
        layout: Where the archive keeps what.
        now: By S3's clock.
        a_run_may_write: Whether a run can be under way there at all.
    """
    found: list[Discrepancy] = []
    under_way: list[str] = []
    for wanted in expected:
        seen = there.get(wanted.key)
        if seen is None:
            found.append(Discrepancy(Wrong.MISSING, wanted.thing, hour, wanted.key))
        elif (detail := _difference(wanted, seen)) is not None:
            if wanted.thing in _REPLACED_WHOLE and seen.sha256 not in {None, wanted.sha256} and _is_young(seen, now):
                under_way.append(wanted.key)
            else:
                found.append(Discrepancy(Wrong.ALTERED, wanted.thing, hour, wanted.key, detail))
    for key, thing in _not_named(expected, there, layout):
        if thing is None:
            found.append(Discrepancy(Wrong.EXTRA, folder_of(key, layout), hour, key))
        elif a_run_may_write and _is_young(there[key], now):
            under_way.append(key)
        else:
            found.append(Discrepancy(Wrong.NOT_RECORDED, thing, hour, key))
    return Comparison(tuple(found), tuple(under_way))


def _difference(wanted: ExpectedObject, seen: Seen) -> str | None:
    """Tell how an object differs from what its record says, as far as S3 tells without sending it."""
    if seen.bytes != wanted.bytes:
        return f"{seen.bytes:,} bytes, and the record says {wanted.bytes:,}"
    if seen.sha256 is None:
        return "without the SHA-256 that this program stores with it: somebody else wrote it"
    return None if seen.sha256 == wanted.sha256 else "with another SHA-256 than the record says"


def _not_named(
    expected: Collection[ExpectedObject], there: Mapping[str, Seen], layout: Layout
) -> Iterator[tuple[str, Thing | None]]:
    """Yield what no record names, and what the archive keeps there; records themselves are named by nobody."""
    named = {wanted.key for wanted in expected}
    for key in sorted(there.keys() - named):
        thing = what_lies_at(key, layout)
        if thing not in _RECORDS:
            yield key, thing


def _is_young(seen: Seen, now: datetime) -> bool:
    return now - seen.written_at < LONGEST_RUN
