"""Which hours a sample takes: a share that changes from day to day, so that in time it has taken every hour.

Each hour has a fixed place on a circle, by a hash of its app and key. A day's sample is an arc as long as the share,
and begins where the arc of the day before ended. So with 5% each hour is taken once in twenty days, whichever days they
are; the same day gives the same sample, and neither a list of what was taken nor randomness is needed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Final

from resources.hours.hour import Hour

EVERYTHING: Final = Fraction(1)
_CIRCLE: Final = 1_000_000
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%?", re.ASCII)


def share_of(percent: str) -> Fraction:
    """Read a share such as `5%` or `0.5`, always in percent.

    Raises:
        ValueError: It is no percentage above 0 and up to 100.
    """
    match = _PERCENT.fullmatch(percent.strip())
    share = Fraction(match[1]) / 100 if match else Fraction(0)
    if not 0 < share <= 1:
        raise ValueError(f"{percent!r} is no share. Write a percentage above 0 and up to 100, for example 5%.")
    return share


def sample_of(hours: Iterable[Hour], app: str, share: Fraction, day: date) -> list[Hour]:
    """Return those of an app's hours that the sample of a day takes, in their order.

    Args:
        hours: All hours.
        app: Whose hours they are, so that apps take different ones.
        share: How many of them, above 0 and up to 1; the finest step is a millionth.
        day: The day on which the sample is taken.
    """
    arc = max(1, round(share * _CIRCLE))
    return [hour for hour in hours if (_place(app, hour) + day.toordinal() * arc) % _CIRCLE < arc]


def _place(app: str, hour: Hour) -> int:
    return int.from_bytes(hashlib.sha256(f"{app} {hour}".encode()).digest()[:8], "big") % _CIRCLE
