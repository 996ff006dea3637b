"""Sources of tokens: one request for all, never two in a hurry, and nobody kept waiting by somebody else's pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from resources.chat_platform.errors import (
    PlanLimitReached,
    PlatformError,
    RateLimited,
    TemporaryFailure,
    TokenRefused,
    UnexpectedAnswer,
    WrongConfiguration,
)
from resources.chat_platform.token_cache import TokenCache
from resources.chat_platform.tokens import SHORTEST_PAUSE, AgoraAppToken, FixedToken, SharedToken
from tests.fake_clock import FakeClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Outcome = timedelta | PlatformError


class Service:
    """Gives tokens that live as long as it is told, or fails as it is told; the last outcome stays."""

    def __init__(self, clock: FakeClock, folder: Path, *outcomes: Outcome) -> None:
        self.clock = clock
        self.cache = TokenCache(folder, "app", SecretStr("secret"))
        self.outcomes = list(outcomes)
        self.asked: list[datetime] = []

    def ask(self) -> tuple[SecretStr, datetime]:
        self.asked.append(self.clock.now())
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, PlatformError):
            raise outcome
        return SecretStr(f"token-{len(self.asked)}"), self.clock.now() + outcome

    def process(self) -> SharedToken:
        return SharedToken(self.ask, self.cache, "acme/support", self.clock)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.mark.parametrize(
    ("lifetime", "age", "asked"),
    [
        (timedelta(hours=1), timedelta(minutes=54, seconds=59), 1),
        (timedelta(hours=1), timedelta(minutes=55), 2),
        (timedelta(hours=1), timedelta(days=9), 2),
        (timedelta(minutes=4), timedelta(seconds=119), 1),  # a margin of five minutes would leave nothing
        (timedelta(minutes=4), timedelta(seconds=120), 2),
    ],
)
def test_a_token_is_used_until_shortly_before_its_end(
    clock: FakeClock, tmp_path: Path, lifetime: timedelta, age: timedelta, asked: int
) -> None:
    service = Service(clock, tmp_path, lifetime)
    process = service.process()
    process.token()
    clock.advance(age)
    assert process.token().get_secret_value() == f"token-{asked}"
    assert service.process().token().get_secret_value() == f"token-{asked}"


@pytest.mark.parametrize("kind", [WrongConfiguration, PlanLimitReached, UnexpectedAnswer, TokenRefused])
def test_a_refusal_is_remembered_as_what_it_was_and_asked_about_again_after_the_pause(
    clock: FakeClock, tmp_path: Path, kind: type[PlatformError]
) -> None:
    service = Service(clock, tmp_path, kind("It was refused.", "Mend it."), timedelta(days=1))
    for _ in range(3):
        with pytest.raises(kind, match=r"It was refused\. Mend it\."):
            service.process().token()
    assert (len(service.asked), clock.now()) == (1, NOON)
    clock.advance(SHORTEST_PAUSE)
    assert service.process().token().get_secret_value() == "token-2"


@pytest.mark.parametrize("kind", [TemporaryFailure, RateLimited])
def test_passing_trouble_is_asked_about_again_after_the_pause_and_no_sooner(
    clock: FakeClock, tmp_path: Path, kind: type[PlatformError]
) -> None:
    service = Service(clock, tmp_path, kind("It failed.", "Wait."), timedelta(days=1))
    process = service.process()
    with pytest.raises(kind):
        process.token()
    assert process.token().get_secret_value() == "token-2"
    assert service.asked == [NOON, NOON + SHORTEST_PAUSE]


class ClockOfOneWhoWaits(FakeClock):
    """Lets something else happen while somebody sleeps."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.meanwhile()

    def meanwhile(self) -> None:
        """Nothing, unless a test replaces it."""


