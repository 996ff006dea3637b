"""The promises of the schedules and the queue, kept by Dagster's own daemon on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dagster._core.scheduler.instigation import TickStatus

from tests.daemon.production import FinishedRun, most_at_once
from tests.daemon.story import IN_THE_WINDOW, Story


def by_tag(runs: Sequence[FinishedRun], tag: str) -> dict[str, list[FinishedRun]]:
    """Sort runs by the value of a tag; those without it are left out."""
    sorted_runs: dict[str, list[FinishedRun]] = defaultdict(list)
    for run in runs:
        if tag in run.tags:
            sorted_runs[run.tags[tag]].append(run)
    return sorted_runs


def scheduled(story: Story, app: str) -> dict[str, FinishedRun]:
    """Return the runs that an app's schedule asked for, by their hour."""
    return {
        run.tags["dagster/partition"]: run
        for run in story.runs
        if run.tags.get("dagster/schedule_name") == f"archive_{app}_when_due"
    }


def test_hours_come_to_be_archived_empty_or_expired_as_the_platform_had_them(story: Story) -> None:
    assert story.recorded == story.expected
    assert set(story.expected.values()) == {"archived", "empty", "expired"}


def test_dagster_shows_every_hour_in_the_state_that_the_ledger_has(story: Story) -> None:
    assert story.shown == {where: {state.value} for where, state in story.recorded.items()}


def test_no_message_is_lost_and_none_is_doubled(story: Story) -> None:
    assert story.archived == story.said
    assert story.said


def test_a_daemon_that_missed_a_tick_makes_up_for_it_at_once(story: Story) -> None:
    assert [tick.status for tick in story.missed_ticks] == [TickStatus.SUCCESS] * 2
    hours = {app: {hour for slug, hour in story.expected if slug == app} for app, _ in story.expected}
    assert set(scheduled(story, "acme__silent")) == hours["acme__silent"]
    assert set(scheduled(story, "acme__support")) == hours["acme__support"] - set(story.clicked)


def test_hours_that_can_still_be_lost_are_run_before_those_that_are(story: Story) -> None:
    runs = scheduled(story, "acme__silent")
    assert len(runs) == IN_THE_WINDOW + 1
    priorities = {hour: int(run.tags["dagster/priority"]) for hour, run in runs.items()}
    lost, *others = sorted(runs)
    assert min(priorities[hour] for hour in others) > priorities[lost]
    assert min(runs[hour].launched_at for hour in others) <= runs[lost].launched_at


def test_two_runs_of_the_same_hour_never_overlap(story: Story) -> None:
    runs = by_tag(story.runs, "archive/app_hour")
    assert len(runs[f"acme__support/{story.clicked[0]}"]) == 2
    assert {hour: most_at_once(of_hour) for hour, of_hour in runs.items()} == dict.fromkeys(runs, 1)


def test_an_app_never_has_more_than_two_runs_at_once(story: Story) -> None:
    runs = by_tag(story.runs, "archive/app")
    assert len(runs["acme__support"]) > 2
    assert max(most_at_once(of_app) for of_app in runs.values()) <= 2


def test_a_run_whose_process_is_killed_fails_and_the_next_tick_takes_its_hour_again(story: Story) -> None:
    (killed,) = [run for run in story.runs if run.run_id == story.killed]
    assert not killed.succeeded
    assert any("signal 9" in event for event in killed.events)
    again = scheduled(story, "acme__support")[story.killed_hour]
    assert again.succeeded
    assert story.recorded["acme__support", story.killed_hour] == "archived"


def test_every_other_run_succeeds(story: Story) -> None:
    assert [run for run in story.runs if not run.succeeded and run.run_id != story.killed] == []
