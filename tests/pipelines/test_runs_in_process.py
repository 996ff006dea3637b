"""A catch-up with a `DAGSTER_HOME`: runs are kept there, and one that cannot be used costs no hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from resources.hours.state import HourState
from tests.assets.looking import record_of
from tests.conftest import MakeWorld
from tests.pipelines.test_command_line import FEW_HOURS, Type, type_in
from tests.world import World

__all__ = ["type_in"]

WITHOUT_ITS_DRIVER = "run_storage: {module: no_such_driver, class: Storage}"
NOT_DAGSTERS = "no_such_setting: 1"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the folder that `DAGSTER_HOME` names."""
    folder = tmp_path / "dagster_home"
    folder.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


def all_are_archived(world: World) -> bool:
    states = {record_of(world, world.hours_ago(hours)).state for hours in (3, 4, 5)}
    return states <= {HourState.ARCHIVED, HourState.EMPTY}


def runs_kept() -> int:
    with dg.DagsterInstance.get() as instance:
        return instance.get_runs_count()


def fill_the_disk(home: Path) -> None:
    """Let the database of runs take no further one, as when its disk is full."""
    with closing(sqlite3.connect(home / "history" / "runs.db")) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'disk is full'); END")


def test_runs_are_kept_where_dagster_home_says(
    make_world: MakeWorld, type_in: Callable[[World], Type], home: Path
) -> None:
    result = type_in(make_world(first_hour=FEW_HOURS))("catch-up")
    assert result.exit_code == 0, result.output
    assert runs_kept() == 4  # three hours and coverage
    assert str(home) not in result.output


@pytest.mark.parametrize("settings", [WITHOUT_ITS_DRIVER, NOT_DAGSTERS])
def test_a_dagster_home_that_cannot_be_opened_is_said_once_and_every_hour_is_archived(
    make_world: MakeWorld, type_in: Callable[[World], Type], home: Path, settings: str
) -> None:
    (home / "dagster.yaml").write_text(settings)
    world = make_world(first_hour=FEW_HOURS)
    result = type_in(world)("catch-up")
    assert result.exit_code == 1, result.output
    assert result.output.count(f"Dagster's instance in DAGSTER_HOME ({home}) cannot be used") == 1
    assert all_are_archived(world)
    assert type_in(world)("status").exit_code == 0


def test_a_dagster_home_that_is_no_folder_costs_no_hour(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "missing"))
    world = make_world(first_hour=FEW_HOURS)
    assert "cannot be used" in type_in(world)("catch-up").output
    assert all_are_archived(world)


def test_a_dagster_home_that_takes_no_further_run_is_said_once_and_every_hour_is_archived(
    make_world: MakeWorld, type_in: Callable[[World], Type], home: Path
) -> None:
    runs_kept()
    fill_the_disk(home)
    world = make_world(first_hour=FEW_HOURS)
    result = type_in(world)("catch-up")
    assert result.exit_code == 1, result.output
    assert result.output.count("cannot be used: ") == 1
    assert "chat-archive reconcile" in result.output
    assert all_are_archived(world)
    assert len(world.platform.requests_of("history")) == 3
    assert runs_kept() == 0