def test_who_waits_out_the_pause_holds_no_lock_and_takes_what_another_process_got(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ClockOfOneWhoWaits(NOON)
    service = Service(clock, tmp_path, TemporaryFailure("It failed.", "Wait."), timedelta(days=1))
    with pytest.raises(TemporaryFailure):
        service.process().token()
    monkeypatch.setattr(clock, "meanwhile", lambda: service.process().token())
    monkeypatch.setattr("resources.chat_platform.token_cache.LONGEST_WAIT_SECONDS", 0)
    assert service.process().token().get_secret_value() == "token-2"
    assert len(service.asked) == 2


def test_who_waits_out_the_pause_while_another_process_asks_in_vain_does_not_wait_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ClockOfOneWhoWaits(NOON)
    service = Service(clock, tmp_path, TemporaryFailure("It failed.", "Wait."))
    with pytest.raises(TemporaryFailure):
        service.process().token()

    def another_process_asks() -> None:
        with pytest.raises(TemporaryFailure):
            service.process().token()

    monkeypatch.setattr(clock, "meanwhile", another_process_asks)
    with pytest.raises(TemporaryFailure):
        service.process().token()
    assert service.asked == [NOON, NOON + SHORTEST_PAUSE]
    assert clock.now() == NOON + SHORTEST_PAUSE


def test_tokens_that_end_within_the_minute_are_an_error_and_no_endless_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ClockOfOneWhoWaits(NOON)
    service = Service(clock, tmp_path, timedelta(seconds=2))
    service.process().token()
    clock.advance(timedelta(seconds=30))

    def another_process_uses_one_up() -> None:
        service.process().token()
        clock.advance(timedelta(seconds=2))

    monkeypatch.setattr(clock, "meanwhile", another_process_uses_one_up)
    with pytest.raises(TemporaryFailure, match="within the minute"):
        service.process().token()
    assert clock.now() - NOON < 2 * SHORTEST_PAUSE


def test_a_brand_new_token_that_is_refused_is_not_renewed(clock: FakeClock, tmp_path: Path) -> None:
    service = Service(clock, tmp_path, timedelta(days=1))
    process = service.process()
    token = process.token()
    clock.advance(SHORTEST_PAUSE - timedelta(seconds=1))
    with pytest.raises(TokenRefused, match="a moment ago"):
        process.renewed(token)
    clock.advance(timedelta(seconds=1))
    assert process.renewed(token).get_secret_value() == "token-2"


def test_a_token_another_process_got_meanwhile_is_as_good_as_a_new_one(clock: FakeClock, tmp_path: Path) -> None:
    service = Service(clock, tmp_path, timedelta(days=1))
    one, other = service.process(), service.process()
    token = one.token()
    clock.advance(timedelta(hours=1))
    assert one.renewed(token) == other.renewed(token)
    assert len(service.asked) == 2


@pytest.mark.parametrize("outcome", [WrongConfiguration("It was refused.", "Mend it."), timedelta(days=1)])
def test_a_clock_that_was_set_back_a_year_does_not_make_a_refusal_last_a_year(
    clock: FakeClock, tmp_path: Path, outcome: Outcome
) -> None:
    clock.advance(timedelta(days=365))
    service = Service(clock, tmp_path, outcome, timedelta(days=1))
    try:
        token = service.process().token()
    except WrongConfiguration:
        token = SecretStr("none")
    clock.turn_to(NOON)
    assert service.process().renewed(token).get_secret_value() == "token-2"


def test_a_clock_that_was_set_back_a_little_does_not_shorten_the_pause(clock: FakeClock, tmp_path: Path) -> None:
    service = Service(clock, tmp_path, TemporaryFailure("It failed.", "Wait."), timedelta(days=1))
    with pytest.raises(TemporaryFailure):
        service.process().token()
    clock.turn_to(NOON - timedelta(seconds=10))
    service.process().token()
    assert clock.now() == NOON + SHORTEST_PAUSE


def test_a_fixed_token_is_the_only_one() -> None:
    source = FixedToken(SecretStr("hush"), "acme/support")
    assert source.token().get_secret_value() == "hush"
    with pytest.raises(TokenRefused, match="environment variable") as caught:
        source.renewed(source.token())
    assert "hush" not in str(caught.value)


def app_token(clock: FakeClock) -> AgoraAppToken:
    return AgoraAppToken(SecretStr("a" * 32), SecretStr("b" * 32), "acme/support", clock, Random(1))


def test_an_app_token_is_built_anew_before_its_six_hours_end(clock: FakeClock) -> None:
    source = app_token(clock)
    token = source.token()
    clock.advance(timedelta(hours=5, minutes=54))
    assert source.token() == token
    clock.advance(timedelta(minutes=1))
    assert source.token() != token


def test_an_app_token_just_built_is_not_built_again_when_it_is_refused(clock: FakeClock) -> None:
    source = app_token(clock)
    token = source.token()
    with pytest.raises(TokenRefused):
        source.renewed(token)
    clock.advance(timedelta(hours=1))
    another = source.renewed(token)
    assert another != token
    assert source.renewed(token) == another  # built once, however often the old one is brought back


def test_no_source_shows_its_secrets(clock: FakeClock, tmp_path: Path) -> None:
    service = Service(clock, tmp_path, timedelta(days=1))
    process = service.process()
    process.token()
    fixed, built = FixedToken(SecretStr("hush"), "acme/support"), app_token(clock)
    built.token()
    shown = "".join(f"{source} {source!r} {vars(source)}" for source in (process, fixed, built))
    assert not any(secret in shown for secret in ("hush", "token-1", "b" * 32, "007"))
