"""What an operator types beside catch-up and status: plan, acknowledge, reconcile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from assets.daily.daily_asset import messages_daily_key
from pipelines import catch_up_command, command_line
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.pipelines.query.archives import DAY, small_archive
from tests.pipelines.test_command_line import Type, statuses, type_in
from tests.world import World

__all__ = ["type_in"]


def test_plan_shows_what_would_be_asked_in_which_order_and_asks_nothing(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour="2026112008", requests_per_minute=10)
    result = type_in(world)("plan")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert lines[1][:4] == ["1", "acme/support", "2026112009", "look"]
    assert "0 h 30 min" in result.output
    assert "71 due. The request budgets make this take 6 min." in result.output
    assert "hours_at_risk: 2026112009" in result.output
    assert "hours_lost: 2026112008" in result.output
    assert world.platform.requests == ()


def test_plan_of_an_archive_that_is_up_to_date_says_so(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    type_ = type_in(make_world(first_hour="2026112306"))
    type_("catch-up")
    assert "Nothing is due" in type_("plan").output


def test_an_acknowledged_loss_is_quiet_and_still_there(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    type_ = type_in(make_world(first_hour="2026112007"))
    words = ("--app", "acme/support", "--hours", "2026112007..2026112010")
    result = type_("acknowledge", *words, "--reason", "we began that day")
    assert result.exit_code == 0, result.output
    assert "2 lost hours of acme/support acknowledged: we began that day" in result.output
    assert "hours_lost" not in type_("plan").output
    entry = statuses(type_)["2026112007"]
    assert (entry["state"], entry["acknowledged"]) == ("expired", "we began that day")
    again = type_("acknowledge", *words, "--reason", "twice")
    assert again.exit_code == 2
    assert "None of these hours" in again.output


def test_a_loss_is_not_acknowledged_without_a_reason(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    type_ = type_in(make_world(first_hour="2026112007"))
    result = type_("acknowledge", "--app", "acme/support", "--hours", "2026112007", "--reason", " ")
    assert result.exit_code == 2


def test_reconcile_needs_a_dagster_home_and_says_so(make_world: MakeWorld, type_in: Callable[[World], Type]) -> None:
    result = type_in(make_world())("reconcile")
    assert result.exit_code == 2
    assert "DAGSTER_HOME" in result.output


def test_reconcile_says_that_a_dagster_home_cannot_be_opened(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "dagster.yaml").write_text("no_such_section: {}")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    result = type_in(make_world())("reconcile")
    assert result.exit_code == 2
    assert "cannot be opened: DagsterInvalidConfigError" in " ".join(result.output.replace("│", " ").split())


def test_reconcile_reports_what_catch_up_did_elsewhere(
    make_world: MakeWorld,
    type_in: Callable[[World], Type],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    type_ = type_in(make_world(first_hour="2026112305"))
    type_("catch-up")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert "acme/support: 4 materializations reported" in type_("reconcile").output
    assert "acme/support: 0 materializations reported" in type_("reconcile").output


def test_reconcile_reports_days_that_are_one_object(
    world: World, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small_archive(world)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    type_in(world)("reconcile")
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(messages_daily_key(world.app))
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.partition == DAY.key
    assert "0 materializations reported" in type_in(world)("reconcile").output


@pytest.mark.parametrize("command", ["plan", "acknowledge", "reconcile"])
def test_each_command_has_a_help(command: str) -> None:
    result = CliRunner().invoke(command_line.app, [command, "--help"])
    assert result.exit_code == 0
    assert "Exit code 0" in result.output


def test_a_catch_up_tells_people_what_is_new_once(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()
    monkeypatch.setattr(catch_up_command, "alert_services", lambda _: (inbox,))
    type_ = type_in(make_world(first_hour="2026112007"))
    type_("catch-up", "--hours", "2026112007")
    type_("catch-up", "--hours", "2026112007")
    titles = [title for title, _ in inbox.letters]
    assert [title for title in titles if "hours_lost" in title] == ["Chat archive, acme/support: 2 hours, hours_lost"]


@pytest.mark.parametrize(("first_hour", "code"), [("2026112007", 3), ("2026112009", 1)])
def test_a_catch_up_that_cannot_tell_people_says_so_and_does_not_end_well(
    make_world: MakeWorld,
    type_in: Callable[[World], Type],
    monkeypatch: pytest.MonkeyPatch,
    first_hour: str,
    code: int,
) -> None:
    monkeypatch.setattr(catch_up_command, "alert_services", lambda _: (Inbox(works=False),))
    result = type_in(make_world(first_hour=first_hour))("catch-up", "--hours", first_hour)
    assert result.exit_code == code
    assert result.output.count("The inbox is down.") == 1
