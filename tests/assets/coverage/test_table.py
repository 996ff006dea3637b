"""The coverage table says of every hour what can be relied on, and where its messages are."""

from __future__ import annotations

import pytest

from assets.coverage.table import COVERAGE_SCHEMA, CoveredHour, coverage_table
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from tests.assets.coverage.hours import REASONS, status


@pytest.mark.parametrize(
    ("state", "doubt", "complete"),
    [
        (HourState.ARCHIVED, None, True),
        (HourState.ARCHIVED, Reason.MESSAGES_NOT_BUILT, False),
        (HourState.ARCHIVED, Reason.DAMAGED_FILE, False),
        (HourState.ARCHIVED, Reason.NOT_SETTLED, False),
        (HourState.EMPTY, None, True),
        (HourState.EMPTY, Reason.NOT_SETTLED, False),
        (HourState.PENDING, None, False),
        (HourState.FAILED, None, False),
        (HourState.EXPIRED, None, False),
    ],
)
def test_only_what_was_said_can_be_queried_and_is_not_doubted_counts_as_complete(
    state: HourState, doubt: Reason | None, complete: bool
) -> None:
    known = status("2026110107", state, doubt=doubt)
    (row,) = coverage_table([CoveredHour("acme__support", known, compacted=False, file=None)]).to_pylist()
    assert (row["state"], row["reason"], row["complete"]) == (state, doubt or REASONS[state], complete)


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
