"""An hour's key, borders and name on the platform, wherever this machine stands."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.hours.hour import Hour, hours_between, last_finished_hour

OVERSEAS = UTC
CHINA = timezone(timedelta(hours=8))
ONE_HOUR = timedelta(hours=1)

moments = st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))  # noqa: DTZ001 - st adds it
hours = moments.map(Hour.containing)
whole_hour_zones = st.integers(-14, 14).map(lambda count: timezone(timedelta(hours=count)))


@pytest.fixture(params=["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def host_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in another zone: two with a changing clock, one half an hour off."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@given(hours)
def test_a_key_reads_back_as_its_hour(hour: Hour) -> None:
    assert Hour.from_key(hour.key) == hour
    assert len(hour.key) == 10


@given(moments)
def test_a_moment_lies_in_exactly_one_hour(moment: datetime) -> None:
    hour = Hour.containing(moment)
    assert hour.start <= moment < hour.end
    assert hour.end == hour.plus(1).start


@given(hours, st.integers(-20, 20))
def test_going_there_and_back_is_the_same_hour(hour: Hour, count: int) -> None:
    assert hour.plus(count).plus(-count) == hour
    assert hour.plus(count).start - hour.start == count * ONE_HOUR


@given(hours, hours)
def test_hours_keys_and_starts_sort_alike(one: Hour, other: Hour) -> None:
    assert (one < other) == (one.key < other.key) == (one.start < other.start)


@given(hours, whole_hour_zones)
def test_the_platforms_name_reads_back_as_its_hour(hour: Hour, zone: timezone) -> None:
    local = datetime.strptime(hour.platform_time(zone), "%Y%m%d%H").replace(tzinfo=zone)
    assert Hour.containing(local) == hour


@pytest.mark.parametrize(
    ("key", "zone", "platform_time"),
    [
        ("2026110117", OVERSEAS, "2026110117"),
        ("2026110117", CHINA, "2026110201"),
        ("2026110115", CHINA, "2026110123"),
        ("2026110116", CHINA, "2026110200"),
        ("2026123116", CHINA, "2027010100"),
        ("2028022816", CHINA, "2028022900"),
        ("2027022816", CHINA, "2027030100"),
        ("2026110100", timezone(timedelta(hours=-5)), "2026103119"),
    ],
)
def test_the_platform_names_an_hour_in_the_apps_zone(key: str, zone: timezone, platform_time: str) -> None:
    assert Hour.from_key(key).platform_time(zone) == platform_time


@pytest.mark.usefixtures("host_zone")
def test_the_zone_of_the_machine_changes_nothing() -> None:
    day = [Hour.from_key("2026110100").plus(count) for count in range(24)]
    assert [hour.key for hour in day] == [f"20261101{count:02}" for count in range(24)]
    assert [hour.platform_time(CHINA) for hour in day[:18:17]] == ["2026110108", "2026110201"]
    assert [Hour.containing(hour.start.astimezone()) for hour in day] == day


@pytest.mark.parametrize(
    "key",
    [
        "",
        "20261101",
        "202611010",
        "20261101000",
        "2026-11-01-00",
        "2026110100 ",
        "2026110100\n",
        "+026110100",
        "٢٠٢٦١١٠١٠٠",
        "0999123123",
        "2026110124",
        "2026113100",
        "2027022900",
        "2026130100",
        "2026000100",
    ],
)
def test_what_names_no_hour_is_refused_with_the_form_to_write(key: str) -> None:
    with pytest.raises(ValueError, match="Write YYYYMMDDHH in UTC") as refusal:
        Hour.from_key(key)
    assert repr(key) in str(refusal.value)


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 11, 1, 12),  # noqa: DTZ001 - a moment without a zone is the subject
        datetime(2026, 11, 1, 12, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 12, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 12, tzinfo=CHINA),
        datetime(2026, 11, 1, 12, tzinfo=ZoneInfo("UTC")),
    ],
)
def test_an_hour_starts_on_the_full_hour_in_utc(start: datetime) -> None:
    with pytest.raises(ValueError, match=r"Use Hour\.containing"):
        Hour(start)


def test_a_moment_without_a_zone_lies_in_no_hour() -> None:
    with pytest.raises(ValueError, match="names no zone"):
        Hour.containing(datetime(2026, 11, 1, 12))  # noqa: DTZ001 - a moment without a zone is the subject


@pytest.mark.parametrize(
    ("first", "last", "keys"),
    [
        ("2026110100", "2026110100", ["2026110100"]),
        ("2026113022", "2026120101", ["2026113022", "2026113023", "2026120100", "2026120101"]),
        ("2026123123", "2027010100", ["2026123123", "2027010100"]),
        ("2028022823", "2028022900", ["2028022823", "2028022900"]),
        ("2027022823", "2027030100", ["2027022823", "2027030100"]),
        ("2026110101", "2026110100", []),
    ],
)
def test_a_range_of_hours_holds_both_its_ends(first: str, last: str, keys: list[str]) -> None:
    assert [hour.key for hour in hours_between(Hour.from_key(first), Hour.from_key(last))] == keys


@pytest.mark.parametrize(
    ("now", "key"),
    [
        (datetime(2026, 11, 1, 12, 0, tzinfo=UTC), "2026110111"),
        (datetime(2026, 11, 1, 11, 59, 59, 999_999, tzinfo=UTC), "2026110110"),
        (datetime(2027, 1, 1, 0, 30, tzinfo=UTC), "2026123123"),
        (datetime(2026, 11, 1, 20, 30, tzinfo=CHINA), "2026110111"),
    ],
)
def test_the_newest_hour_is_the_last_one_that_has_ended(now: datetime, key: str) -> None:
    assert last_finished_hour(now).key == key


def test_an_hour_reads_as_its_key_and_survives_another_process() -> None:
    hour = Hour.from_key("2026110117")
    assert str(hour) == "2026110117"
    assert pickle.loads(pickle.dumps(hour)) == hour  # noqa: S301 - bytes made a moment ago
