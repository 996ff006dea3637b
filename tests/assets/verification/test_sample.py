"""A sample is the same all day, other hours on other days, and every hour in time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.verification.sample import sample_of, share_of
from resources.hours.hour import Hour

HOURS = [Hour(datetime(2026, 11, 1, tzinfo=UTC)).plus(number) for number in range(100)]
TODAY = date(2026, 11, 23)

shares = st.integers(2, 100).map(lambda percent: Fraction(percent, 100))
days = st.dates(date(2020, 1, 1), date(2100, 1, 1))


@given(shares, days)
def test_every_hour_has_had_its_turn_after_as_many_days_as_there_are_shares(share: Fraction, first: date) -> None:
    turns = ceil(1 / share)
    taken = Counter(
        hour for turn in range(turns) for hour in sample_of(HOURS, "acme/support", share, first + timedelta(turn))
    )
    assert set(taken) == set(HOURS)
    if 1 / share == turns:
        assert set(taken.values()) == {1}


@given(shares, days)
def test_two_days_in_a_row_take_different_hours(share: Fraction, day: date) -> None:
    today = set(sample_of(HOURS, "acme/support", share, day))
    tomorrow = set(sample_of(HOURS, "acme/support", share, day + timedelta(1)))
    if share <= Fraction(1, 2):
        assert not today & tomorrow


def test_a_sample_has_about_its_share_and_apps_take_different_hours() -> None:
    many = [HOURS[0].plus(number) for number in range(20_000)]
    one = sample_of(many, "acme/support", share_of("5%"), TODAY)
    assert 900 < len(one) < 1100
    assert one == sorted(one)
    assert one != sample_of(many, "acme/mall", share_of("5%"), TODAY)


def test_all_of_it_is_all_of_it() -> None:
    assert sample_of(HOURS, "acme/support", share_of("100%"), TODAY) == HOURS


@pytest.mark.parametrize(
    ("written", "share"),
    [("5%", "1/20"), ("5", "1/20"), (" 0.5 % ", "1/200"), ("100%", "1"), ("33.3%", "333/1000")],
)
def test_shares_are_written_in_percent(written: str, share: str) -> None:
    assert share_of(written) == Fraction(share)


@pytest.mark.parametrize("written", ["", "0%", "101%", "-5%", "five", "5%%", "1e2", "0.00001%"])
def test_what_is_no_share_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="for example 5%"):
        share_of(written)
