"""No secret, signed URL or text of the platform in an error, a traceback, a log or a `repr`, whatever goes wrong."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from resources.chat_platform.errors import PlatformError, TokenRefused
from resources.simulated_platform import ScriptedAnswer, SimulatedApp
from tests.resources.chat_platform.conftest import HOUR, Dial, Line

CANARY = "canary"
"""Stands in everything that must not be told."""

SIGNED = f"?Expires=1&OSSAccessKeyId={CANARY}&Signature={CANARY}"
TOLD_BY_THE_PLATFORM: dict[str, object] = {
    "error": f"{CANARY}7",
    "error_description": CANARY,
    "exception": CANARY,
    "access_token": f"{CANARY} {CANARY}",
    "data": [{"url": f"https://evil.example.test/{SIGNED}", CANARY: CANARY}],
}


def urls(*given: object) -> ScriptedAnswer:
    return ScriptedAnswer(200, {"data": [{"url": url} for url in given]})


FAILURES = [
    *[("history", ScriptedAnswer(status, TOLD_BY_THE_PLATFORM)) for status in (400, 401, 403, 404, 418, 429, 500)],
    *[("token", ScriptedAnswer(status, TOLD_BY_THE_PLATFORM)) for status in (200, 400, 401, 404, 429, 503)],
    *[("file", ScriptedAnswer(status, CANARY.encode(), {CANARY: CANARY})) for status in (206, 400, 403, 404, 503)],
    *[(kind, ScriptedAnswer(302, b"", {"Location": f"http://127.0.0.1:1/{SIGNED}"})) for kind in ("history", "file")],
    *[(kind, ScriptedAnswer(200, CANARY.encode() * 100, cut_after=50)) for kind in ("history", "token", "file")],
    ("history", ScriptedAnswer(302, b"", {"Location": f"https://[{SIGNED}"})),
    ("history", ScriptedAnswer(200, CANARY.encode())),
    ("history", ScriptedAnswer(200, CANARY.encode() * 2_000_000)),
    ("history", ScriptedAnswer(200, {"data": CANARY})),
    ("history", urls(CANARY, 5)),
    ("history", urls(CANARY)),
    ("history", urls(f"ftp://127.0.0.1/{SIGNED}")),
    ("history", urls(f"http://[{SIGNED}")),
    ("history", urls(f"http://127.0.0.1:{CANARY}/{SIGNED}")),
    ("history", urls(f"http://{CANARY}:{CANARY}@127.0.0.1/{SIGNED}")),
    ("history", urls(f"http://127.0.0.1\n/{SIGNED}")),
    ("history", urls(f" http://127.0.0.1/{SIGNED}")),
    ("history", urls(f"http://evil.example.test/{SIGNED}")),
    ("history", urls(f"http://127.0.0.1:1/{SIGNED}")),  # nobody answers there
]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Record what every logger here has to say, those of the libraries included, however they were set up."""
    of_the_server = ("uvicorn", "asyncio")
    names = [name for name in logging.root.manager.loggerDict if not name.startswith(of_the_server)]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    yield caplog
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def watched(dial: Dial) -> Line:
    """Return a client whose credentials must not be told either."""
    return dial(SimulatedApp("acme", "support", client_id=f"{CANARY}-id", client_secret=f"{CANARY}-secret"))


def shown(line: Line) -> str:
    """Return what the client's parts show of themselves."""
    parts = [line.client, *vars(line.client).values(), *vars(line.client._tokens).values()]
    return "".join(f"{part} {part!r}" for part in parts)


def told(error: BaseException) -> str:
    """Return an error as anything may show it: its traceback, and the `str` and `repr` of each error behind it."""
    text, behind = "".join(traceback.format_exception(error)), [error]
    while behind:
        seen = behind.pop()
        text += f"{seen} {seen!r} {vars(seen)}"
        behind += [cause for cause in (seen.__cause__, seen.__context__) if cause and not seen.__suppress_context__]
    return text


def secrets_in(text: str) -> list[str]:
    """Return every line in which a secret stands."""
    return [line for line in text.splitlines() if re.search(f"{CANARY}|Signature|OSSAccessKeyId|Bearer|YWMt", line)]


def test_no_secret_is_told_when_all_goes_well(watched: Line, log: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    answer, _ = watched.client.fetch(HOUR, tmp_path)
    assert answer.urls
    assert secrets_in(f"{log.text} {shown(watched)} {answer} {answer!r} {watched.settings!r}") == []


@pytest.mark.parametrize(("kind", "answer"), FAILURES)
def test_no_secret_is_told_when_something_goes_wrong(
    watched: Line, log: pytest.LogCaptureFixture, tmp_path: Path, kind: str, answer: ScriptedAnswer
) -> None:
    watched.platform.script(kind, answer, times=20)
    with pytest.raises(PlatformError) as caught:
        watched.client.fetch(HOUR, tmp_path)
    assert secrets_in(f"{told(caught.value)} {log.text} {shown(watched)}") == []


def test_no_secret_is_told_when_a_token_is_refused_again(
    watched: Line, log: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    watched.client.history_urls(HOUR)
    watched.clock.advance(timedelta(hours=1))
    watched.platform.script("history", ScriptedAnswer(401, TOLD_BY_THE_PLATFORM), times=20)
    with pytest.raises(TokenRefused) as caught:
        watched.client.fetch(HOUR, tmp_path)
    assert len(watched.platform.requests_of("token")) == 2
    assert secrets_in(f"{told(caught.value)} {log.text} {shown(watched)}") == []


def test_this_log_would_have_shown_them(watched: Line, log: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    filters = {name: logging.getLogger(name).filters[:] for name in ("httpx", "httpcore.http11")}
    for name in filters:
        logging.getLogger(name).filters.clear()
    try:
        watched.client.fetch(HOUR, tmp_path)
    finally:
        for name, kept in filters.items():
            logging.getLogger(name).filters[:] = kept
    assert secrets_in(log.text)
