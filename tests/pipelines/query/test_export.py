"""An export holds what a person or a conversation said, and never is silent about its gaps."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from assets.coverage.publish_coverage import publish_coverage
from assets.daily.publish_daily import publish_daily
from pipelines.query.export import Export, Wanted, export
from pipelines.query.views import connect
from resources.hours.hour import Hour
from tests.pipelines.query.archives import DAY, NEXT_DAY, archive_lines, message, small_archive
from tests.world import World

APP = "acme__support"
FIRST, LAST = DAY.hours[0], NEXT_DAY.hours[5]
LONG_AGO = Hour.from_key("2026110107")


@pytest.fixture
def connection(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    small_archive(world)
    with closing(connect(world.runtime)) as connection:
        yield connection


def ids(output: Path) -> list[str]:
    return [str(row["msg_id"]) for row in json.loads(output.read_text())]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({"user": "ann"}, ["1", "2", "3", "4", "5"]),
        ({"user": "bob"}, ["1", "2", "5"]),
        ({"user": "carl"}, ["4"]),
        ({"user": "nobody"}, []),
        ({"conversation": "ann:bob"}, ["1", "2", "5"]),
        ({"conversation": "bob"}, ["3"]),
        ({"user": "bob", "conversation": "ann:bob"}, ["1", "2", "5"]),
        ({"user": "' OR 1=1 --"}, []),
    ],
)
def test_who_said_what(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, who: dict[str, str], expected: list[str]
) -> None:
    output = tmp_path / "said.json"
    result = export(connection, Wanted(APP, FIRST, LAST, **who), output)
    assert ids(output) == expected
    assert result.messages == len(expected)


def test_the_range_cuts_at_its_ends(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    output = tmp_path / "said.json"
    export(connection, Wanted(APP, DAY.hours[8], DAY.hours[8], user="ann"), output)
    assert ids(output) == ["4"]


@pytest.mark.parametrize("is_compacted", [False, True])
def test_a_message_is_in_the_range_in_which_it_was_sent_and_in_that_in_which_it_is_filed(
    world: World, tmp_path: Path, *, is_compacted: bool
) -> None:
    hour = DAY.hours[7]
    archive_lines(world, hour, message(1, LONG_AGO, "ann", "bob", "imported"), message(2, hour, "ann", "bob", "now"))
    if is_compacted:
        world.clock.turn_to(DAY.hours[-1].end + timedelta(hours=73))
        publish_daily(DAY, world.archive, world.clock)
    publish_coverage(world.runtime)
    output = tmp_path / "said.json"
    with closing(connect(world.runtime)) as connection:
        for first, last, expected, sent_outside in (
            (FIRST, LAST, ["1", "2"], 1),  # filed here, sent long before
            (hour, hour, ["1", "2"], 1),
            (LONG_AGO, LONG_AGO, ["1"], 0),  # sent here, filed long after
            (hour.plus(1), hour.plus(1), [], 0),
            (LONG_AGO.plus(1), LONG_AGO.plus(1), [], 0),
        ):
            result = export(connection, Wanted(APP, first, last, user="ann"), output)
            assert ids(output) == expected
            assert (result.messages, result.sent_outside) == (len(expected), sent_outside)


def test_every_form_holds_the_same(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    wanted = Wanted(APP, FIRST, LAST, user="ann")
    for name in ("said.json", "said.csv", "said.parquet"):
        export(connection, wanted, tmp_path / name)
    with (tmp_path / "said.csv").open(newline="") as file:
        from_csv = [row["msg_id"] for row in csv.DictReader(file)]
    assert ids(tmp_path / "said.json") == from_csv == pq.read_table(tmp_path / "said.parquet")["msg_id"].to_pylist()


def missing(result: Export) -> dict[str, Any]:
    with result.missing_file.open(newline="") as file:
        listed = {row["hour"]: row["state"] for row in csv.DictReader(file)}
    assert listed == {each.hour: each.state for each in result.missing}
    return listed


def test_the_hours_that_are_missing_lie_beside_it(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    result = export(connection, Wanted(APP, DAY.hours[6], DAY.hours[9], user="ann"), tmp_path / "said.json")
    assert missing(result) == {
        DAY.hours[6].key: "expired",
        DAY.hours[7].key: "archived",  # one of its lines is quarantined
        DAY.hours[9].key: "expired",
    }
    reasons = {each.hour: each.reason for each in result.missing}
    assert "Nobody asked for this hour" in reasons[DAY.hours[6].key]
    assert "are in the quarantine: 1." in reasons[DAY.hours[7].key]


def test_hours_outside_the_archive_count_as_missing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    wanted = Wanted(APP, Hour.from_key("2026111922"), Hour.from_key("2026112000"), user="ann")
    result = export(connection, wanted, tmp_path / "said.json")
    assert missing(result) == {"2026111922": "unknown", "2026111923": "unknown", "2026112000": "expired"}


def test_after_an_error_nothing_is_left_behind(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("CREATE OR REPLACE VIEW messages AS SELECT 1 AS nothing")
    with pytest.raises(duckdb.Error):
        export(connection, Wanted(APP, FIRST, LAST, user="ann"), tmp_path / "said.json")
    assert list(tmp_path.glob("*said*")) == []
