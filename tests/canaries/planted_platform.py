"""A simulated platform that plants the canaries, and treats each hour in a way of its own.

Not here: the canaries' values (`planted.py`) and which hours are asked for (`runs.py`).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum

import orjson
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
from tests.canaries.at_debug import CRASHING_FILE

_HOUR = re.compile(r"/(\d{10})(?:\.gz)?$", re.ASCII)
_ERROR = {"error": planted.PLATFORMS_WORDS, "error_description": planted.PLATFORMS_WORDS, "exception": planted.TOKEN}
_ELSEWHERE = f"https://elsewhere.example.test/x?OSSAccessKeyId={planted.OSS_KEY_ID}&Signature={planted.SIGNATURE}"


class Fate(StrEnum):
    """What becomes of an hour."""

    WELL = "well"
    REFUSED = "refused"
    TOKEN_REFUSED = "token_refused"
    ELSEWHERE = "elsewhere"
    SIGNATURE_REFUSED = "signature_refused"
    SECOND_TRY = "second_try"
    CRASH = "crash"


def _file() -> bytes:
    url = f"https://files.example.com/chatfiles/1?share-secret={planted.SHARE_SECRET}"
    picture = {
        "type": "img",
        "url": url,
        "secret": planted.ATTACHMENT_SECRET,
        "thumb": url,
        "thumb_secret": planted.THUMBNAIL_SECRET,
        "filename": "1.jpg",
    }
    said = [[{"type": "txt", "msg": planted.TEXT}], [picture]]
    lines = [
        orjson.dumps(
            {
                "msg_id": str(number),
                "timestamp": 1_700_000_000_000,
                "chat_type": "chat",
                "payload": {"bodies": bodies, "from": "alice", "to": "bob"},
            }
        )
        for number, bodies in enumerate(said)
    ]
    unreadable = lines[1].replace(b'"msg_id"', planted.TEXT.encode())
    return gzip.compress(b"\n".join([*lines, unreadable]), mtime=0)


_ANSWERS = {
    (Fate.REFUSED, RequestKind.HISTORY): ScriptedAnswer(403, _ERROR),
    (Fate.TOKEN_REFUSED, RequestKind.HISTORY): ScriptedAnswer(401, _ERROR),
    (Fate.ELSEWHERE, RequestKind.HISTORY): ScriptedAnswer(200, {"data": [{"url": _ELSEWHERE}]}),
    (Fate.SIGNATURE_REFUSED, RequestKind.FILE): ScriptedAnswer(403, planted.PLATFORMS_WORDS.encode()),
    (Fate.SECOND_TRY, RequestKind.HISTORY): ScriptedAnswer(503, _ERROR),
    (Fate.SECOND_TRY, RequestKind.FILE): ScriptedAnswer(200, _file(), cut_after=9),
    (Fate.CRASH, RequestKind.FILE): ScriptedAnswer(200, CRASHING_FILE + planted.TEXT.encode()),
}


class PlantedPlatform(SimulatedPlatform):
    """The platform of one app with client credentials and one with an App Certificate.

    Args:
        fates: What becomes of the hours that do not go well; the others do.

    Attributes:
        app_tokens: The tokens that were built from the App Certificate, as they came.
    """

    def __init__(self, fates: Mapping[Hour, Fate]) -> None:
        self.app_tokens: set[str] = set()
        self._fates = {hour.key: fate for hour, fate in fates.items()}
        self._asked: list[tuple[str, RequestKind]] = []
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
        hour, kind = match[1], request.kind
        self._asked.append((hour, kind))
        fate = self._fates.get(hour, Fate.WELL)
        scripted = _ANSWERS.get((fate, kind))
        if scripted is not None and not (fate is Fate.SECOND_TRY and self._asked.count((hour, kind)) > 1):
            return scripted
        return ScriptedAnswer(200, _file()) if kind is RequestKind.FILE else None

    def _note_token(self, app: SimulatedApp, token: str) -> bool:
        del app
        self.app_tokens.add(token)
        return True


@contextmanager
def planted_platform(fates: Mapping[Hour, Fate]) -> Iterator[tuple[PlantedPlatform, str]]:
    """Serve the platform; yield it and its base URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signed_urls, "_KEY_ID", planted.OSS_KEY_ID)
        patch.setattr(signed_urls, "_signature", lambda *_: planted.SIGNATURE)
        platform = PlantedPlatform(fates)
        with serve(platform) as base_url:
            yield platform, base_url
