"""A reader of the archive beside the campaign: whatever is there must be whole, and must never become less.

It reads S3 as an analyst does, without any fault on the way: again and again while runs are alive, and once after each
round, when what a killed run left is what a reader would find. What is there in the end is `audit.py`'s subject.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from threading import Event
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from resources.archive.ledger import NO_RECORDS, HourRecords
from resources.hours.hour import Hour, hours_between
from resources.settings import AppSettings
from resources.simulated_platform import SimulatedApp, Version
from resources.simulated_platform.hour_files import lines_of
from tests.chaos.world import FIRST_HOUR, ChaosWorld

_VERSIONS: Final = (Version.EARLY, Version.SETTLED)
_PAUSE: Final = 4.0
"""So many times as long as a look took, the reader waits before the next: the runs are to have the machine."""


class Reader:
    """Looks again and again, at what has changed since the last time.

    Attributes:
        looks_beside: How often it looked while runs were alive.
    """

    def __init__(self, world: ChaosWorld) -> None:
        self._world = world
        self._seen_records: dict[str, str] = {}
        self._seen: dict[str, str] = {}
        self._ids: dict[str, frozenset[str]] = {}
        self._rows: dict[str, int] = {}
        self._records: dict[str, dict[Hour, HourRecords]] = {}
        self._half_visible: dict[str, None] = {}
        self.looks_beside = 0

    @property
    def half_visible(self) -> list[str]:
        """What was there and was not whole, or had become less, or was older than its record, each once, in words."""
        return list(self._half_visible)

    def watch(self, over: Event) -> None:
        """Look again and again beside runs, until that is over."""
        pause = 0.0
        while not over.wait(pause):
            began = time.monotonic()
            self.look()
            self.looks_beside += 1
            pause = _PAUSE * (time.monotonic() - began)

    def look(self) -> None:
        """Read everything that is new or has changed.

        Records are read before anything else is listed: runs that are alive write meanwhile, but what a record names is
        there before the record.
        """
        self._read_records(self._etags())
        etags = self._etags()
        for key in (self._seen.keys() | self._named()) - etags.keys():
            self._found(f"{key} is missing")
        changed = {key for key, etag in etags.items() if etag != self._seen.get(key)}
        # Not only the hours that are due: a run whose clock is ahead asks for later ones.
        hours = list(hours_between(FIRST_HOUR, Hour.containing(self._world.clock.now())))
        for app in self._world.settings.apps:
            for hour in hours:
                key = self._world.archive(app).layout.messages(hour)
                if key in changed:
                    self._read_hour(key, app, hour)
                rows, named = self._rows.get(key, 0), self._rows_named(app, hour)
                if key in etags and rows < named:
                    self._found(f"{key} holds {rows} messages, and by its record {named}")
        for key in changed:
            if "/messages_daily/" in key:
                self._table(key)
        self._seen = etags

    def _read_records(self, etags: dict[str, str]) -> None:
        changed = {key for key, etag in etags.items() if etag != self._seen_records.get(key)}
        for app in self._world.settings.apps:
            archive = self._world.archive(app)
            hours = {place[0] for key in changed if (place := archive.layout.hour_of_record(key)) is not None}
            self._records.setdefault(app.name, {}).update(archive.ledger.records(hours).all_readable())
        self._seen_records = etags

    def _etags(self) -> dict[str, str]:
        bucket = self._world.bucket
        pages = bucket._client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=bucket.prefix)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}

    def records(self, app: AppSettings) -> Mapping[Hour, HourRecords]:
        """Return the records of an app's hours as they were at the last look."""
        return self._records.get(app.name, {})

    def _named(self) -> set[str]:
        """Return the keys of all objects that records name."""
        named: set[str] = set()
        for app in self._world.settings.apps:
            layout = self._world.archive(app).layout
            for hour, records in self.records(app).items():
                revisions = records.capture.raw_revisions if records.capture is not None else ()
                named |= {layout.raw(hour, revision.sha256) for revision in revisions}
                if records.messages is not None:
                    named |= {each.key for each in (records.messages.messages, records.messages.quarantine) if each}
            days = map(layout.day_of_record, self._seen_records)
            named |= {layout.messages_daily(day) for day in days if day is not None}
        return named

    def _rows_named(self, app: AppSettings, hour: Hour) -> int:
        """Return how many messages the hour has by its record."""
        messages = self.records(app).get(hour, NO_RECORDS).messages
        return 0 if messages is None else messages.counts.messages

    def _found(self, what: str) -> None:
        self._half_visible.setdefault(what)

    def _read_hour(self, key: str, app: AppSettings, hour: Hour) -> None:
        table = self._table(key)
        if table is None:
            return
        ids = frozenset(map(str, table.column("msg_id").to_pylist()))
        files = ids_of_files(self._world.simulated(app), hour)
        whole = frozenset[str]().union(*(each for each in files if each <= ids))
        if ids != whole or not ids:
            self._found(f"{key} holds {len(ids)} messages: a part of a file")
        if not self._ids.get(key, frozenset()) <= ids:
            self._found(f"{key} has lost messages it had")
        self._ids[key], self._rows[key] = ids, len(table)

    def _table(self, key: str) -> pa.Table | None:
        stored = self._world.bucket.read(key)  # proves the bytes
        try:
            return None if stored is None else pq.read_table(BytesIO(stored[0]))
        except pa.ArrowException:
            self._found(f"{key} is no whole Parquet file")
            return None


@lru_cache(maxsize=1024)
def ids_of_files(app: SimulatedApp, hour: Hour) -> tuple[frozenset[str], ...]:
    """Return the message ids of each file the platform ever serves of an hour: those of a reader's whole hours."""
    found = []
    for version in _VERSIONS:
        lines, parts = lines_of(app, hour, version), app.urls_per_hour
        borders = [len(lines) * part // parts for part in range(parts + 1)]
        found += [frozenset(line.message_id for line in lines[a:b]) for a, b in pairwise(borders)]
    return tuple(found)
