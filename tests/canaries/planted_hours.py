"""Which hour is for which run, and what becomes of it.

Not here: how the platform brings it about (`planted_platform.py`), and what is run (`commands.py`, `runs.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from resources.hours.hour import Hour


class Fate(StrEnum):
    """What becomes of an hour."""

    WELL = "well"
    REFUSED = "refused"
    TOKEN_REFUSED = "token_refused"
    ELSEWHERE = "elsewhere"
    SIGNATURE_REFUSED = "signature_refused"
    SECOND_TRY = "second_try"
    CRASH = "crash"


@dataclass(frozen=True)
class PlantedHours:
    """The hours, one after the other.

    Attributes:
        well: Is archived for both apps.
        fated: One hour for each fate but that of `well`.
        killed: Is being stored when its run is killed.
        by_dagster: Is archived through `dagster`.
        unfiltered: Is archived without this project's log filters.
        lost: Is asked for when it is too late.
        never_asked: Nobody asks for it.
    """

    well: Hour
    fated: Mapping[Fate, Hour]
    killed: Hour
    by_dagster: Hour
    unfiltered: Hour
    lost: Hour
    never_asked: Hour

    @classmethod
    def since(cls, first: Hour) -> PlantedHours:
        """Return the hours of an archive that begins with this one."""
        fates = [fate for fate in Fate if fate is not Fate.WELL]
        fated: dict[Fate, Hour] = {fate: first.plus(number) for number, fate in enumerate(fates, 1)}
        rest = (first.plus(1 + len(fates) + number) for number in range(5))
        return cls(first, fated, *rest)
