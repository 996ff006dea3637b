"""Answers that a test writes itself, and the record of what was asked.

It changes and records; what the platform answers of its own accord is `server.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class RequestKind(StrEnum):
    """What a request is for."""

    TOKEN = "token"  # noqa: S105 - a kind, not a token
    HISTORY = "history"
    FILE = "file"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as it came in; its query is not kept.

    Attributes:
        kind: What it is for.
        method: The HTTP method.
        path: The path without query.
        header_names: The names of its headers, in lower case.
        moment: When it came, by the platform's clock.
    """

    kind: RequestKind
    method: str
    path: str
    header_names: frozenset[str]
    moment: datetime

    @property
    def has_authorization(self) -> bool:
        """Whether it carried credentials in a header."""
        return "authorization" in self.header_names


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """An answer that takes the place of the platform's own, or alters it.

    `ScriptedAnswer()` lets one request through; `ScriptedAnswer(cut_after=100)` cuts the platform's own answer.

    Attributes:
        status: The HTTP status; None keeps the platform's own status, headers and body.
        body: Bytes as they are, or an object to be sent as JSON.
        headers: Headers besides Content-Length and Date.
        cut_after: The connection is closed after so many bytes of a body that was announced in full.
        stall_after: After so many bytes of the body nothing comes for `stall_seconds`, or until the client has gone.
        stall_seconds: Real seconds.
    """

    status: int | None = None
    body: bytes | Mapping[str, object] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    stall_after: int | None = None
    stall_seconds: float = 10.0

    def response(self) -> Response:
        """Return the answer in full, for a script that replaces the platform's own."""
        if isinstance(self.body, bytes):
            return Response(self.body, self.status or 200, self.headers)
        return Response(
            orjson.dumps(dict(self.body)), self.status or 200, {"content-type": "application/json", **self.headers}
        )


class TroubledResponse(Response):
    """A response that is sent the way a script wants it: with a stall, or cut short.

    Args:
        whole: The response without trouble.
        script: The trouble.
    """

    def __init__(self, whole: Response, script: ScriptedAnswer) -> None:
        super().__init__(whole.body, whole.status_code)
        self.raw_headers = whole.raw_headers
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. A cut ends without a last body event, upon which the server closes the connection."""
        del scope
        body, script = bytes(self.body), self._script
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sent = 0
        if script.stall_after is not None:
            sent = script.stall_after
            await send({"type": "http.response.body", "body": body[:sent], "more_body": True})
            await _wait_for_client_to_go(receive, script.stall_seconds)
        if script.cut_after is not None:
            await send({"type": "http.response.body", "body": body[sent : script.cut_after], "more_body": True})
            return
        await send({"type": "http.response.body", "body": body[sent:], "more_body": False})


async def _wait_for_client_to_go(receive: Receive, at_most_seconds: float) -> None:
    try:
        async with asyncio.timeout(at_most_seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
