"""A UTC day and its hours."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.hours.day import Day
from resources.hours.hour import Hour

days = st.dates(date(2000, 1, 1), date(2999, 12, 31)).map(Day)


@given(day=days)
def test_a_days_key_names_it(day: Day) -> None:
    assert Day.from_key(day.key) == day


@given(day=days)
def test_a_day_has_24_hours_in_order_and_each_lies_in_it(day: Day) -> None:
    assert len(day.hours) == 24
    assert list(day.hours) == sorted(day.hours)
    assert {Day.of(hour) for hour in day.hours} == {day}


def test_the_hour_before_a_day_is_the_last_of_the_day_before() -> None:
    assert Day.from_key("2026-11-01").hour_before == Day.from_key("2026-10-31").hours[-1]


def test_a_day_begins_at_midnight_utc() -> None:
    assert Day.from_key("2026-11-01").hours[0] == Hour.from_key("2026110100")


@pytest.mark.parametrize(
    "key", ["", "2026-11-1", "20261101", "2026-02-30", "0999-12-31", "2026-11-01 ", "\u0662026-11-01", "2026-11-01\n"]
)
def test_what_is_no_day_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="day"):
        Day.from_key(key)
