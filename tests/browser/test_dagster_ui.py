"""What an operator sees on Dagster's pages, and what his clicks do to the archive: in a real browser, end to end."""

from __future__ import annotations

import re

import pytest

from resources.hours.state import REASONS_IN_WORDS, HourState, Reason
from tests.browser.dagster_pages import DagsterPages
from tests.browser.hostile_words import (
    HOSTILE,
    SHOWN,
    acknowledge_with_hostile_words,
    hostile_hour,
    nothing_is_obeyed,
)
from tests.browser.operated_world import SLUG, OperatedWorld

RAW_HISTORY, MESSAGES = f"{SLUG}/raw_history", f"{SLUG}/messages"
APPS = 2

pytestmark = pytest.mark.integration


def test_the_graph_leads_from_raw_history_over_messages_and_days_to_coverage(pages: DagsterPages) -> None:
    pages.open_graph()
    way = ("raw_history", "messages", "messages_daily")
    assert [pages.nodes(name).count() for name in way] == [APPS] * len(way)
    from_left_to_right = [pages.left_edge(name) for name in (*way, "coverage")]
    assert from_left_to_right == sorted(from_left_to_right)


def test_an_archived_hour_tells_its_state_its_deadline_its_size_and_where_its_file_lies(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    record = world.archive.ledger.capture(world.archived_hour)
    assert record is not None
    (revision,) = record.raw_revisions
    pages.open_hour(RAW_HISTORY, world.archived_hour)
    shown = {name: pages.value(name).inner_text() for name in ("state", "bytes", "object", "deadline")}
    assert shown["state"] == "archived"
    assert shown["bytes"] == str(revision.bytes)
    assert shown["object"].endswith(f"{revision.sha256}.jsonl.gz")
    assert pages.value("object").get_by_role("link").first.get_attribute("href") == shown["object"]
    assert shown["deadline"].endswith(f"{record.deadline.hour}:00:00 UTC")


def test_hours_that_are_archived_failed_or_too_young_are_counted_apart(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    pages.open_hour(RAW_HISTORY, world.young_hour)
    assert pages.counted("Failed").inner_text() == "Failed (1)"
    assert re.fullmatch(r"Missing \([1-9]\)", pages.counted("Missing").inner_text())
    assert re.fullmatch(r"Materialized \(7\d\)", pages.counted("Materialized").inner_text())
    assert pages.page.get_by_text("No metadata entries").is_visible()


def test_a_lost_hour_is_green_and_says_that_it_is_lost_and_why(pages: DagsterPages, world: OperatedWorld) -> None:
    for asset in (RAW_HISTORY, MESSAGES):
        pages.open_hour(asset, world.lost_hour)
        assert pages.value("state").inner_text() == "expired"
        assert pages.value("reason").inner_text() == REASONS_IN_WORDS[Reason.NEVER_ASKED]
        assert pages.page.get_by_text("Materialized", exact=True).is_visible()


def test_a_failed_hour_leads_to_the_sentence_that_says_what_to_do(pages: DagsterPages, world: OperatedWorld) -> None:
    pages.open_hour(RAW_HISTORY, world.failed_hour)
    pages.page.get_by_text("failed, and did not materialize this asset").wait_for()
    pages.page.get_by_text("View logs").click()
    told = pages.page.get_by_text(f"Hour {world.failed_hour} of acme/support is failed.").first
    told.wait_for()
    assert "Ask the platform's support whether this app is blocked" in told.inner_text()


def test_rerunning_an_hour_with_a_click_adds_evidence_and_loses_nothing(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    hour, ledger = world.archived_hour, world.archive.ledger
    before, said = ledger.capture(hour), world.message_ids(hour)
    assert before is not None
    pages.open_hour(RAW_HISTORY, hour)
    pages.open_launch_dialog().get_by_role("button", name="Launch 1 run").click()
    run = pages.launched_run()
    pages.wait_for_success(run)
    after = ledger.capture(hour)
    assert after is not None
    assert after.looks[:-1] == before.looks
    assert (after.looks[-1].run_id or "").startswith(run)
    assert after.state is HourState.ARCHIVED
    assert set(after.raw_revisions) >= set(before.raw_revisions)
    assert all(
        world.archive.bucket.head(world.archive.layout.raw(hour, revision.sha256)) for revision in after.raw_revisions
    )
    assert world.message_ids(hour) == said
    pages.open_hour(RAW_HISTORY, hour)
    # Dagster shows what it remembers before it shows what is new.
    pages.value("looks").get_by_text(str(len(after.looks)), exact=True).wait_for()


def test_the_check_of_lost_hours_fails_and_says_which_and_what_to_do(pages: DagsterPages, world: OperatedWorld) -> None:
    pages.open_check(RAW_HISTORY, "hours_lost")
    pages.page.get_by_role("button", name="Execute all").click()
    pages.wait_for_success(pages.launched_run())
    pages.open_check(RAW_HISTORY, "hours_lost")
    assert world.lost_hour.key in pages.value("which").inner_text()
    assert pages.page.get_by_text("then acknowledge the loss: chat-archive acknowledge").is_visible()


def test_coverage_rebuilt_with_a_click_draws_the_latest_days_and_counts_the_losses(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    pages.wait_for_success(pages.rebuild_coverage())
    pages.open_asset("coverage", "events")
    drawn = pages.value("latest_days")
    for app in world.made_up.platform.apps:
        drawn.get_by_text(f"{app.org}/{app.app}", exact=True).wait_for()
    # Three hours an app, and once more in the legend.
    assert drawn.inner_text().count("✗") == APPS * 3 + 1
    assert pages.value("expired").inner_text() == str(APPS * 3)


def test_every_state_has_a_colour_of_its_own_in_the_picture_of_coverage(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    pages.page.set_content(world.coverage_page)
    signs = pages.page.get_by_role("listitem").locator("b")
    colours: list[str] = signs.evaluate_all("signs => signs.map(sign => getComputedStyle(sign).backgroundColor)")
    assert len(colours) == len(HourState)
    assert len(set(colours)) == len(colours)


def test_the_picture_of_coverage_tells_of_a_lost_hour_why_it_is_lost(pages: DagsterPages, world: OperatedWorld) -> None:
    pages.page.set_content(world.coverage_page)
    cells = pages.page.get_by_role("cell", name="✗", exact=True)
    assert cells.count() == APPS * 3
    assert REASONS_IN_WORDS[Reason.NEVER_ASKED] in (cells.first.get_attribute("title") or "")


def test_case_27_markup_in_a_body_type_and_in_the_name_of_a_field_is_text_on_the_page_of_its_hour(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    hour = hostile_hour(world.made_up)
    with nothing_is_obeyed(pages.page):
        pages.open_hour(MESSAGES, hour)
        for words in SHOWN:
            pages.value("body_types").get_by_text(words).first.wait_for()
            pages.value("drift").get_by_text(words).first.wait_for()
    with nothing_is_obeyed(pages.page):
        pages.open_asset(MESSAGES, "events", partition=hour.key)
        pages.page.get_by_text(SHOWN[0]).first.wait_for()


def test_case_27_markup_in_the_platforms_refusal_is_nowhere_on_the_pages_of_its_hour(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    with nothing_is_obeyed(pages.page):
        pages.open_hour(RAW_HISTORY, world.failed_hour)
        pages.page.get_by_text("View logs").click()
        pages.page.get_by_text(f"Hour {world.failed_hour} of acme/support is failed.").first.wait_for()
        assert "evil.test" not in pages.page.content()


def test_case_27_markup_in_the_reason_of_an_acknowledged_loss_is_text_on_every_page(
    pages: DagsterPages, world: OperatedWorld
) -> None:
    acknowledge_with_hostile_words(world.made_up, world.lost_hour.plus(1))
    pages.wait_for_success(pages.rebuild_coverage())
    with nothing_is_obeyed(pages.page):
        pages.open_asset("coverage", "events")
        pages.value("latest_days").wait_for()
    with nothing_is_obeyed(pages.page):
        pages.page.set_content(world.coverage_page)
        told = pages.page.locator("td[title*=Acknowledged]").get_attribute("title") or ""
        assert told.endswith(f"Acknowledged: {HOSTILE}")
