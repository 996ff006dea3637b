"""Each service is told each thing once, the most urgent first, whatever fails for another service, finding or app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines import telling
from pipelines.finding import Finding
from pipelines.telling import Told, watch_and_tell
from pipelines.watch import look_through
from resources.archive.errors import ArchiveRefused, ArchiveUnreachable
from resources.archive.ledger import Ledger
from resources.archive.verification_record import VerificationRecord
from resources.archive.watch_record import WatchRecord
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.simulated_platform import SimulatedApp
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.world import NOW, World

TWO_APPS = [SimulatedApp("acme", name, requests_per_minute=100_000) for name in ("shop", "support")]


@pytest.fixture
def world_with_losses(make_world: MakeWorld) -> World:
    return make_world(first_hour="2026112006")  # 06 and 07 are past their deadline at 09:30, 08 is at its last hour


def watch(world: World, *services: Inbox) -> Told:
    return watch_and_tell(world.runtime, world.settings.apps, world.clock.now(), services)


def test_what_will_be_lost_is_told_before_what_is_lost_once_with_what_to_do(world_with_losses: World) -> None:
    inbox = Inbox()
    assert watch(world_with_losses, inbox) == Told(sent=2)
    assert watch(world_with_losses, inbox) == Told(sent=0)
    (risk_title, risk_text), (lost_title, lost_text) = inbox.letters
    assert "acme/support" in lost_title
    assert "hours_lost" in lost_title
    assert "2026112006, 2026112007, 2026112008" in lost_text
    assert "chat-archive acknowledge" in lost_text
    assert "hours_at_risk" in risk_title
    assert "chat-archive catch-up" in risk_text


def test_only_what_is_new_is_told_later(world_with_losses: World) -> None:
    inbox = Inbox()
    watch(world_with_losses, inbox)
    world_with_losses.clock.advance(timedelta(hours=1))
    watch(world_with_losses, inbox)
    lost = [text for title, text in inbox.letters if "hours_lost" in title]
    assert len(lost) == 2
    assert lost[1].startswith("2026112009 ")


def test_a_service_that_is_down_silences_no_other_and_is_told_when_it_is_up_again(world_with_losses: World) -> None:
    well, dead = Inbox("mail"), Inbox("chat", works=False)
    for order in ((dead, well), (well, dead), (dead, well)):
        assert watch(world_with_losses, *order).problems == ("The chat is down.",)
        world_with_losses.clock.advance(timedelta(minutes=5))
    assert well.kinds == ["hours_at_risk", "hours_lost"]
    dead.works = True
    assert watch(world_with_losses, dead, well) == Told(sent=2)
    assert dead.letters == well.letters
    assert watch(world_with_losses, dead, well) == Told()


def test_what_everybody_was_told_is_remembered_as_older_versions_remember_it(world_with_losses: World) -> None:
    watch(world_with_losses, Inbox("mail"), Inbox("chat"))
    assert all("@" not in news for news in told_by(world_with_losses))
    assert watch(world_with_losses, Inbox("new")) == Told()


def test_of_what_only_some_were_told_the_record_holds_names_and_an_older_version_keeps_them(
    world_with_losses: World,
) -> None:
    watch(world_with_losses, Inbox("mail"), Inbox("chat", works=False))
    told = told_by(world_with_losses)
    assert told
    assert all(news.endswith("@mail") for news in told)


@pytest.mark.parametrize(
    ("hours_whole", "letters"), [(0, 1), (5, 1), (25, 2)], ids=["it stays broken", "whole for a while", "for a day"]
)
def test_what_breaks_again_is_told_again_once_it_was_whole_for_a_day(
    world: World, hours_whole: int, letters: int
) -> None:
    inbox = Inbox()

    def verifying_finds(*damaged: str) -> None:
        world.archive.ledger.update_verification(
            lambda _: VerificationRecord(
                app=world.app.name, verified_at=NOW, damaged=dict.fromkeys(damaged, ("It is gone.",))
            )
        )

    def watch_for(hours: int) -> None:
        for _ in range(0, hours, 5):
            watch(world, inbox)
            world.clock.advance(timedelta(hours=5))

    verifying_finds("2026112006")
    watch_for(20)
    verifying_finds()
    watch_for(hours_whole)
    verifying_finds("2026112006")
    watch_for(5)
    assert inbox.kinds.count("hours_damaged") == letters


def test_what_nobody_mends_or_acknowledges_is_told_once_however_long_nobody_watches(world_with_losses: World) -> None:
    inbox = Inbox()
    for _ in range(3):
        watch(world_with_losses, inbox)
        world_with_losses.clock.advance(timedelta(days=61))
    assert sum("2026112006" in text for title, text in inbox.letters if "hours_lost" in title) == 1


def told_by(world: World) -> set[str]:
    record = world.archive.ledger.watch()
    assert record is not None
    return set(record.told)


def test_a_finding_that_a_service_refuses_does_not_keep_the_next_from_it(world_with_losses: World) -> None:
    class ReadsOnlyOfLosses(Inbox):
        def send(self, title: str, text: str) -> None:
            self.works = "hours_lost" in title
            super().send(title, text)

    inbox = ReadsOnlyOfLosses()
    assert watch(world_with_losses, inbox) == Told(1, ("The inbox is down.",))
    assert inbox.kinds == ["hours_lost"]


def test_what_is_urgent_is_told_of_every_app_before_anything_else(make_world: MakeWorld) -> None:
    world, inbox = make_world(apps=TWO_APPS, first_hour="2026112006"), Inbox()
    watch(world, inbox)
    assert [title.partition(":")[0].rpartition("/")[2] for title, _ in inbox.letters] == ["shop", "support"] * 2
    assert inbox.kinds == ["hours_at_risk", "hours_at_risk", "hours_lost", "hours_lost"]


def test_no_letter_is_longer_than_any_service_takes(make_world: MakeWorld, s3_client: Any, bucket_name: str) -> None:
    world, inbox = make_world(first_hour="2026112012"), Inbox()
    layout = world.archive.layout
    for number in range(30):
        hour = Hour.from_key("2026112012").plus(number)
        for key in (layout.capture_record(hour), layout.messages_record(hour)):
            s3_client.put_object(Bucket=bucket_name, Key=key, Body=b"rubbish")
    watch(world, inbox)
    (unreadable,) = [text for title, text in inbox.letters if title.endswith("records_unreadable")]
    assert "more (UTC). These records" in unreadable
    assert unreadable.endswith(f" The archive is {world.settings.archive.root}.")
    assert max(len(title) + len(text) for title, text in inbox.letters) < 2000


def test_what_cannot_be_remembered_is_told_to_all_and_said(
    world_with_losses: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(world_with_losses)  # writes the losses down

    def refuse(_: Ledger, change: Callable[[WatchRecord | None], WatchRecord]) -> WatchRecord:
        stored = world_with_losses.archive.ledger.watch()
        if change(stored) == stored:
            assert stored is not None
            return stored
        raise ArchiveRefused("PUT was refused.", "Allow it.")

    monkeypatch.setattr(Ledger, "update_watch", refuse)
    inboxes = Inbox("mail"), Inbox("chat")
    (problem,) = watch(world_with_losses, *inboxes).problems
    assert "will be told again. PUT was refused. Allow it." in problem
    assert [inbox.kinds for inbox in inboxes] == [["hours_at_risk", "hours_lost"]] * 2


@pytest.mark.parametrize("error", [ArchiveUnreachable("S3 is away.", "Wait."), KeyError("what somebody wrote")])
def test_an_app_that_cannot_be_watched_is_told_and_keeps_no_other_from_being_watched(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world = make_world(apps=TWO_APPS, first_hour="2026112006")

    def look(runtime: Runtime, app: AppSettings, now: datetime) -> Sequence[Finding]:
        if app.app == "shop":
            raise error
        return look_through(runtime, app, now)

    monkeypatch.setattr(telling, "look_through", look)
    inbox = Inbox()
    (problem,) = watch(world, inbox).problems
    assert problem.startswith("The ledger of acme/shop cannot be read. ")
    assert inbox.kinds == ["read", "hours_at_risk", "hours_lost"]
    assert all(text.endswith(f" The archive is {world.settings.archive.root}.") for _, text in inbox.letters)
    assert "what somebody wrote" not in problem + inbox.letters[0][1]


def test_an_alert_that_could_not_be_sent_is_sent_at_the_next_watch(world_with_losses: World) -> None:
    assert watch(world_with_losses, Inbox(works=False)) == Told(0, ("The inbox is down.",))
    assert watch(world_with_losses, Inbox()) == Told(sent=2)


def test_without_anybody_to_tell_nothing_counts_as_told(world_with_losses: World) -> None:
    assert watch(world_with_losses) == Told()
    assert watch(world_with_losses, Inbox()) == Told(sent=2)
