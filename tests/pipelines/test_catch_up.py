"""What goes wrong with one hour or app ends neither the rest of a catch-up nor the alerts; the exit code says it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml

from assets.capture import capture_hour
from pipelines import catch_up, catch_up_command, upkeep
from pipelines.catch_up import TaskResult
from pipelines.definitions import COVERAGE_JOB
from pipelines.due_now import due_now
from pipelines.planner import PlannedTask
from pipelines.runs_in_process import RunsInProcess
from resources.archive.errors import ArchiveUnreachable
from resources.archive.ledger import Ledger
from resources.hours.due import Task
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.simulated_platform import SimulatedApp
from tests.assets.looking import REFUSED
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.pipelines.test_command_line import FEW_HOURS, Type, statuses, type_in
from tests.world import World

__all__ = ["type_in"]

FIRST = Hour.from_key(FEW_HOURS)
"""At 09:30 this hour, 05 and 06 are due."""


def unreachable(monkeypatch: pytest.MonkeyPatch, *hours: Hour) -> list[Hour]:
    """Let S3 be out of reach when a task of these hours begins; return the hours whose tasks began."""
    begun: list[Hour] = []
    real = catch_up._run

    def capture(_: Ledger, hour: Hour) -> None:
        raise ArchiveUnreachable(f"GET of {hour} failed with 503.", "Run it again.")

    def run(task: Any, *rest: Any) -> Any:
        begun.append(task.hour)
        with monkeypatch.context() as patch:
            if task.hour in hours:
                patch.setattr(Ledger, "capture", capture)
            return real(task, *rest)

    monkeypatch.setattr(catch_up, "_run", run)
    return begun


def without_secret_of_the_second(world: World) -> None:
    content = yaml.safe_load(world.settings_file.read_text())
    content["apps"][1]["credentials"]["client_secret"] = {"env": "NOT_SET"}
    world.settings_file.write_text(yaml.safe_dump(content))


def two_apps(make_world: MakeWorld, **options: object) -> World:
    apps = [SimulatedApp("acme", name, requests_per_minute=100_000) for name in ("support", "shop")]
    return make_world(apps=apps, **{"first_hour": FEW_HOURS} | options)


def test_an_hour_for_which_s3_is_out_of_reach_fails_and_the_others_are_archived(
    make_world: MakeWorld, type_in: Callable[[World], Type], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(first_hour="2026112006")  # 06 and 07 are past their deadline at 09:30
    begun = unreachable(monkeypatch, Hour.from_key("2026112010"), Hour.from_key("2026112012"))
    type_ = type_in(world)
    result = type_("catch-up", "--hours", "2026112009..2026112013")
    assert result.exit_code == 1, result.output
    assert len(begun) == 5
    assert "acme/support 2026112010, 2026112012: GET of … failed with 503. Run it again." in result.output
    assert len(world.platform.requests_of("history")) == 3
    assert any("hours_lost" in title for title, _ in inbox.letters)


def test_an_s3_that_stays_out_of_reach_is_given_up_and_people_are_told(
    make_world: MakeWorld, type_in: Callable[[World], Type], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(first_hour="2026112006")
    begun = unreachable(monkeypatch, *(FIRST.plus(-number) for number in range(80)))
    result = type_in(world)("catch-up")
    assert result.exit_code == 1, result.output
    assert len(begun) == 3
    assert "so 70 hours and what follows them are left to the next catch-up" in result.output
    assert any("hours_lost" in title for title, _ in inbox.letters)


def test_an_s3_that_is_out_of_reach_from_the_start_is_asked_for_a_few_apps_only(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch
) -> None:
    apps = [SimulatedApp("acme", f"app{number}", requests_per_minute=100_000) for number in range(6)]
    asked: list[str] = []

    def records(ledger: Ledger, _: object) -> None:
        asked.append(ledger.layout.slug)
        raise ArchiveUnreachable("LIST failed with 503.", "Run it again.")

    monkeypatch.setattr(Ledger, "records", records)
    result = type_in(make_world(apps=apps, first_hour=FEW_HOURS))("catch-up")
    assert result.exit_code == 1, result.output
    assert asked == ["acme__app0", "acme__app1", "acme__app2", "acme__app0"]
    assert result.output.count("LIST failed with 503.") == 1
    assert "Nothing is due" not in result.output


def test_a_missing_secret_stops_its_own_app_only_and_is_told_once(
    make_world: MakeWorld, type_in: Callable[[World], Type], inbox: Inbox
) -> None:
    world = two_apps(make_world)
    without_secret_of_the_second(world)
    type_ = type_in(world)
    result = type_("catch-up")
    assert result.exit_code == 1, result.output
    assert result.output.count("NOT_SET") == 1
    assert len(world.platform.requests_of("history")) == 3
    entries = statuses(type_, "--app", "acme/support")
    assert entries[FEW_HOURS]["state"] in {"archived", "empty"}
    world.clock.advance(timedelta(hours=73))
    assert type_("catch-up", "--hours", FEW_HOURS).exit_code == 1
    assert any(title.startswith("Chat archive, acme/shop: ") and "hours_lost" in title for title, _ in inbox.letters)


def test_hours_that_need_no_secret_are_done_without_one(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = two_apps(make_world)
    without_secret_of_the_second(world)
    world.clock.advance(timedelta(hours=73))
    type_ = type_in(world)
    assert type_("catch-up", "--app", "acme/shop").exit_code == 1
    assert statuses(type_, "--app", "acme/shop")[FEW_HOURS]["reason"] == "never_asked"
    assert world.runtime.archive(world.settings.apps[1]).ledger.capture(FIRST) is not None


def test_last_looks_of_one_app_come_after_what_can_be_saved_of_another(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, taken = Hour.from_key("2026112000"), list[PlannedTask]()

    def take(tasks: list[PlannedTask], *_: object) -> list[TaskResult]:
        taken.extend(tasks)
        return []

    world = two_apps(make_world, first_hour=first.key)
    banned = world.settings.apps[0]
    too_late = [first, first.plus(1)]
    for hour in too_late:
        world.clock.turn_to(hour.end + timedelta(hours=3))
        world.platform.script("history", REFUSED)
        capture_hour(hour, world.runtime.archive(banned), lambda: world.runtime.platform(banned), world.clock)
    world.clock.turn_to(first.plus(2).end + timedelta(hours=71, minutes=50))
    monkeypatch.setattr(catch_up_command, "run_tasks", take)
    type_in(world)("catch-up")
    looks = [(task.app.app, task.hour) for task in taken if task.task is Task.LOOK]
    assert looks[:2] == [("shop", first.plus(2)), ("support", first.plus(2))]
    assert looks[-2:] == [(banned.app, hour) for hour in too_late]


def test_an_alert_that_cannot_be_sent_for_one_app_does_not_silence_the_next(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch
) -> None:
    down, up = Inbox("first", works=False), Inbox("second")
    monkeypatch.setattr(catch_up_command, "alert_services", lambda _: (down, up))
    world = two_apps(make_world)
    world.clock.advance(timedelta(hours=73))
    assert "The first is down." in type_in(world)("catch-up", "--hours", FEW_HOURS).output
    told = {title.partition(":")[0] for title, _ in up.letters}
    assert told == {"Chat archive, acme/support", "Chat archive, acme/shop"}


def test_a_defect_that_one_hour_brings_to_light_is_named_and_the_others_are_archived(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = catch_up._run

    def run(task: Any, *rest: Any) -> Any:
        if task.hour == FIRST:
            raise AssertionError("words that two people said")
        return real(task, *rest)

    monkeypatch.setattr(catch_up, "_run", run)
    world = make_world(first_hour=FEW_HOURS)
    result = type_in(world)("catch-up")
    assert result.exit_code == 1, result.output
    assert f"acme/support {FIRST}: This program met a AssertionError at tests/" in result.output
    assert "two people" not in result.output
    assert len(world.platform.requests_of("history")) == 2


def test_a_defect_in_planning_one_app_keeps_no_other_from_its_turn(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(runtime: Runtime, app: AppSettings, now: datetime) -> list[PlannedTask]:
        if app.app == "support":
            raise AssertionError
        return due_now(runtime, app, now)

    monkeypatch.setattr(catch_up_command, "due_now", planned)
    world = two_apps(make_world)
    result = type_in(world)("catch-up")
    assert result.exit_code == 1, result.output
    assert "What is due for acme/support is not known. This program met a AssertionError" in result.output
    assert len(world.platform.requests_of("history")) == 3


def test_defects_in_what_follows_archiving_are_named_and_keep_nothing_else_from_being_done(
    make_world: MakeWorld, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch, inbox: Inbox
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise AssertionError

    world = make_world(first_hour="2026112006")
    type_ = type_in(world)
    monkeypatch.setattr(upkeep, "days_due", defect)
    result = type_("catch-up", "--hours", "2026112006")
    assert "The closed days of acme/support are not known. This program met a AssertionError at" in result.output
    assert world.runtime.bucket.head("history/coverage/coverage.parquet") is not None
    monkeypatch.setattr(RunsInProcess, "execute", defect)
    result = type_("catch-up", "--hours", "2026112006")
    assert f"{COVERAGE_JOB}: This program met a AssertionError at" in result.output
    assert result.exit_code == 1
    assert any("hours_lost" in title for title, _ in inbox.letters)


def test_people_are_told_even_when_a_defect_ends_the_catch_up(
    make_world: MakeWorld, type_in: Callable[[World], Type], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> None:
        raise AssertionError("a defect")

    monkeypatch.setattr(catch_up_command, "run_tasks", defect)
    result = type_in(make_world(first_hour="2026112006"))("catch-up")
    assert isinstance(result.exception, AssertionError)
    assert any("hours_lost" in title for title, _ in inbox.letters)


def test_a_look_that_fails_is_told_and_ends_with_1_although_its_hour_stays_archived(
    make_world: MakeWorld, type_in: Callable[[World], Type]
) -> None:
    world = make_world(first_hour=FEW_HOURS)
    type_ = type_in(world)
    type_("catch-up")
    archived = next(key for key, entry in statuses(type_).items() if entry["state"] == "archived")
    world.clock.advance(timedelta(hours=22))
    world.platform.script("history", REFUSED, times=100)
    result = type_("catch-up", "--hours", archived)
    assert "1 archived" in result.output
    assert result.exit_code == 1, result.output
    assert "403" in result.output
    assert "Nearest to being lost" not in result.output
    world.clock.advance(timedelta(hours=60))
    assert "403" not in type_("catch-up", "--hours", archived).output  # only shown again: no look, no failure
