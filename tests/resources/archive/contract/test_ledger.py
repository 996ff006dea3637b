"""The ledger: concurrent changes add up, and what cannot be read is said clearly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from resources.archive.capture_record import CaptureRecord
from resources.archive.errors import ArchiveDamaged, ArchiveSuperseded
from resources.archive.evidence import Look
from resources.archive.layout import Layout
from resources.archive.ledger import HourRecords, HoursRead, Ledger
from resources.archive.messages_record import MessagesRecord
from resources.archive.objects import ArchiveBucket
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.hours.verdict import Verdict
from tests.resources.archive.troubled_wire import after, answered, lost_answer, troubled

HOUR = Hour.from_key("2026110112")
WRITERS = 16
NEW = CaptureRecord.new("acme/support", HOUR, HourPolicy(), HOUR.end)


@pytest.fixture
def ledger(bucket: ArchiveBucket) -> Ledger:
    return Ledger(bucket, Layout(bucket.prefix, "acme__support"))


def with_look(record: CaptureRecord | None, number: int) -> CaptureRecord:
    look = Look(asked_at=HOUR.end + timedelta(minutes=number), state=HourState.PENDING, reason=Reason.LATE)
    before = record or NEW
    return before.with_look(look, Verdict(HourState.PENDING, Reason.LATE), (), before.deadline)


def messages_record(hour: Hour) -> MessagesRecord:
    return MessagesRecord(app="acme/support", hour=hour.key, updated_at=hour.end)


def capture_record(hour: Hour) -> CaptureRecord:
    return CaptureRecord.new("acme/support", hour, HourPolicy(), hour.end)


def fill(ledger: Ledger, *hours: Hour) -> None:
    for hour in hours:
        ledger.update_capture(hour, lambda _, hour=hour: capture_record(hour))  # type: ignore[misc]


def test_what_nobody_wrote_is_none(ledger: Ledger) -> None:
    assert (ledger.capture(HOUR), ledger.messages(HOUR), ledger.watch()) == (None, None, None)


def test_a_change_is_applied_to_what_is_there_and_returned(ledger: Ledger) -> None:
    first = ledger.update_capture(HOUR, lambda record: with_look(record, 1))
    second = ledger.update_capture(HOUR, lambda record: with_look(record, 2))
    assert (first.looks_total, second.looks_total) == (1, 2)
    assert ledger.capture(HOUR) == second


def test_a_change_that_changes_nothing_writes_nothing(ledger: Ledger) -> None:
    ledger.update_capture(HOUR, lambda _: NEW)
    with troubled(ledger.bucket, "PutObject") as puts:
        assert ledger.update_capture(HOUR, lambda record: record or NEW) == NEW
    assert puts == []


def test_case_33_looks_written_at_the_same_time_are_all_kept(ledger: Ledger) -> None:
    at_once = Barrier(WRITERS)

    def look(number: int) -> None:
        at_once.wait(timeout=60)
        ledger.update_capture(HOUR, lambda record: with_look(record, number))

    with ThreadPoolExecutor(WRITERS) as writers:
        tuple(writers.map(look, range(WRITERS)))
    record = ledger.capture(HOUR)
    assert record is not None
    assert record.looks_total == WRITERS
    assert sorted(look.asked_at for look in record.looks) == [HOUR.end + timedelta(minutes=n) for n in range(WRITERS)]


def test_whoever_comes_second_applies_his_change_to_what_the_first_wrote(ledger: Ledger) -> None:
    other = Ledger(ArchiveBucket(ledger.bucket._settings, ledger.bucket.clock), ledger.layout)

    def overtake() -> None:
        other.update_capture(HOUR, lambda record: with_look(record, 1))

    with troubled(ledger.bucket, "PutObject", after(overtake)):
        record = ledger.update_capture(HOUR, lambda record: with_look(record, 2))
    assert [look.asked_at.minute for look in record.looks] == [1, 2]


def test_a_change_whose_answer_was_lost_is_made_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with troubled(ledger.bucket, "PutObject", lost_answer):
        ledger.update_capture(HOUR, lambda record: with_look(record, 1))
    record = ledger.capture(HOUR)
    assert record is not None
    assert record.looks_total == 1


def test_a_change_that_is_overtaken_every_time_gives_up_and_says_so(ledger: Ledger) -> None:
    with (
        troubled(ledger.bucket, "PutObject", *[answered(412, "PreconditionFailed")] * 32),
        pytest.raises(ArchiveSuperseded, match="Run it again"),
    ):
        ledger.update_capture(HOUR, lambda record: with_look(record, 1))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", NEW.model_dump_json().replace("pending", "lost").encode()],
    ids=["no bytes", "half an object", "a list", "no fields", "an unknown state"],
)
def test_a_record_that_cannot_be_read_is_said_clearly_and_left_alone(
    ledger: Ledger, s3_client: Any, content: bytes
) -> None:
    key = ledger.layout.capture_record(HOUR)
    s3_client.put_object(Bucket=ledger.bucket.name, Key=key, Body=content)
    with pytest.raises(ArchiveDamaged, match=r"capture\.json cannot be read.*restore it"):
        ledger.capture(HOUR)
    with pytest.raises(ArchiveDamaged):
        ledger.update_capture(HOUR, lambda _: NEW)
    assert s3_client.get_object(Bucket=ledger.bucket.name, Key=key)["Body"].read() == content


def test_the_records_of_hours_are_those_that_were_written(ledger: Ledger) -> None:
    both, captured, nothing, converted, later = (HOUR.plus(n) for n in range(5))
    fill(ledger, both, captured, later)
    for hour in (both, converted):
        ledger.update_messages(hour, lambda _, hour=hour: messages_record(hour))  # type: ignore[misc]
    assert ledger.records([both, captured, nothing, converted]).readable == {
        both: HourRecords(capture_record(both), messages_record(both)),
        captured: HourRecords(capture_record(captured), None),
        converted: HourRecords(None, messages_record(converted)),
    }
    assert ledger.captured_hours([nothing, both, converted, captured]) == {both, captured}


def test_of_no_hours_there_are_no_records_and_no_request(ledger: Ledger) -> None:
    with troubled(ledger.bucket, "ListObjectsV2") as requests:
        assert ledger.records([]) == HoursRead()
        assert ledger.captured_hours([]) == frozenset()
    assert requests == []


def test_objects_of_strangers_in_the_ledger_are_passed_over(ledger: Ledger, s3_client: Any) -> None:
    fill(ledger, HOUR)
    for name in ("date=2026-11-01/hour=77/capture.json", "date=2026-11-01/notes.txt", "date=2026-13-01/hour=01/x"):
        s3_client.put_object(Bucket=ledger.bucket.name, Key=f"{ledger.layout.ledger}{name}", Body=b"x")
    assert ledger.captured_hours([HOUR]) == {HOUR}


def test_another_apps_records_are_not_taken_for_ours(ledger: Ledger) -> None:
    for slug in ("acme__support2", "acme__suppor", "acme"):
        fill(Ledger(ledger.bucket, Layout(ledger.bucket.prefix, slug)), HOUR)
    assert ledger.captured_hours([HOUR]) == frozenset()
    assert ledger.records([HOUR]) == HoursRead()


def test_a_listing_reads_no_further_than_the_last_hour_asked_for(ledger: Ledger) -> None:
    fill(ledger, *(HOUR.plus(n) for n in range(6)))
    ledger.bucket._client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2",
        lambda params, **_: params | {"MaxKeys": 2},
    )
    with troubled(ledger.bucket, "ListObjectsV2") as requests:
        assert ledger.captured_hours([HOUR]) == {HOUR}
    assert len(requests) == 1
