"""What may be cleaned up: a table, and for whatever hypothesis thinks of, never what the archive needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.verification.leftovers import Leftovers, leftovers_of
from resources.archive.layout import Layout
from resources.archive.objects import ListedObject
from resources.archive.removal import UnfinishedUpload
from resources.hours.day import Day
from resources.hours.hour import Hour

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY_OLD = timedelta(days=1)
LAYOUT = Layout("history/", "acme__support")
HOUR = Hour.from_key("2026112304")
RAW, MESSAGES, QUARANTINE = LAYOUT.raw(HOUR, "a" * 64), LAYOUT.messages(HOUR), LAYOUT.quarantine(HOUR)
DAY = LAYOUT.messages_daily(Day.of(HOUR))

keys = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        [
            "history/raw/app=acme__support/",
            "history/messages/app=acme__support/",
            "history/messages_daily/app=acme__support/",
            "history/quarantine/app=acme__support/",
            "history/ledger/app=acme__support/",
            "history/messages/app=acme__support2/",
            "history/coverage/",
            "messages/app=acme__support/",
        ]
    ),
    st.sampled_from(
        ["", "date=2026-11-23/", "date=2026-11-23/hour=04/", "date=2026-13-99/", "date=2026-11-23/hour=24/"]
    ),
    st.sampled_from(
        ["messages.parquet", "lines.parquet", f"{'a' * 64}.jsonl.gz", "capture.json", "part-0.parquet", "x"]
    ),
)
ages = st.integers(-5, 100).map(lambda hours: timedelta(hours=hours))


def listed(key: str, age: timedelta = timedelta(days=30)) -> ListedObject:
    return ListedObject(key, 10, NOW - age)


def of_object(key: str, age: timedelta = timedelta(days=30), named: frozenset[str] = frozenset()) -> Leftovers:
    return leftovers_of([listed(key, age)], [], named, LAYOUT, now=NOW, older_than=DAY_OLD)


@pytest.mark.parametrize(
    ("key", "becomes"),
    [
        (RAW, "kept"),
        (RAW.replace("a.jsonl", "a.copy.jsonl"), "nothing"),
        (f"{LAYOUT.raw_folder}notes.txt", "nothing"),
        (MESSAGES, "nothing"),
        (QUARANTINE, "nothing"),
        (DAY, "nothing"),
        (MESSAGES.replace("messages.parquet", "part-0.parquet"), "removable"),
        (QUARANTINE + ".tmp", "removable"),
        (DAY.replace("messages.parquet", "copy.parquet"), "removable"),
        (f"{LAYOUT.data_folders[1]}stray.parquet", "removable"),
        (MESSAGES.replace("hour=04", "hour=24"), "removable"),
        (LAYOUT.capture_record(HOUR), "nothing"),
        (f"{LAYOUT.ledger}notes.json", "nothing"),
        ("history/coverage/coverage.parquet", "nothing"),
        ("history/messages/app=acme__support2/a.parquet", "nothing"),
    ],
)
def test_what_becomes_of_an_old_object_that_no_record_names(key: str, becomes: str) -> None:
    found = of_object(key)
    assert bool(found.objects) is (becomes == "removable")
    assert bool(found.not_recorded) is (becomes == "kept")


@pytest.mark.parametrize(("hours", "is_removable"), [(23, False), (24, True), (-2, False)])
def test_only_what_is_old_enough_by_s3s_clock_is_left_over(hours: int, is_removable: bool) -> None:
    age = timedelta(hours=hours)
    found = of_object(MESSAGES + "~", age)
    upload = UnfinishedUpload(MESSAGES, "an id", NOW - age)
    uploads = leftovers_of([], [upload], (), LAYOUT, now=NOW, older_than=DAY_OLD)
    assert (bool(found.objects), bool(uploads.uploads)) == (is_removable, is_removable)
    assert (found.young, uploads.young) == (int(not is_removable), int(not is_removable))


@given(keys, ages, st.booleans())
def test_nothing_that_the_ledger_names_and_no_raw_file_is_ever_removable(
    key: str, age: timedelta, is_named: bool
) -> None:
    found = of_object(key, age, frozenset({key} if is_named else ()))
    for entry in found.objects:
        assert not is_named
        assert age >= DAY_OLD
        assert entry.key.startswith(LAYOUT.data_folders[1:])
        assert entry.key not in {MESSAGES, QUARANTINE, DAY}


@given(keys)
def test_uploads_to_elsewhere_are_left_alone(key: str) -> None:
    upload = UnfinishedUpload(key, "an id", NOW - timedelta(days=30))
    found = leftovers_of([], [upload], (), LAYOUT, now=NOW, older_than=DAY_OLD)
    assert bool(found.uploads) is key.startswith(LAYOUT.data_folders)
