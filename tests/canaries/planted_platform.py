"""A simulated platform that plants the canaries, and treats each hour in a way of its own.

Not here: the canaries' values (`planted.py`) and which hours are asked for (`runs.py`).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import pytest

from resources.clock import SystemClock
from resources.hours.hour import Hour
from resources.simulated_platform import (
    EmptyHourAnswer,
    ReceivedRequest,
    RequestKind,
    ScriptedAnswer,
    SimulatedApp,
    SimulatedPlatform,
    serve,
    signed_urls,
)
from tests.canaries import planted
from tests.canaries.planted_hours import Fate, PlantedHours
from tests.canaries.planted_lines import lines_people_sent

_HOUR = re.compile(r"/(\d{10})(?:\.gz)?$", re.ASCII)
_ERROR = {"error": planted.PLATFORMS_WORDS, "error_description": planted.PLATFORMS_WORDS, "exception": planted.TOKEN}
_ELSEWHERE = f"https://elsewhere.example.test/x?OSSAccessKeyId={planted.OSS_KEY_ID}&Signature={planted.SIGNATURE}"


_ANSWERS = {
    (Fate.REFUSED, RequestKind.HISTORY): ScriptedAnswer(403, _ERROR),
    (Fate.TOKEN_REFUSED, RequestKind.HISTORY): ScriptedAnswer(401, _ERROR),
    (Fate.ELSEWHERE, RequestKind.HISTORY): ScriptedAnswer(200, {"data": [{"url": _ELSEWHERE}]}),
    (Fate.SIGNATURE_REFUSED, RequestKind.FILE): ScriptedAnswer(403, planted.PLATFORMS_WORDS.encode()),
    (Fate.SECOND_TRY, RequestKind.HISTORY): ScriptedAnswer(503, _ERROR),
    (Fate.CRASH, RequestKind.FILE): ScriptedAnswer(200, planted.CRASHING_FILE + planted.TEXT.encode()),
}


def _answer(hour: Hour, kind: RequestKind, fate: Fate, *, again: bool) -> ScriptedAnswer | None:
    if fate is Fate.SECOND_TRY and again:
        fate = Fate.WELL
    if (fate, kind) in _ANSWERS:
        return _ANSWERS[fate, kind]
    if kind is not RequestKind.FILE:
        return None
    return ScriptedAnswer(200, _file(hour), cut_after=9 if fate is Fate.SECOND_TRY else None)


def _file(hour: Hour) -> bytes:
    return gzip.compress(b"\n".join(lines_people_sent(hour)), mtime=0)


class PlantedPlatform(SimulatedPlatform):
    """The platform of one app with client credentials and one with an App Certificate.

    Args:
        fates: What becomes of the hours that do not go well; the others do.

    Attributes:
        app_tokens: The tokens that were built from the App Certificate, as they came.
    """

    def __init__(self, fates: Mapping[Hour, Fate]) -> None:
        self.app_tokens: set[str] = set()
        self._fates = fates
        self._asked: list[tuple[Hour, RequestKind]] = []
        super().__init__(
            [
                SimulatedApp(
                    "acme",
                    name,
                    requests_per_minute=100_000,
                    empty_hour_answer=EmptyHourAnswer.EMPTY_FILE,  # no hour is silent: each has a file
                    client_id=planted.CLIENT_ID,
                    client_secret=planted.CLIENT_SECRET,
                )
                for name in ("support", "mall")
            ],
            SystemClock(),
            accepted_tokens={planted.TOKEN},
            accepts_token=self._note_token,
        )

    def give_token(self, app: SimulatedApp, lifetime: timedelta | None) -> str:
        del app, lifetime
        return planted.TOKEN

    def received(self, request: ReceivedRequest) -> ScriptedAnswer | None:
        super().received(request)
        match = _HOUR.search(request.path)
        if match is None:
            return None
        asked = Hour.from_key(match[1]), request.kind
        self._asked.append(asked)
        return _answer(*asked, self._fates.get(asked[0], Fate.WELL), again=self._asked.count(asked) > 1)

    def _note_token(self, app: SimulatedApp, token: str) -> bool:
        del app
        self.app_tokens.add(token)
        return True


@contextmanager
def planted_platform(hours: PlantedHours) -> Iterator[tuple[PlantedPlatform, str]]:
    """Serve the platform; yield it and its base URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signed_urls, "_KEY_ID", planted.OSS_KEY_ID)
        patch.setattr(signed_urls, "_signature", lambda *_: planted.SIGNATURE)
        platform = PlantedPlatform({hour: fate for fate, hour in hours.fated.items()})
        with serve(platform) as base_url:
            yield platform, base_url
