"""What Dagster's pages show of an hour: links that lead there, the ledger's numbers, and nothing that deceives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from assets.asset_metadata import messages_metadata, object_link, raw_history_metadata
from resources.archive.app_archive import AppArchive, app_archive
from resources.archive.capture_record import CaptureRecord
from resources.archive.evidence import RawRevision
from resources.archive.messages_record import MessageCounts, MessagesRecord, Oddity, PublishedObject
from resources.archive.objects import ArchiveBucket
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.settings import AppSettings, ArchiveSettings
from tests.fake_clock import FakeClock

HOUR = Hour.from_key("2026110112")
AWS = ArchiveSettings(root="s3://bucket/history", first_hour=HOUR)
OWN_SERVER = ArchiveSettings(root="s3://bucket/history", endpoint_url="http://127.0.0.1:9000/", first_hour=HOUR)
NEW = CaptureRecord.new("acme/support", HOUR, HourPolicy(), HOUR.end)


@pytest.fixture
def archive() -> AppArchive:
    app = AppSettings.model_validate(
        {
            "org": "acme",
            "app": "support",
            "rest_url": "https://rest.example.com",
            "download_hosts": ["storage.example.com"],
            "credentials": {"type": "token", "token": {"env": "TOKEN"}},
        },
    )
    return app_archive(app, ArchiveBucket(AWS, FakeClock(HOUR.end)))


def in_state(state: HourState, reason: Reason, *, confirmed: bool = False) -> CaptureRecord:
    return NEW.model_copy(update={"state": state, "reason": reason, "confirmed": confirmed})


def messages_record(**body_types: int) -> MessagesRecord:
    return MessagesRecord(
        app="acme/support",
        hour=HOUR.key,
        counts=MessageCounts(lines=7, messages=4, duplicates=1, conflicts=1, quarantined=2, outside_hour=1),
        messages=PublishedObject(key="history/messages/m.parquet", bytes=99, sha256="s"),
        first_message_at=HOUR.start,
        last_message_at=HOUR.start + timedelta(minutes=5),
        body_types=body_types,
        updated_at=HOUR.end,
    )


def test_a_link_leads_to_an_own_servers_object() -> None:
    link = object_link(OWN_SERVER, "history/raw/app=a/ä b?.gz")
    assert link == "http://127.0.0.1:9000/bucket/history/raw/app=a/%C3%A4%20b%3F.gz"


def test_a_link_leads_to_the_aws_consoles_page_of_an_object() -> None:
    link = object_link(AWS, "history/app=a/m.parquet")
    assert link == "https://s3.console.aws.amazon.com/s3/object/bucket?prefix=history%2Fapp%3Da%2Fm.parquet"


def test_raw_history_shows_its_latest_revision_and_the_sum_of_all(archive: AppArchive) -> None:
    moment = datetime(2026, 11, 1, 15, tzinfo=UTC)
    revisions = tuple(
        RawRevision(sha256=digit * 64, bytes=size, lines=1, captured_at=moment)
        for digit, size in (("a", 10), ("b", 20))
    )
    record = in_state(HourState.ARCHIVED, Reason.FILE_KEPT).model_copy(update={"raw_revisions": revisions})
    metadata = raw_history_metadata(HOUR, record, archive, AWS)
    assert (metadata["raw_revisions"].value, metadata["bytes"].value) == (2, 30)
    key = f"history/raw/app=acme__support/date=2026-11-01/hour=12/{'b' * 64}.jsonl.gz"
    assert metadata["dagster/uri"].value == f"s3://bucket/{key}"
    assert metadata["deadline"] == dg.MetadataValue.timestamp(HOUR.end + timedelta(hours=72))


@pytest.mark.parametrize("state", HourState)
def test_every_state_is_shown_by_its_plain_name_and_a_sentence(archive: AppArchive, state: HourState) -> None:
    metadata = raw_history_metadata(HOUR, in_state(state, Reason.LATE), archive, AWS)
    assert metadata["state"].value == str(state)
    assert type(metadata["state"].value) is str
    assert str(metadata["reason"].value).endswith(".")
    assert ("confirmed" in metadata) is (state is HourState.EMPTY)
    assert "dagster/uri" not in metadata


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_empty_hour_has_no_rows_and_tells_whether_that_is_confirmed(archive: AppArchive, confirmed: bool) -> None:
    record = in_state(HourState.EMPTY, Reason.NO_FILE, confirmed=confirmed)
    metadata = messages_metadata(HOUR, record, None, archive, AWS)
    assert (metadata["dagster/row_count"].value, metadata["confirmed"].value) == (0, confirmed)


@pytest.mark.parametrize("state", [HourState.EXPIRED, HourState.PENDING, HourState.FAILED])
def test_an_hour_we_do_not_have_claims_no_row_count(archive: AppArchive, state: HourState) -> None:
    only_failed = MessagesRecord(app="acme/support", hour=HOUR.key, failures_in_a_row=1, updated_at=HOUR.end)
    for messages in (None, only_failed):
        metadata = messages_metadata(HOUR, in_state(state, Reason.LATE), messages, archive, AWS)
        assert set(metadata) == {"state", "reason"}


def test_messages_show_the_ledgers_numbers(archive: AppArchive) -> None:
    record = in_state(HourState.ARCHIVED, Reason.FILE_KEPT)
    metadata = messages_metadata(HOUR, record, messages_record(txt=4), archive, AWS)
    shown = {name: value.value for name, value in metadata.items() if isinstance(value, dg.IntMetadataValue)}
    assert shown == {
        "dagster/row_count": 4,
        "bytes": 99,
        "lines": 7,
        "duplicates": 1,
        "conflicts": 1,
        "quarantined": 2,
        "outside_hour": 1,
        "id_time_differs": 0,
    }
    assert str(metadata["times_outside_the_hour"].value).startswith(
        "1 of 4 messages (25.0%) carry a time outside 12:00"
    )
    assert metadata["first_message_at"] == dg.MetadataValue.timestamp(HOUR.start)
    assert metadata["dagster/uri"].value == "s3://bucket/history/messages/m.parquet"


def test_drift_is_shown_as_a_table_that_no_name_can_break(archive: AppArchive) -> None:
    oddity = Oddity(kind="unknown_field", name="a|<b>[]", lines=1200, first_revision="f" * 64, first_line_number=7)
    record = in_state(HourState.ARCHIVED, Reason.FILE_KEPT)
    plain = messages_metadata(HOUR, record, messages_record(txt=4), archive, AWS)
    odd = messages_metadata(HOUR, record, messages_record(txt=4).model_copy(update={"drift": (oddity,)}), archive, AWS)
    assert plain["drift"] == dg.MetadataValue.md("none: every line has a documented form")
    assert str(odd["drift"].value).splitlines()[2:] == [
        "| unknown_field | `a··b·[]` | 1,200 | line 7 of `ffffffffffff` |"
    ]


def test_messages_without_a_time_show_none(archive: AppArchive) -> None:
    messages = messages_record().model_copy(update={"first_message_at": None, "last_message_at": None})
    metadata = messages_metadata(HOUR, in_state(HourState.ARCHIVED, Reason.FILE_KEPT), messages, archive, AWS)
    assert not {"first_message_at", "last_message_at"} & set(metadata)


def test_body_types_are_listed_the_most_frequent_first(archive: AppArchive) -> None:
    messages = messages_record(img=2, txt=1200, audio=2)
    metadata = messages_metadata(HOUR, in_state(HourState.ARCHIVED, Reason.FILE_KEPT), messages, archive, AWS)
    assert metadata["body_types"] == dg.MetadataValue.md(
        "| body type | messages |\n|---|---:|\n| `txt` | 1,200 |\n| `audio` | 2 |\n| `img` | 2 |"
    )


@pytest.mark.parametrize(
    "name",
    [
        "a|b",
        "`code`",
        "<script>alert(1)</script>",
        "[link](http://example.com)",
        "a\nb",
        "\x1b[31mred",
        "\u202eabc",
        "!",
    ],
)
def test_a_type_that_a_sender_made_up_cannot_break_the_page(archive: AppArchive, name: str) -> None:
    messages = messages_record(**{name: 1})
    metadata = messages_metadata(HOUR, in_state(HourState.ARCHIVED, Reason.FILE_KEPT), messages, archive, AWS)
    (row,) = str(metadata["body_types"].value).splitlines()[2:]
    shown = row.removeprefix("| `").removesuffix("` | 1 |")
    assert len(shown) == len(name)
    assert all(letter.isalnum() or letter in "._-()[]·" for letter in shown)
