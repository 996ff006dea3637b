"""What has to be there: the objects that the records of an hour or a day name, and what a key stands for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from assets.verification.discrepancy import Thing
from resources.archive.daily_record import DailyRecord
from resources.archive.layout import Layout
from resources.archive.ledger import HourRecords
from resources.hours.day import Day
from resources.hours.hour import Hour

_RAW_NAME: Final = re.compile(r"([0-9a-f]{64})\.jsonl\.gz", re.ASCII)


@dataclass(frozen=True, slots=True)
class ExpectedObject:
    """An object that a record names.

    Attributes:
        thing: What it is.
        key: Where it has to be: where the layout puts it, whatever key the record names.
        bytes: How long it has to be.
        sha256: Of its bytes.
    """

    thing: Thing
    key: str
    bytes: int
    sha256: str


def expected_of_hour(hour: Hour, records: HourRecords, layout: Layout) -> list[ExpectedObject]:
    """Return the objects that an hour's records name: raw revisions, damaged ones too, and what was made of them."""
    capture, messages = records.capture, records.messages
    expected = [
        ExpectedObject(Thing.RAW, layout.raw(hour, revision.sha256), revision.bytes, revision.sha256)
        for revision in (capture.raw_revisions if capture else ())
        if is_sha256(revision.sha256)
    ]
    if messages is not None and messages.messages is not None:
        made = messages.messages
        expected.append(ExpectedObject(Thing.MESSAGES, layout.messages(hour), made.bytes, made.sha256))
    if messages is not None and messages.quarantine is not None:
        made = messages.quarantine
        expected.append(ExpectedObject(Thing.QUARANTINE, layout.quarantine(hour), made.bytes, made.sha256))
    return expected


def expected_of_day(day: Day, record: DailyRecord | None, layout: Layout) -> list[ExpectedObject]:
    """Return the object that a day's record names."""
    if record is None:
        return []
    return [ExpectedObject(Thing.DAY, layout.messages_daily(day), record.object.bytes, record.object.sha256)]


def is_sha256(text: str) -> bool:
    """Tell whether a text is a SHA-256 in hex, as names of raw revisions are."""
    return _RAW_NAME.fullmatch(f"{text}.jsonl.gz") is not None


def what_lies_at(key: str, layout: Layout) -> Thing | None:
    """Return what the archive itself keeps under a key; None if it never writes there."""
    day, hour = layout.place_of(key)
    if key in {layout.watch_record, layout.verification_record}:
        return Thing.OTHER
    if day is not None and key == layout.messages_daily(day):
        return Thing.DAY
    if day is not None and key == layout.daily_record(day):
        return Thing.DAY_RECORD
    if hour is None:
        return None
    fixed = {
        layout.messages(hour): Thing.MESSAGES,
        layout.quarantine(hour): Thing.QUARANTINE,
        layout.capture_record(hour): Thing.CAPTURE_RECORD,
        layout.messages_record(hour): Thing.MESSAGES_RECORD,
    }
    return fixed.get(key) or (Thing.RAW if revision_at(key, layout) is not None else None)


def revision_at(key: str, layout: Layout) -> str | None:
    """Return the SHA-256 that a raw revision's key names, or None if it is no such key."""
    _, hour = layout.place_of(key)
    name = _RAW_NAME.fullmatch(key.rpartition("/")[2])
    return name[1] if name is not None and hour is not None and key == layout.raw(hour, name[1]) else None


def folder_of(key: str, layout: Layout) -> Thing:
    """Return of which kind the objects are among which a key lies."""
    things = zip(layout.data_folders, (Thing.RAW, Thing.MESSAGES, Thing.QUARANTINE, Thing.DAY), strict=True)
    return next((thing for folder, thing in things if key.startswith(folder)), Thing.OTHER)
