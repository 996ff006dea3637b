"""The moments of an hour's life, all counted from its end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy

HOUR = Hour.from_key("2026110123")


def after_the_end(moment: datetime) -> float:
    return (moment - HOUR.end) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("policy", "first_look", "settled", "final_look", "deadline"),
    [
        (HourPolicy(), 2, 24, 66, 72),
        (HourPolicy(publish_delay=timedelta(0)), 0, 24, 66, 72),
        (HourPolicy(retention=timedelta(days=7)), 2, 24, 162, 168),
        (HourPolicy(final_look=timedelta(hours=1)), 2, 24, 71, 72),
        (HourPolicy(retention=timedelta(hours=30)), 2, 24, 24, 30),
        (HourPolicy(retention=timedelta(hours=25)), 2, 24, 24, 25),
    ],
)
def test_an_hours_moments_count_from_its_end(
    policy: HourPolicy, first_look: float, settled: float, final_look: float, deadline: float
) -> None:
    assert after_the_end(policy.first_look_at(HOUR)) == first_look
    assert after_the_end(policy.settled_at(HOUR)) == settled
    assert after_the_end(policy.final_look_at(HOUR)) == final_look
    assert after_the_end(policy.deadline(HOUR)) == deadline
