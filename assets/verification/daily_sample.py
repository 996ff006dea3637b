"""A day's sample of an app: which hours, in which order, for how long, and what is remembered of it. Plain Python.

Hours that were found damaged before are looked at first, so that a finding goes once it is mended. The other days come
in an order that changes daily: where the time does not suffice, it is not always the same ones that are left out.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from assets.verification.discrepancy import Discrepancy, Wrong
from assets.verification.sample import sample_of
from assets.verification.verify import Verified, Verifier
from resources.archive.app_archive import AppArchive
from resources.archive.verification_record import VerificationRecord
from resources.hours.day import Day
from resources.hours.hour import Hour, hours_between, last_finished_hour
from resources.hours.watched import watched_from

_HAVE_CHECKS_OF_THEIR_OWN = frozenset({Wrong.GAP, Wrong.NOT_BUILT})
"""The checks hours_lost, archive_lag and conservation see these in every hour that the watch reads."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What became of a sample.

    Attributes:
        app: The app, `org/app`.
        hours: How many hours were verified.
        not_reached: How many more should have been.
        objects: How many objects the records name.
        bytes: How many bytes were read and found to be right.
        discrepancies: What is not as it should be, apart from recent hours that were not asked for or built.
    """

    app: str
    hours: int
    not_reached: int
    objects: int
    bytes: int
    discrepancies: tuple[Discrepancy, ...]


def verify_sample(
    archive: AppArchive, first_hour: Hour, share: Fraction, now: datetime, may_go_on: Callable[[], bool]
) -> Sample:
    """Verify a sample with data, and write down what it found.

    Args:
        archive: The app's part of the archive.
        first_hour: The archive's first.
        share: How much of it is taken.
        now: By this machine's clock: which day's sample it is.
        may_go_on: Asked before each day of the sample.

    Raises:
        ArchiveError: S3 cannot be read or written.
        LocalDiskError: The temporary folder cannot be used.
    """
    before = archive.ledger.verification()
    written = {key: _hour_of(key, now) for key in before.damaged} if before is not None else {}
    known = [hour for hour in written.values() if hour is not None]
    not_hours = {key for key, hour in written.items() if hour is None}
    hours = sample_of(hours_between(first_hour, last_finished_hour(now)), archive.app.name, share, now.date())
    days = by_day({*known, *hours})
    first = {Day.of(hour) for hour in known}
    ordered = sorted(days, key=lambda day: (day not in first, hashlib.sha256(f"{now:%Y%m%d} {day}".encode()).digest()))
    verified: list[Verified] = []
    looked_at: list[Hour] = []
    looks = Verifier(archive, now, read_data=True).verify({day: days[day] for day in ordered})
    with closing(looks):
        try:
            for day in ordered:
                if not may_go_on():
                    break
                verified += next(looks)
                looked_at += days[day]
        finally:  # also when S3 fails half way: what was found by then is not forgotten
            _remember(archive, {*not_hours, *(hour.key for hour in looked_at)}, verified, now)
    return Sample(
        archive.app.name,
        hours=len(looked_at),
        not_reached=sum(map(len, days.values())) - len(looked_at),
        objects=sum(each.objects for each in verified),
        bytes=sum(each.bytes for each in verified),
        discrepancies=tuple(found for each in verified for found in _worth_a_finding(each, archive, now)),
    )


def by_day(hours: Collection[Hour]) -> dict[Day, list[Hour]]:
    """Return hours by their day, both in order."""
    days: dict[Day, list[Hour]] = defaultdict(list)
    for hour in sorted(hours):
        days[Day.of(hour)].append(hour)
    return days


def _hour_of(key: str, now: datetime) -> Hour | None:
    """Return the hour that a remembered key names; None for what is no hour that has ended: somebody wrote it."""
    try:
        hour = Hour.from_key(key)
    except ValueError:
        return None
    return hour if hour.start <= last_finished_hour(now).start else None


def _worth_a_finding(verified: Verified, archive: AppArchive, now: datetime) -> list[Discrepancy]:
    is_watched = verified.hour.start >= watched_from(now, archive.app.policy)
    return [found for found in verified.discrepancies if not (is_watched and found.wrong in _HAVE_CHECKS_OF_THEIR_OWN)]


def _remember(archive: AppArchive, looked_at: Collection[str], verified: Collection[Verified], now: datetime) -> None:
    found: Mapping[str, list[str]] = defaultdict(list)
    for each in verified:
        for discrepancy in _worth_a_finding(each, archive, now):
            found[discrepancy.hour].append(discrepancy.sentence)

    def change(record: VerificationRecord | None) -> VerificationRecord:
        record = record or VerificationRecord(app=archive.app.name, verified_at=now)
        return record.with_sample(looked_at, found, now)

    archive.ledger.update_verification(change)
