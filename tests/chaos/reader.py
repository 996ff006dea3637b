"""A reader of the archive beside the campaign: whatever is there must be whole, and must never become less.

It reads S3 as an analyst does, without any fault on the way, while no run is alive: what a killed run left is what a
reader would find. What is there in the end is `audit.py`'s subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from resources.archive.ledger import NO_RECORDS, HourRecords
from resources.hours.hour import Hour
from resources.settings import AppSettings
from resources.simulated_platform import SimulatedApp, Version
from resources.simulated_platform.hour_files import lines_of
from tests.chaos.world import ChaosWorld

_VERSIONS: Final = (Version.EARLY, Version.SETTLED)


class Reader:
    """Looks again and again, at what has changed since the last time.

    Attributes:
        half_visible: What was there and was not whole, or had become less, in words.
    """

    def __init__(self, world: ChaosWorld) -> None:
        self._world = world
        self._seen: dict[str, str] = {}
        self._ids: dict[str, frozenset[str]] = {}
        self._raw: frozenset[str] = frozenset()
        self._records: dict[str, dict[Hour, HourRecords]] = {}
        self.half_visible: list[str] = []

    def look(self) -> None:
        """Read every object that is new or has changed."""
        etags = self._etags()
        for app in self._world.settings.apps:
            archive = self._world.archive(app)
            layout = archive.layout
            changed = {
                place[0]
                for key in etags
                if etags[key] != self._seen.get(key) and (place := layout.hour_of_record(key)) is not None
            }
            self._records.setdefault(app.name, {}).update(archive.ledger.records(changed).all_readable())
            for hour in self._world.ended_hours():
                key = layout.messages(hour)
                if key in etags and etags[key] != self._seen.get(key):
                    self._read_hour(key, app, hour)
                elif key not in etags and (key in self._seen or self._names_an_object(app, hour)):
                    self.half_visible.append(f"{key} is missing")
        raw = frozenset(key for key in etags if "/raw/" in key)
        self.half_visible += [f"{key} is missing" for key in self._raw - raw]
        for key in etags:
            if "/messages_daily/" in key and etags[key] != self._seen.get(key):
                self._table(key)
        self._seen, self._raw = etags, raw

    def _etags(self) -> dict[str, str]:
        bucket = self._world.bucket
        pages = bucket._client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=bucket.prefix)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}

    def records(self, app: AppSettings) -> Mapping[Hour, HourRecords]:
        """Return the records of an app's hours as they were at the last look."""
        return self._records.get(app.name, {})

    def _names_an_object(self, app: AppSettings, hour: Hour) -> bool:
        messages = self.records(app).get(hour, NO_RECORDS).messages
        return messages is not None and messages.messages is not None

    def _read_hour(self, key: str, app: AppSettings, hour: Hour) -> None:
        table = self._table(key)
        if table is None:
            return
        ids = frozenset(map(str, table.column("msg_id").to_pylist()))
        files = ids_of_files(self._world.simulated(app), hour)
        whole = frozenset[str]().union(*(each for each in files if each <= ids))
        if ids != whole or not ids:
            self.half_visible.append(f"{key} holds {len(ids)} messages: a part of a file")
        if not self._ids.get(key, frozenset()) <= ids:
            self.half_visible.append(f"{key} has lost messages it had")
        self._ids[key] = ids

    def _table(self, key: str) -> pa.Table | None:
        stored = self._world.bucket.read(key)  # proves the bytes
        try:
            return None if stored is None else pq.read_table(BytesIO(stored[0]))
        except pa.ArrowException:
            self.half_visible.append(f"{key} is no whole Parquet file")
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
