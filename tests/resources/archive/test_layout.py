"""Where each object lies: the keys as the design prints them, and nothing outside an app's prefix."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from resources.archive.layout import Layout
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.settings import AppSettings

LAYOUT = Layout("history/", "acme__support")
HOUR = Hour.from_key("2026110107")
SHA256 = "0123456789abcdef" * 4

hours = st.integers(0, 24 * 365 * 100).map(Hour(datetime(2000, 1, 1, tzinfo=UTC)).plus)


def app_settings(**settings: object) -> AppSettings:
    return AppSettings.model_validate(
        {
            "org": "acme",
            "app": "support",
            "rest_url": "https://rest.example.com",
            "download_hosts": ["storage.example.com"],
            "credentials": {"type": "token", "token": {"env": "TOKEN"}},
            **settings,
        },
    )


def test_the_keys_are_as_the_design_prints_them() -> None:
    assert [
        LAYOUT.raw(HOUR, SHA256),
        LAYOUT.messages(HOUR),
        LAYOUT.quarantine(HOUR),
        LAYOUT.capture_record(HOUR),
        LAYOUT.messages_record(HOUR),
    ] == [
        f"history/raw/app=acme__support/date=2026-11-01/hour=07/{SHA256}.jsonl.gz",
        "history/messages/app=acme__support/date=2026-11-01/hour=07/messages.parquet",
        "history/quarantine/app=acme__support/date=2026-11-01/hour=07/lines.parquet",
        "history/ledger/app=acme__support/date=2026-11-01/hour=07/capture.json",
        "history/ledger/app=acme__support/date=2026-11-01/hour=07/messages.json",
    ]


def test_an_archive_may_lie_at_the_root_of_its_bucket() -> None:
    assert Layout("", "a").messages(HOUR) == "messages/app=a/date=2026-11-01/hour=07/messages.parquet"


@pytest.mark.parametrize("digest", ["", "abc", SHA256.upper(), f"../../{SHA256}", f"{SHA256}/x", f"{SHA256}\n"])
def test_only_a_sha256_in_lower_case_names_a_raw_revision(digest: str) -> None:
    with pytest.raises(ValueError, match="is no SHA-256"):
        LAYOUT.raw(HOUR, digest)


@given(hour=hours)
def test_a_records_key_tells_its_hour_and_kind(hour: Hour) -> None:
    assert LAYOUT.hour_of_record(LAYOUT.capture_record(hour)) == (hour, "capture")
    assert LAYOUT.hour_of_record(LAYOUT.messages_record(hour)) == (hour, "messages")


@pytest.mark.parametrize(
    "key",
    [
        "",
        LAYOUT.ledger,
        LAYOUT.watch_record,
        LAYOUT.messages(HOUR),
        Layout("history/", "acme__mall").capture_record(HOUR),
        Layout("", "acme__support").capture_record(HOUR),
        "date=2026-11-01/hour=07/capture.json",
        f"{LAYOUT.ledger}date=2026-02-30/hour=07/capture.json",
        f"{LAYOUT.ledger}date=0001-01-01/hour=00/capture.json",
        f"{LAYOUT.ledger}date=2026-11-01/hour=24/capture.json",
        f"{LAYOUT.ledger}date=2026-11-01/hour=\u0660\u0667/capture.json",
        f"{LAYOUT.ledger}date=2026-11-01/hour=07/capture.json.bak",
        f"{LAYOUT.ledger}date=2026-11-01/hour=07/lines.json",
        f"{LAYOUT.ledger}date=2026-11-01/hour=07/capture.json\n",
    ],
)
def test_what_is_no_record_of_the_app_is_not_taken_for_one(key: str) -> None:
    assert LAYOUT.hour_of_record(key) is None


@given(hour=hours)
def test_every_key_of_an_hour_lies_in_its_folders(hour: Hour) -> None:
    keys = [
        LAYOUT.raw(hour, SHA256),
        LAYOUT.messages(hour),
        LAYOUT.quarantine(hour),
        LAYOUT.capture_record(hour),
        LAYOUT.messages_record(hour),
    ]
    day = Day.of(hour)
    for key in keys:
        assert LAYOUT.place_of(key) == (day, hour)
        assert key.startswith(LAYOUT.folders_of_hour(hour))
        assert key.startswith(LAYOUT.folders_of_day(day))
    for key in (LAYOUT.messages_daily(day), LAYOUT.daily_record(day)):
        assert LAYOUT.place_of(key) == (day, None)
        assert key.startswith(LAYOUT.folders_of_day(day))


@pytest.mark.parametrize(
    "key",
    [
        "",
        LAYOUT.ledger,
        LAYOUT.watch_record,
        LAYOUT.verification_record,
        "history/coverage/coverage.parquet",
        Layout("history/", "acme__support2").messages(HOUR),
        Layout("", "acme__support").messages(HOUR),
        LAYOUT.messages(HOUR).replace("2026-11-01", "2026-02-30"),
        LAYOUT.messages(HOUR).replace("2026-11-01", "0001-01-01"),
        LAYOUT.messages(HOUR).replace("2026-11-01", "\u0662\u0660\u0662\u0666-11-01"),
    ],
)
def test_what_lies_in_no_days_folder_of_the_app_has_no_place(key: str) -> None:
    assert LAYOUT.place_of(key) == (None, None)


@given(hour=hours, other=hours)
def test_a_listing_of_a_days_records_starts_with_that_day(hour: Hour, other: Hour) -> None:
    listed = LAYOUT.capture_record(other) > LAYOUT.before_day_in_ledger(hour)
    assert listed == (other.start.date() >= hour.start.date())


@given(first=hours, second=hours)
def test_records_sort_by_time(first: Hour, second: Hour) -> None:
    assert (LAYOUT.capture_record(first) < LAYOUT.capture_record(second)) == (first < second)


@given(org=st.text("AZaz09._-", min_size=1, max_size=64).filter(lambda name: name[0].isalnum()))
def test_no_name_the_platform_allows_escapes_the_apps_folder(org: str) -> None:
    layout = Layout("history/", app_settings(org=org).slug)
    folders = layout.messages(HOUR).split("/")
    assert folders[:2] == ["history", "messages"]
    assert len(folders) == 6
    assert not {"", ".", ".."} & set(folders)


@pytest.mark.parametrize("slug", ["..", "a/b", "a=b", "a b", "a\n", "é", "a*", "a%2Fb"])
def test_a_slug_that_is_no_plain_word_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError, match="slug"):
        app_settings(slug=slug)
