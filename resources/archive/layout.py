"""Where each object lies in S3: one function a kind of object, and nothing else builds a key.

    {root}/raw/app={app}/date=YYYY-MM-DD/hour=HH/{sha256}.jsonl.gz        the platform's bytes, never changed
    {root}/messages/app={app}/date=YYYY-MM-DD/hour=HH/messages.parquet    one object per hour
    {root}/messages_daily/app={app}/date=YYYY-MM-DD/messages.parquet      a closed day, for fast queries
    {root}/quarantine/app={app}/date=YYYY-MM-DD/hour=HH/lines.parquet     what was not a message, and why
    {root}/ledger/app={app}/date=YYYY-MM-DD/hour=HH/capture.json          state and evidence, written by capture
    {root}/ledger/app={app}/date=YYYY-MM-DD/hour=HH/messages.json         what the table holds, written by conversion
    {root}/ledger/app={app}/date=YYYY-MM-DD/daily.json                    what the day's object holds
    {root}/ledger/app={app}/watch.json                                    losses, acknowledgements, alerts, open hours
    {root}/ledger/app={app}/verification.json                             what verifying found and nobody has mended
    {root}/coverage/coverage.parquet                                      one row per app and hour, for joins
    {root}/coverage.html                                                  a picture of it

`{app}` is the app's slug (letters, digits, underscores), so no key can leave its prefix. Dates and hours are UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from resources.hours.day import Day
from resources.hours.hour import Hour

_FOLDER = re.compile(r"date=(\d{4}-\d{2}-\d{2})/(?:hour=([01]\d|2[0-3])/)?", re.ASCII)
_LEDGER_KEY = re.compile(r"date=(\d{4}-\d{2}-\d{2})/hour=(\d{2})/(capture|messages)\.json", re.ASCII)
_LEDGER_KEY_OF_DAY = re.compile(r"date=(\d{4}-\d{2}-\d{2})/daily\.json", re.ASCII)
_APP = re.compile(r"app=(\w+)/", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DATA = ("raw", "messages", "quarantine", "messages_daily")


@dataclass(frozen=True, slots=True)
class Layout:
    """The keys of one app's objects.

    Attributes:
        prefix: The archive's prefix in the bucket, with a slash at its end, or nothing.
        slug: The app's slug.
    """

    prefix: str
    slug: str

    def raw(self, hour: Hour, sha256: str) -> str:
        """The key of a raw revision.

        Raises:
            ValueError: The digest is not a SHA-256 in lower-case hex.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no SHA-256 in hex, so it cannot name a raw revision.")
        return f"{self._folder('raw', hour)}{sha256}.jsonl.gz"

    def messages(self, hour: Hour) -> str:
        """The key of an hour's messages."""
        return f"{self._folder('messages', hour)}messages.parquet"

    def messages_daily(self, day: Day) -> str:
        """The key of a closed day's messages."""
        return f"{self.prefix}messages_daily/app={self.slug}/date={day}/messages.parquet"

    def quarantine(self, hour: Hour) -> str:
        """The key of an hour's quarantined lines."""
        return f"{self._folder('quarantine', hour)}lines.parquet"

    def capture_record(self, hour: Hour) -> str:
        """The key of the record that capturing writes."""
        return f"{self._folder('ledger', hour)}capture.json"

    def messages_record(self, hour: Hour) -> str:
        """The key of the record that conversion writes."""
        return f"{self._folder('ledger', hour)}messages.json"

    def daily_record(self, day: Day) -> str:
        """The key of the record that compacting a day writes."""
        return f"{self.ledger}date={day}/daily.json"

    @property
    def watch_record(self) -> str:
        """The key of the record of losses, acknowledgements and alerts."""
        return f"{self.ledger}watch.json"

    @property
    def verification_record(self) -> str:
        """The key of the record of what verifying found."""
        return f"{self.ledger}verification.json"

    @property
    def ledger(self) -> str:
        """The prefix of all of the app's records."""
        return f"{self.prefix}ledger/app={self.slug}/"

    @property
    def data_folders(self) -> tuple[str, ...]:
        """The prefixes of all that the records point to, and of nothing else."""
        return tuple(f"{self.prefix}{kind}/app={self.slug}/" for kind in _DATA)

    @property
    def raw_folder(self) -> str:
        """The prefix of all of the app's raw revisions."""
        return self.data_folders[0]

    def raw_hour(self, hour: Hour) -> str:
        """The prefix of an hour's raw revisions."""
        return self._folder("raw", hour)

    def ledger_hour(self, hour: Hour) -> str:
        """The prefix of an hour's records."""
        return self._folder("ledger", hour)

    def folders_of_day(self, day: Day) -> tuple[str, ...]:
        """The prefixes of all that belongs to a day: its data, its records, and whatever else lies there."""
        return tuple(f"{folder}date={day}/" for folder in (*self.data_folders, self.ledger))

    def folders_of_hour(self, hour: Hour) -> tuple[str, ...]:
        """The prefixes of all that belongs to an hour."""
        return tuple(f"{folder}hour={hour.start:%H}/" for folder in self.folders_of_day(Day.of(hour)))

    def place_of(self, key: str) -> tuple[Day | None, Hour | None]:
        """Return the day and the hour in whose folders a key lies; None where it lies in none."""
        for folder in (*self.data_folders, self.ledger):
            match = _FOLDER.match(key.removeprefix(folder)) if key.startswith(folder) else None
            if match is not None:
                try:
                    day = Day.from_key(match[1])
                except ValueError:  # a stranger's object, filed under a day that never was
                    return None, None
                return day, day.hours[int(match[2])] if match[2] else None
        return None, None

    def before_day_in_ledger(self, hour: Hour) -> str:
        """A key that sorts before every record of the hour's day and after those of all earlier days."""
        return f"{self.ledger}date={hour.start:%Y-%m-%d}"

    def hour_of_record(self, key: str) -> tuple[Hour, str] | None:
        """Return the hour and kind (`capture` or `messages`) of a ledger key, or None when it is no record's key."""
        match = _LEDGER_KEY.fullmatch(key.removeprefix(self.ledger)) if key.startswith(self.ledger) else None
        if match is None:
            return None
        try:
            hour = Hour.from_key(match[1].replace("-", "") + match[2])
        except ValueError:  # a stranger's object, named like a record of an hour that never was
            return None
        return hour, match[3]

    def day_of_record(self, key: str) -> Day | None:
        """Return the day of a ledger key, or None when it is not the key of a day's record."""
        match = _LEDGER_KEY_OF_DAY.fullmatch(key.removeprefix(self.ledger)) if key.startswith(self.ledger) else None
        try:
            return Day.from_key(match[1]) if match else None
        except ValueError:  # a stranger's object, named like the record of a day that never was
            return None

    def _folder(self, kind: str, hour: Hour) -> str:
        return f"{self.prefix}{kind}/app={self.slug}/date={hour.start:%Y-%m-%d}/hour={hour.start:%H}/"


def folders_of_apps(prefix: str) -> tuple[str, str]:
    """The prefixes in which every app of an archive has a folder: raw revisions and records."""
    return f"{prefix}raw/", f"{prefix}ledger/"


def slug_of(key: str, folder: str) -> str | None:
    """Return the slug of the app whose folder in a folder of apps a key lies in, or None when it lies in none."""
    match = _APP.match(key, len(folder))
    return match[1] if match else None


def after_app(folder: str, slug: str) -> str:
    """A key that sorts after all of an app's in a folder of apps, and before those of any app that comes later."""
    return f"{folder}app={slug}0"  # 0 comes next to the slash


def coverage_table(prefix: str) -> str:
    """The key of the table with a row per app and hour, for all apps of an archive."""
    return f"{prefix}coverage/coverage.parquet"


def coverage_page(prefix: str) -> str:
    """The key of the picture of it: not beside the table, for engines read a folder whole."""
    return f"{prefix}coverage.html"
