"""What is wrong with a run's machine, dealt out by seed: when it dies, how full its disk is, how its clock errs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

_KILLED_AT_STEP: Final = 0.15
_KILLED_AT_MOMENT: Final = 0.08
_DISK_FULL: Final = 0.08
_CLOCK_SKEWED: Final = 0.15
_LAST_STEP: Final = 600
_LAST_MOMENT: Final = 2.0
_LARGEST_FILES: Final = (0, 300, 3_000, 20_000)
_MOST_FILES: Final = 40
_LARGEST_SKEW: Final = timedelta(hours=2)
_SMALLEST_SKEW: Final = timedelta(minutes=1)
"""Less changes nothing about an hour."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one run.

    Attributes:
        dies_at_step: It is killed at that step, if it takes so many.
        killed_after: It is killed after so many seconds, if it takes so long.
        largest_file: No file grows beyond so many bytes.
        full_after_files: So many files can be written, and no more.
        skew: How far its clock is ahead, or behind.
    """

    dies_at_step: int | None = None
    killed_after: float | None = None
    largest_file: int | None = None
    full_after_files: int | None = None
    skew: timedelta = timedelta(0)


NO_TROUBLE: Final = Trouble()


def trouble(random: Random) -> Trouble:
    """Draw the trouble of one run; most have none."""
    skew = timedelta(0)
    if random.random() < _CLOCK_SKEWED:
        size = _SMALLEST_SKEW + random.uniform(0, 1) * (_LARGEST_SKEW - _SMALLEST_SKEW)
        skew = random.choice((-1, 1)) * size
    drawn = random.random()
    if drawn < _KILLED_AT_STEP:
        # As many deaths among the first ten steps as among hundreds later.
        return Trouble(dies_at_step=int(math.exp(random.uniform(0, math.log(_LAST_STEP)))), skew=skew)
    drawn -= _KILLED_AT_STEP
    if drawn < _KILLED_AT_MOMENT:
        return Trouble(killed_after=random.uniform(0, _LAST_MOMENT), skew=skew)
    drawn -= _KILLED_AT_MOMENT
    if drawn < _DISK_FULL / 2:
        return Trouble(largest_file=random.choice(_LARGEST_FILES), skew=skew)
    if drawn < _DISK_FULL:
        return Trouble(full_after_files=random.randrange(_MOST_FILES), skew=skew)
    return Trouble(skew=skew)
