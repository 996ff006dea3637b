"""What counts as missing, altered, extra, not recorded or under way: a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assets.verification.compare import LONGEST_RUN, Seen, compare
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import ExpectedObject
from resources.archive.layout import Layout
from resources.hours.day import Day
from resources.hours.hour import Hour

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAYOUT = Layout("history/", "acme__support")
HOUR = Hour.from_key("2026112304")
RAW, MESSAGES = LAYOUT.raw(HOUR, "a" * 64), LAYOUT.messages(HOUR)
DAY = LAYOUT.messages_daily(Day.of(HOUR))
OURS, ANOTHERS = "b" * 64, "c" * 64
YOUNG, OLD = NOW - LONGEST_RUN + timedelta(minutes=1), NOW - LONGEST_RUN


@pytest.mark.parametrize(
    ("expected", "seen", "outcome"),
    [
        (MESSAGES, None, Wrong.MISSING),
        (MESSAGES, Seen(10, OLD, OURS), None),
        (MESSAGES, Seen(11, OLD, OURS), Wrong.ALTERED),
        (MESSAGES, Seen(10, OLD, None), Wrong.ALTERED),
        (MESSAGES, Seen(10, YOUNG, None), Wrong.ALTERED),
        (MESSAGES, Seen(10, OLD, ANOTHERS), Wrong.ALTERED),
        (MESSAGES, Seen(12, YOUNG, ANOTHERS), "under way"),
        (MESSAGES, Seen(11, YOUNG, OURS), Wrong.ALTERED),  # a run's object has another length and another digest
        (RAW, Seen(12, YOUNG, ANOTHERS), Wrong.ALTERED),  # a raw revision is never replaced
    ],
)
def test_an_object_that_a_record_names(expected: str, seen: Seen | None, outcome: Wrong | str | None) -> None:
    thing = Thing.RAW if expected == RAW else Thing.MESSAGES
    there = {expected: seen} if seen is not None else {}
    found = compare(HOUR.key, [ExpectedObject(thing, expected, 10, OURS)], there, LAYOUT, NOW)
    assert [each.wrong for each in found.discrepancies] == ([outcome] if isinstance(outcome, Wrong) else [])
    assert found.under_way == ((expected,) if outcome == "under way" else ())


@pytest.mark.parametrize(
    ("key", "written_at", "outcome"),
    [
        (RAW, OLD, (Wrong.NOT_RECORDED, Thing.RAW)),
        (RAW, YOUNG, "under way"),
        (MESSAGES, OLD, (Wrong.NOT_RECORDED, Thing.MESSAGES)),
        (MESSAGES, YOUNG, "under way"),
        (DAY, OLD, (Wrong.NOT_RECORDED, Thing.DAY)),
        (LAYOUT.quarantine(HOUR), OLD, (Wrong.NOT_RECORDED, Thing.QUARANTINE)),
        (RAW.replace(".jsonl.gz", ".json"), YOUNG, (Wrong.EXTRA, Thing.RAW)),
        (RAW.upper(), OLD, (Wrong.EXTRA, Thing.OTHER)),
        (MESSAGES + ".tmp", YOUNG, (Wrong.EXTRA, Thing.MESSAGES)),
        (DAY.replace("messages.parquet", "old.parquet"), OLD, (Wrong.EXTRA, Thing.DAY)),
        (LAYOUT.capture_record(HOUR), OLD, None),
        (LAYOUT.messages_record(HOUR), OLD, None),
        (LAYOUT.daily_record(Day.of(HOUR)), OLD, None),
        (LAYOUT.capture_record(HOUR) + "~", OLD, (Wrong.EXTRA, Thing.OTHER)),
    ],
)
def test_an_object_that_no_record_names(
    key: str, written_at: datetime, outcome: tuple[Wrong, Thing] | str | None
) -> None:
    found = compare(HOUR.key, [], {key: Seen(10, written_at, OURS)}, LAYOUT, NOW)
    named = [(each.wrong, each.thing) for each in found.discrepancies]
    assert named == ([outcome] if isinstance(outcome, tuple) else [])
    assert found.under_way == ((key,) if outcome == "under way" else ())


@pytest.mark.parametrize("wrong", list(Wrong))
@pytest.mark.parametrize("thing", list(Thing))
def test_whatever_is_wrong_there_is_something_to_do(wrong: Wrong, thing: Thing) -> None:
    discrepancy = Discrepancy(wrong, thing, HOUR.key, MESSAGES, "so and so")
    assert discrepancy.remedy.endswith(".")
    assert discrepancy.sentence == f"{wrong}: {thing} {MESSAGES} (so and so). " + (
        discrepancy.remedy.replace("HOUR", HOUR.key)
    )
