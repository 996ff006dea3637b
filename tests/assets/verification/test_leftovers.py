"""What may be cleaned up: a table, and for whatever hypothesis thinks of, never what the archive needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.verification.leftovers import (
    Known,
    Leftovers,
    Standing,
    doubtful_days,
    is_silent,
    is_to_come,
    leftovers_of,
    standing_of,
)
from resources.archive.capture_record import CaptureRecord
from resources.archive.evidence import RawRevision
from resources.archive.layout import Layout
from resources.archive.ledger import NO_RECORDS, HourRecords
from resources.archive.messages_record import MessagesRecord
from resources.archive.objects import ListedObject
from resources.archive.removal import UnfinishedUpload
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY_OLD = timedelta(days=1)
LAYOUT = Layout("history/", "acme__support")
HOUR = Hour.from_key("2026112304")
RAW, MESSAGES, QUARANTINE = LAYOUT.raw(HOUR, "a" * 64), LAYOUT.messages(HOUR), LAYOUT.quarantine(HOUR)
DAY = LAYOUT.messages_daily(Day.of(HOUR))

NOTHING_KNOWN = Known(frozenset(), frozenset(), frozenset())

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


def knowing(named: Collection[str] = (), silent: Collection[Hour] = (), doubtful: Collection[Day] = ()) -> Known:
    return Known(frozenset(named), frozenset(silent), frozenset(doubtful))


def of_object(key: str, age: timedelta = timedelta(days=30), known: Known = NOTHING_KNOWN) -> Leftovers:
    return leftovers_of([listed(key, age)], [], known, LAYOUT, now=NOW, older_than=DAY_OLD)


def record(state: HourState, *revisions: RawRevision) -> CaptureRecord:
    return CaptureRecord.model_construct(state=state, raw_revisions=revisions)  # type: ignore[call-arg]


def revision(lines: int | None, damage: str | None = None) -> RawRevision:
    return RawRevision(sha256="a" * 64, bytes=10, lines=lines, damage=damage, captured_at=NOW)


@pytest.mark.parametrize(
    ("key", "becomes"),
    [
        (RAW, "not recorded"),
        (RAW.replace("a.jsonl", "a.copy.jsonl"), "nothing"),
        (f"{LAYOUT.raw_folder}notes.txt", "nothing"),
        (MESSAGES, "nothing"),
        (QUARANTINE, "nothing"),
        (DAY, "nothing"),
        (MESSAGES.replace("messages.parquet", "part-0.parquet"), "strange"),
        (QUARANTINE + ".tmp", "strange"),
        (DAY.replace("messages.parquet", "copy.parquet"), "strange"),
        (f"{LAYOUT.data_folders[1]}stray.parquet", "strange"),
        (MESSAGES.replace("hour=04", "hour=24"), "strange"),
        (LAYOUT.capture_record(HOUR), "nothing"),
        (f"{LAYOUT.ledger}notes.json", "nothing"),
        ("history/coverage/coverage.parquet", "nothing"),
        ("history/messages/app=acme__support2/a.parquet", "nothing"),
    ],
)
def test_what_becomes_of_an_old_object_that_no_record_names(key: str, becomes: str) -> None:
    entry = listed(key)
    expected = {
        "strange": Leftovers(strange=(entry,)),
        "not recorded": Leftovers(not_recorded=(entry,)),
        "nothing": Leftovers(),
    }
    assert of_object(key) == expected[becomes]


EVERY_HOUR = Day.of(HOUR).hours
OTHER_HOUR = HOUR.plus(1)


@pytest.mark.parametrize(
    ("key", "known", "unfounded"),
    [
        (MESSAGES, knowing(silent=[HOUR]), True),
        (QUARANTINE, knowing(silent=[HOUR]), True),
        (MESSAGES, knowing(silent=[OTHER_HOUR]), False),
        (MESSAGES, knowing(silent=[HOUR], named=[MESSAGES]), False),
        (MESSAGES, knowing(silent=[HOUR], doubtful=[Day.of(HOUR)]), False),
        (DAY, knowing(silent=EVERY_HOUR), True),
        (DAY, knowing(silent=EVERY_HOUR[1:]), False),
        (DAY, knowing(silent=EVERY_HOUR, doubtful=[Day.of(HOUR)]), False),
    ],
)
def test_only_what_the_ledger_gives_no_reason_for_and_no_run_replaces_is_unfounded(
    key: str, known: Known, unfounded: bool
) -> None:
    assert (standing_of(key, known, LAYOUT) is Standing.UNFOUNDED) is unfounded
    assert of_object(key, known=known) == Leftovers(unfounded=(listed(key),) if unfounded else ())


@pytest.mark.parametrize(
    ("capture", "silent"),
    [
        (None, False),
        (record(HourState.EMPTY), True),
        (record(HourState.EXPIRED), True),
        (record(HourState.PENDING), False),
        (record(HourState.FAILED), False),
        (record(HourState.ARCHIVED), False),
        (record(HourState.EMPTY, revision(lines=0)), True),
        (record(HourState.EMPTY, revision(lines=0), revision(lines=1)), False),
        (record(HourState.EXPIRED, revision(lines=3)), False),
        (record(HourState.EXPIRED, revision(lines=None, damage="cut")), False),
        (record(HourState.EXPIRED, revision(lines=0, damage="cut")), False),
    ],
)
def test_an_hour_is_silent_when_it_is_settled_and_no_file_of_it_holds_anything(
    capture: CaptureRecord | None, silent: bool
) -> None:
    assert is_silent(capture) is silent


UNDER_WAY = Hour.containing(NOW)


@pytest.mark.parametrize(
    ("hour", "records", "to_come"),
    [
        (UNDER_WAY.plus(-1), NO_RECORDS, False),
        (UNDER_WAY, NO_RECORDS, True),
        (UNDER_WAY.plus(24), NO_RECORDS, True),
        (Day.from_key("9999-12-31").hours[-1], NO_RECORDS, True),
        (UNDER_WAY, HourRecords(capture=record(HourState.PENDING)), False),
        (UNDER_WAY, HourRecords(messages=MessagesRecord(app="a/b", hour=UNDER_WAY.key, updated_at=NOW)), False),
    ],
    ids=str,
)
def test_an_hour_is_to_come_when_it_has_not_ended_and_nobody_recorded_anything_of_it(
    hour: Hour, records: HourRecords, to_come: bool
) -> None:
    assert is_to_come(hour, records, NOW) is to_come


@pytest.mark.parametrize(
    ("raw_keys", "doubtful"),
    [
        ([], set()),
        ([RAW], set()),
        ([RAW, LAYOUT.raw(HOUR, "b" * 64)], {Day.of(HOUR)}),
        ([f"{LAYOUT.raw_folder}date=2026-11-23/notes.txt"], {Day.of(HOUR)}),
        ([f"{LAYOUT.raw_folder}notes.txt"], set()),
    ],
)
def test_a_day_with_raw_objects_that_no_record_names_is_doubtful(raw_keys: list[str], doubtful: set[Day]) -> None:
    assert doubtful_days(raw_keys, {RAW}, LAYOUT) == doubtful


@pytest.mark.parametrize(("hours", "is_removable"), [(23, False), (24, True), (-2, False)])
def test_only_what_is_old_enough_by_s3s_clock_is_left_over(hours: int, is_removable: bool) -> None:
    age = timedelta(hours=hours)
    found = of_object(MESSAGES + "~", age)
    upload = UnfinishedUpload(MESSAGES, "an id", NOW - age)
    uploads = leftovers_of([], [upload], NOTHING_KNOWN, LAYOUT, now=NOW, older_than=DAY_OLD)
    assert (bool(found.strange), bool(uploads.uploads)) == (is_removable, is_removable)
    assert (found.young, uploads.young) == (int(not is_removable), int(not is_removable))


@given(keys, ages, st.booleans(), st.booleans())
def test_nothing_that_the_ledger_names_no_record_and_no_raw_file_is_ever_removable(
    key: str, age: timedelta, is_named: bool, is_silent: bool
) -> None:
    found = of_object(key, age, knowing(named=[key] if is_named else (), silent=EVERY_HOUR if is_silent else ()))
    for entry in (*found.strange, *found.unfounded):
        assert not is_named
        assert age >= DAY_OLD
        assert entry.key.startswith(LAYOUT.data_folders[1:])
        assert (entry in found.unfounded) is (entry.key in {MESSAGES, QUARANTINE, DAY})
    if not is_silent:
        assert found.unfounded == ()


@given(keys)
def test_uploads_to_elsewhere_are_left_alone(key: str) -> None:
    upload = UnfinishedUpload(key, "an id", NOW - timedelta(days=30))
    found = leftovers_of([], [upload], NOTHING_KNOWN, LAYOUT, now=NOW, older_than=DAY_OLD)
    assert bool(found.uploads) is key.startswith(LAYOUT.data_folders)
