"""The promises of the shipped settings, kept by Dagster's own daemon after a power cut, on PostgreSQL where it is.

What is promised lies in Dagster and in `run_launcher.py`, not in a database, so one kind of it does.
"""

from __future__ import annotations

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from tests.daemon.conftest import missing_for_postgres
from tests.daemon.power_cut import PowerCut
from tests.daemon.production import most_at_once


@pytest.fixture(scope="module")
def database() -> str:
    """Take the database of production, or what every machine has."""
    return "SQLite" if missing_for_postgres() else "PostgreSQL"


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        ("started", dg.DagsterRunStatus.FAILURE, "Canceling due to exceeding maximum runtime of 14400 seconds."),
        ("starting", dg.DagsterRunStatus.FAILURE, "Run timed out due to taking longer than 300 seconds to start."),
        ("canceling", dg.DagsterRunStatus.CANCELED, "Run timed out due to taking longer than 180 seconds to cancel."),
    ],
)
def test_a_run_whose_process_is_gone_is_ended_and_its_page_says_why(
    power_cut: PowerCut, state: str, status: dg.DagsterRunStatus, said: str
) -> None:
    dead = power_cut.runs[power_cut.dead[state]]
    assert dead.status is status
    assert said in dead.events


def test_a_run_that_died_with_its_code_server_is_ended_at_once(power_cut: PowerCut) -> None:
    dead = power_cut.runs[power_cut.dead["just started"]]
    assert dead.status is dg.DagsterRunStatus.FAILURE
    assert any("The code server that ran it is gone" in event for event in dead.events)


def test_a_run_that_may_still_be_under_way_is_left_alone(power_cut: PowerCut) -> None:
    assert {power_cut.without_room[run_id] for run_id in power_cut.ten} == {dg.DagsterRunStatus.STARTED}


def test_an_hour_or_a_day_that_a_dead_run_was_about_is_done_when_that_has_ended(power_cut: PowerCut) -> None:
    for state, run_id in power_cut.again.items():
        again, dead = power_cut.runs[run_id], power_cut.runs[power_cut.dead[state]]
        assert again.succeeded
        assert again.tags["dagster/partition"] == dead.tags["dagster/partition"]
        assert again.launched_at > dead.ended_at


def test_an_eleventh_run_stays_in_the_queue_until_one_of_ten_has_ended(power_cut: PowerCut) -> None:
    waiting = {*power_cut.again.values(), *power_cut.compactions}
    assert {power_cut.without_room[run_id] for run_id in waiting} == {dg.DagsterRunStatus.QUEUED}
    first = min(power_cut.runs[run_id].launched_at for run_id in waiting)
    assert first > power_cut.runs[power_cut.ten[0]].ended_at
    assert most_at_once([power_cut.runs[run_id] for run_id in (*power_cut.ten, *waiting)]) <= 10


def test_two_days_are_never_compacted_at_once(power_cut: PowerCut) -> None:
    runs = [power_cut.runs[run_id] for run_id in power_cut.compactions]
    assert [run.succeeded for run in runs] == [True, True]
    assert len({run.tags["archive/compacts"] for run in runs}) == 2
    assert most_at_once(runs) == 1


def test_no_run_that_failed_is_run_again_but_by_a_schedule_or_a_person(power_cut: PowerCut) -> None:
    known = {*power_cut.dead.values(), *power_cut.again.values(), *power_cut.ten, *power_cut.compactions}
    assert set(power_cut.runs) == known


def test_ticks_of_a_schedule_are_kept_for_thirty_days(power_cut: PowerCut) -> None:
    assert power_cut.ticks_of_a_schedule == {
        (TickStatus.SKIPPED, 0),
        (TickStatus.SUCCESS, 29),
        (TickStatus.SKIPPED, 29),
        (TickStatus.FAILURE, 29),
    }


def test_ticks_at_which_the_sensor_told_nobody_are_kept_for_three_days_and_others_for_thirty(
    power_cut: PowerCut,
) -> None:
    assert power_cut.ticks_of_the_sensor == {
        (TickStatus.SKIPPED, 0),
        (TickStatus.SKIPPED, 2),
        (TickStatus.SUCCESS, 2),
        (TickStatus.FAILURE, 2),
        (TickStatus.SUCCESS, 4),
        (TickStatus.FAILURE, 4),
        (TickStatus.SUCCESS, 29),
        (TickStatus.FAILURE, 29),
    }


def test_dagster_tells_its_makers_nothing(power_cut: PowerCut) -> None:
    assert power_cut.telemetry == ()
