"""How a state looks wherever hours are drawn: a sign that needs no colour, a colour for colour-blind eyes, words.

Colours are of the Okabe-Ito palette. How much was said in an archived hour shows as the height of its sign and, where
there is colour, as its depth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt
from typing import Final

from assets.coverage.hour_status import HourStatus
from resources.hours.state import HourState

VOLUME_SIGNS: Final = "▁▂▃▄▅▆▇█"
"""From little to much, for archived hours."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks.

    Attributes:
        sign: One character.
        colour: As `#rrggbb`.
        loud: Whether somebody should notice it.
        meaning: In a few words.
    """

    sign: str
    colour: str
    loud: bool
    meaning: str

    @property
    def style(self) -> str:
        """For rich."""
        return f"bold {self.colour}" if self.loud else self.colour


LOOKS: Final = {
    HourState.ARCHIVED: Look("▅", "#009e73", loud=False, meaning="kept, byte for byte; the higher, the more was said"),
    HourState.EMPTY: Look("·", "#56b4e9", loud=False, meaning="nobody spoke: the platform said so"),
    HourState.PENDING: Look("○", "#f0e442", loud=False, meaning="not there yet; asked again"),
    HourState.FAILED: Look("!", "#cc79a7", loud=True, meaning="the last look failed; asked again"),
    HourState.EXPIRED: Look("✗", "#d55e00", loud=True, meaning="lost: the platform has deleted it"),
}


def busiest(statuses: Iterable[HourStatus]) -> int:
    """Return the most messages any of the hours has."""
    return max((status.rows or 0 for status in statuses), default=0)


def volume_level(status: HourStatus, most: int) -> int:
    """Return how much was said, from 0 to 7, by the square root, so that quiet hours differ too.

    Args:
        status: The hour.
        most: The most messages an hour has that is drawn beside it.
    """
    rows = min(status.rows or 0, most)
    return isqrt(49 * rows // most) if most else 0


def sign_of(status: HourStatus, most: int) -> str:
    """Return the hour's sign; see `volume_level`."""
    if status.state is HourState.ARCHIVED:
        return VOLUME_SIGNS[volume_level(status, most)]
    return LOOKS[status.state].sign
