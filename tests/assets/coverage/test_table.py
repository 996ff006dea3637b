"""The coverage table says of every hour what can be relied on, and where its messages are."""

from __future__ import annotations

import pytest

from assets.coverage.table import COVERAGE_SCHEMA, CoveredHour, coverage_table, is_complete
from resources.hours.hour import Hour
from resources.hours.state import HourState
from tests.assets.coverage.hours import REASONS, status


@pytest.mark.parametrize(
    ("state", "current", "complete"),
    [
        (HourState.ARCHIVED, True, True),
        (HourState.ARCHIVED, False, False),
        (HourState.EMPTY, True, True),
        (HourState.PENDING, True, False),
        (HourState.FAILED, True, False),
        (HourState.EXPIRED, True, False),
    ],
)
def test_only_what_was_said_and_can_be_queried_counts_as_complete(
    state: HourState, current: bool, complete: bool
) -> None:
    assert is_complete(status("2026110107", state, messages_current=current)) is complete


def test_each_hour_is_a_row_that_joins_the_messages() -> None:
    hours = [
        CoveredHour("acme__support", status("2026110107"), compacted=True, file="s3://b/day.parquet"),
        CoveredHour("acme__support", status("2026110108", HourState.EXPIRED), compacted=False, file=None),
    ]
    table = coverage_table(hours)
    assert table.schema.equals(COVERAGE_SCHEMA)
    first, second = table.to_pylist()
    assert (first["app"], first["app_name"], str(first["date"]), first["hour"]) == (
        "acme__support",
        "acme/support",
        "2026-11-01",
        7,
    )
    assert first["starts_at"] == Hour.from_key("2026110107").start
    assert (first["state"], first["complete"], first["rows"], first["compacted"]) == ("archived", True, 10, True)
    assert first["file"] == "s3://b/day.parquet"
    assert (second["state"], second["reason"], second["complete"]) == ("expired", "never_asked", False)
    assert (second["rows"], second["file"]) == (None, None)


def test_an_archive_without_hours_has_a_table_without_rows() -> None:
    assert coverage_table([]).schema.equals(COVERAGE_SCHEMA)


def test_every_state_has_a_row() -> None:
    hours = [CoveredHour("a", status("2026110107", state), compacted=False, file=None) for state in REASONS]
    assert coverage_table(hours)["state"].to_pylist() == [state.value for state in REASONS]
