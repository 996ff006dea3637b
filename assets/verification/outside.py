"""What lies in an app's folders outside the hours that were verified, where readers find it all the same. I/O only.

Before the archive's first hour, in hours that have not ended, and in no day at all. The archive may well have been
there: the first hour of the settings can be moved, and the clock of another machine can be ahead. So each of these
hours is verified as any other, and is whole if its records are there and agree. Only a gap is none: nobody says that
anything should be there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from assets.verification.daily_sample import by_day
from assets.verification.discrepancy import Discrepancy, Wrong
from assets.verification.expected import folder_of, what_lies_at
from assets.verification.verify import Verified, Verifier
from resources.archive.app_archive import AppArchive
from resources.hours.hour import Hour

_NOT_ENDED: Final = "its hour has not ended yet"
_BEFORE_THE_FIRST: Final = "before the archive's first hour: commands take its hour once first_hour is set to it"


@dataclass(frozen=True, slots=True)
class Outside:
    """What was found outside the hours that were verified.

    Attributes:
        verified: What looks at hours, and at days' objects, found.
        strays: What lies in no day's folder.
    """

    verified: tuple[Verified, ...] = ()
    strays: tuple[Discrepancy, ...] = ()


def look_outside(
    archive: AppArchive, looked_at: Collection[Hour], first_hour: Hour, now: datetime, *, read_data: bool
) -> Outside:
    """List everything in an app's folders, and verify the hours in which something lies and that were not looked at.

    Args:
        archive: The app's part of the archive.
        looked_at: The hours that were verified, and with the last of a day the day's own object.
        first_hour: The archive's first.
        now: By this machine's clock.
        read_data: As for the hours that were verified.

    Raises:
        ArchiveError: S3 cannot be read.
    """
    layout = archive.layout
    hours: set[Hour] = set()
    strays = []
    for folder in (layout.ledger, *layout.data_folders):
        for key in archive.bucket.keys(folder):
            day, hour = layout.place_of(key)
            if day is not None:
                hours.add(hour or day.hours[-1])
            elif what_lies_at(key, layout) is None:
                strays.append(Discrepancy(Wrong.EXTRA, folder_of(key, layout), "", key))
    days = by_day(hours.difference(looked_at))
    looks = Verifier(archive, now, read_data=read_data).verify(days)
    return Outside(tuple(_placed(each, first_hour, now) for found in looks for each in found), tuple(strays))


def _placed(verified: Verified, first_hour: Hour, now: datetime) -> Verified:
    """Leave out a gap, and say of everything else but a stranger's name where it lies."""
    place = ""
    if verified.hour >= Hour.containing(now):
        place = _NOT_ENDED
    elif verified.hour < first_hour:
        place = _BEFORE_THE_FIRST
    found = (each for each in verified.discrepancies if each.wrong is not Wrong.GAP)
    return replace(
        verified,
        discrepancies=tuple(
            each if each.wrong is Wrong.EXTRA else replace(each, detail="; ".join(filter(None, (each.detail, place))))
            for each in found
        ),
    )
