"""What the platform's API may answer instead of an hour's URLs, and what becomes of the hour: cases 1 to 6."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from random import Random
from threading import Barrier, Condition

import pytest

from assets.asset_metadata import messages_metadata, raw_history_metadata
from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from pipelines.due_now import due_now
from pipelines.telling import watch_and_tell
from resources.chat_platform.errors import PlanLimitReached, PlatformError, RequestRefused
from resources.chat_platform.patience import LONGEST_RETRY_AFTER_SECONDS, LONGEST_WAITS_SECONDS
from resources.hours.hour import Hour, hours_between
from resources.hours.state import HourState, Reason
from resources.runtime import Runtime
from resources.simulated_platform import EmptyHourAnswer, ScriptedAnswer, SimulatedApp, error_bodies, truth
from resources.simulated_platform.error_bodies import ErrorAnswer
from tests.assets.looking import HOUR, SILENT, hour_that_stays, look, stored, turn_to_age
from tests.conftest import MakeWorld
from tests.fake_clock import FakeClock
from tests.pipelines.inbox import Inbox
from tests.world import World


def refusal(error: ErrorAnswer, **headers: str) -> ScriptedAnswer:
    """Return one of the platform's own errors as a script."""
    body: dict[str, object] = {"error": error.error, "error_description": error.description}
    return ScriptedAnswer(error.status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def moments_of_history(world: World) -> list[float]:
    return [request.moment.timestamp() for request in world.platform.requests_of("history")]


def most_in_a_minute(moments: list[float]) -> int:
    return max(sum(first <= moment < first + 60 for moment in moments) for first in moments)


# Case 1: a storm of 429


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_case_01_twenty_429_in_a_row_are_waited_out_as_told(world: World, form: str) -> None:
    hour = hour_that_stays(world.simulated_app)
    turn_to_age(world, hour, 3)
    for number in range(1, 21):
        told = format_datetime(world.clock.now() + timedelta(seconds=2 * number), usegmt=True)
        retry_after = "2" if form == "seconds" else told
        world.platform.script("history", refusal(error_bodies.RATE_LIMIT, Retry_After=retry_after))
    record = look(world, hour).record
    assert (record.state, record.looks[-1].retries) == (HourState.ARCHIVED, 20)
    moments = moments_of_history(world)
    assert [later - earlier for earlier, later in pairwise(moments)] == [2] * 20


class ClockOfMany(FakeClock):
    """Stands still while anyone who shares it works; when all of them sleep, it is turned to where the first wakes up.

    Args:
        start: The first moment.
        workers: How many share it; each says when it has done its work.
    """

    def __init__(self, start: datetime, workers: int) -> None:
        super().__init__(start)
        self._workers = workers
        self._asleep_until: list[datetime] = []
        self._turned = Condition()

    def sleep(self, seconds: float) -> None:
        with self._turned:
            wakes_at = self.now() + timedelta(seconds=seconds)
            self._asleep_until.append(wakes_at)
            self._turn_if_all_sleep()
            woken = self._turned.wait_for(lambda: self.now() >= wakes_at, timeout=60)
        assert woken, "Somebody neither works nor sleeps."

    def done(self) -> None:
        with self._turned:
            self._workers -= 1
            self._turn_if_all_sleep()

    def _turn_if_all_sleep(self) -> None:
        if len(self._asleep_until) == self._workers > 0:
            self.turn_to(min(self._asleep_until))
            self._asleep_until = [moment for moment in self._asleep_until if moment > self.now()]
            self._turned.notify_all()


def test_case_01_runs_at_once_in_a_storm_of_429_together_ask_no_more_than_ten_times_in_any_minute(
    make_world: MakeWorld,
) -> None:
    app = SimulatedApp("acme", "support", mean_messages_per_hour=2, requests_per_minute=10)
    world = make_world(apps=[app])
    hours = list(hours_between(HOUR, HOUR.plus(11)))
    world.platform.clock = clock = ClockOfMany(hours[-1].end + timedelta(hours=3), len(hours))
    refused = refusal(error_bodies.RATE_LIMIT, Retry_After="2")
    for _ in range(10):  # every third request is let through
        world.platform.script("history", refused, times=2)
        world.platform.script("history", ScriptedAnswer())
    at_once = Barrier(len(hours))

    def run(hour: Hour) -> HourState:
        """Do what a run does, with connections and a budget of its own."""
        process = Runtime(world.settings, clock, Random(hour.key), world.settings_file.parent)
        archive = process.archive(world.app)
        at_once.wait(timeout=60)
        try:
            return capture_hour(hour, archive, lambda: process.platform(world.app), clock).record.state
        finally:
            process.close()
            clock.done()

    with ThreadPoolExecutor(len(hours)) as pool:
        states = set(pool.map(run, hours))
    assert states <= {HourState.ARCHIVED, HourState.EMPTY}
    moments = moments_of_history(world)
    assert len(moments) == len(hours) + 20
    assert most_in_a_minute(moments) == 10


# Case 2: a Retry-After beyond reason


@pytest.mark.parametrize("retry_after", ["86400", "-5", "soon", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_case_02_a_retry_after_beyond_reason_is_capped_and_the_hour_is_asked_for_again_in_time(
    world: World, retry_after: str
) -> None:
    hour = hour_that_stays(world.simulated_app)
    turn_to_age(world, hour, 70)
    before = world.clock.now()
    world.platform.script("history", refusal(error_bodies.RATE_LIMIT, Retry_After=retry_after), times=100)
    record = look(world, hour).record
    assert (record.state, record.reason) == (HourState.FAILED, Reason.LOOK_FAILED)
    assert (world.clock.now() - before).total_seconds() <= LONGEST_WAITS_SECONDS + LONGEST_RETRY_AFTER_SECONDS
    assert record.next_look_at is not None
    assert record.next_look_at < record.deadline - timedelta(hours=1)


def test_case_02_a_platform_that_says_429_for_hours_is_told_to_people_before_the_deadline(
    make_world: MakeWorld,
) -> None:
    world = make_world(first_hour=HOUR.key)
    turn_to_age(world, HOUR, 2)
    world.platform.script("history", refusal(error_bodies.RATE_LIMIT, Retry_After="86400"), times=100)
    inbox = Inbox()
    while not inbox.letters and world.clock.now() < world.app.policy.deadline(HOUR):
        if any(task.hour == HOUR for task in due_now(world.runtime, world.app, world.clock.now())):
            look(world, HOUR)
        watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox])
        world.clock.advance(timedelta(minutes=15))
    assert [title for title, _ in inbox.letters] == ["Chat archive, acme/support: 1 hour, hours_failing"]
    assert world.clock.now() < world.app.policy.settled_at(HOUR)


# Case 3: passing trouble


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_case_03_three_server_errors_are_retried_and_counted(world: World, status: int) -> None:
    hour = hour_that_stays(world.simulated_app)
    world.platform.script("history", ScriptedAnswer(status, error_bodies.gateway_page(status)), times=3)
    record = look(world, hour, age=3).record
    assert (record.state, record.looks[-1].retries) == (HourState.ARCHIVED, 3)
    metadata = raw_history_metadata(hour, record, world.archive, world.settings.archive)
    assert metadata["retries"].value == 3


def test_case_03_server_errors_that_stay_fail_the_look_with_their_number(world: World) -> None:
    world.platform.script("history", ScriptedAnswer(503, b""), times=100)
    record = look(world, HOUR, age=3).record
    assert (record.state, record.looks[-1].retries) == (HourState.FAILED, 4)
    assert "status 503" in (record.looks[-1].problem or "")


# Case 4: a token that is no longer good


def test_case_04_a_token_that_ends_in_the_middle_is_renewed_once_and_the_request_made_again(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    world.platform.revoke_tokens()
    record = look(world, hour, age=25).record
    assert (record.looks[-1].problem, record.looks[-1].retries) == (None, 1)
    assert len(world.platform.requests_of("token")) == 2
    assert [request.path for request in world.platform.requests_of("history")] == [
        f"/acme/support/chatmessages/{hour}",
    ] * 3


def test_case_04_a_token_that_is_refused_again_fails_the_look_at_once_and_is_told_nowhere(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    hour = hour_that_stays(world.simulated_app)
    look(world, hour, age=3)
    world.platform.script("history", refusal(error_bodies.TOKEN_EXPIRED), times=100)
    record = look(world, hour, age=25).record
    assert "refused" in (record.looks[-1].problem or "")
    assert record.looks[-1].retries == 1
    assert len(world.platform.requests_of("history")) == 3
    assert len(world.platform.requests_of("token")) == 2
    token = world.runtime.platform(world.app)._tokens.token().get_secret_value()
    kept = b"".join(content for name, content in stored(world).items() if name.startswith("ledger/"))
    assert token not in caplog.text
    assert token not in kept.decode()


# Case 5: the platform will not serve this app


@pytest.mark.parametrize(
    ("error", "kind"),
    [(error_bodies.APP_BANNED, RequestRefused), (error_bodies.FORBIDDEN, PlanLimitReached)],
    ids=["the app is banned", "the service is not opened"],
)
def test_case_05_a_403_is_asked_about_once_and_says_what_a_person_has_to_do(
    world: World, error: ErrorAnswer, kind: type[PlatformError]
) -> None:
    world.platform.script("history", refusal(error), times=2)
    record = look(world, HOUR, age=3).record
    assert (record.state, record.looks[-1].retries) == (HourState.FAILED, 0)
    assert len(world.platform.requests_of("history")) == 1
    with pytest.raises(kind) as caught:
        world.runtime.platform(world.app).history_urls(HOUR)
    assert record.looks[-1].problem == str(caught.value)
    assert caught.value.remedy


# Case 6: no file


@pytest.mark.parametrize("answer", EmptyHourAnswer)
def test_case_06_no_file_is_not_ready_at_first_and_a_confirmed_nothing_once_settled(
    make_world: MakeWorld, answer: EmptyHourAnswer
) -> None:
    world = make_world(apps=[replace(SILENT, empty_hour_answer=answer)])
    young = look(world, HOUR, age=1.5).record
    assert (young.state, young.reason) == (HourState.PENDING, Reason.TOO_YOUNG)
    assert young.next_look_at is not None
    assert publish_messages(HOUR, world.archive, world.clock)[1] is None
    first, settled = (look(world, HOUR, age=age).record for age in (3, 25))
    assert (first.state, first.confirmed) == (HourState.EMPTY, False)
    assert (settled.state, settled.confirmed) == (HourState.EMPTY, True)
    kept = 1 if answer is EmptyHourAnswer.EMPTY_FILE else 0
    assert len(settled.raw_revisions) == len([name for name in stored(world) if name.startswith("raw/")]) == kept
    assert settled.reason is (Reason.FILE_WITHOUT_LINES if kept else Reason.NO_FILE)
    capture, messages = publish_messages(HOUR, world.archive, world.clock)
    shown = messages_metadata(HOUR, capture, messages, world.archive, world.settings.archive)
    assert (shown["state"].value, shown["confirmed"].value, shown["dagster/row_count"].value) == ("empty", True, 0)
    assert not [name for name in stored(world) if name.startswith(("messages/", "quarantine/"))]


def test_case_06_a_file_that_comes_after_no_file_was_said_is_archived(world: World) -> None:
    hour: Hour = hour_that_stays(world.simulated_app)
    world.platform.script("history", refusal(error_bodies.no_file(world.simulated_app.key, hour.key)))
    assert look(world, hour, age=3).record.state is HourState.EMPTY
    record = look(world, hour, age=25).record
    assert record.state is HourState.ARCHIVED
    publish_messages(hour, world.archive, world.clock)
    assert set(world.message_ids(hour)) == truth(world.simulated_app, hour).message_ids
