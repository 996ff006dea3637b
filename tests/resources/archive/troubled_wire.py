"""Trouble on the way to S3: requests refused, answers lost after the deed, bodies cut or changed; below boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from threading import Event, Lock
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError
from urllib3.exceptions import ProtocolError

from resources.archive.objects import ArchiveBucket

Send = Callable[[AWSPreparedRequest], AWSResponse]
Trouble = Callable[[AWSPreparedRequest, Send], AWSResponse]


@contextmanager
def troubled(bucket: ArchiveBucket, operation: str, *troubles: Trouble) -> Iterator[list[AWSPreparedRequest]]:
    """Let the next requests of an operation, in the order they are made, meet trouble; later ones go through.

    Args:
        bucket: Whose requests.
        operation: Such as "PutObject"; "" stands for all.
        troubles: One for each request.

    Yields:
        The requests that were made.
    """
    client = bucket._client
    send = cast("Send", client._endpoint.http_session.send)  # type: ignore[attr-defined]
    requests: list[AWSPreparedRequest] = []
    waiting = list(troubles)
    one_at_a_time = Lock()

    def before_send(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        with one_at_a_time:
            requests.append(request)
            trouble = waiting.pop(0) if waiting else None
        return trouble(request, send) if trouble else None

    event, handler = f"before-send.s3.{operation}".rstrip("."), cast("Any", before_send)
    client.meta.events.register(event, handler)
    try:
        yield requests
    finally:
        client.meta.events.unregister(event, handler)
    assert not waiting, f"{len(waiting)} troubles were not met"


def header(request: AWSPreparedRequest, name: str) -> str | None:
    """Return a header of a request, which botocore's signing has made bytes."""
    value: Any = request.headers.get(name)
    return value.decode() if isinstance(value, bytes) else value


def answered(status: int, code: str) -> Trouble:
    """The server takes the whole request, refuses and does nothing."""

    def trouble(request: AWSPreparedRequest, _send: Send) -> AWSResponse:
        sent: Any = request.body
        if hasattr(sent, "read"):
            sent.read()
        body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
        return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body))

    return trouble


def let_through(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """No trouble."""
    return send(request)


def lost_answer(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The server does it, and its answer never arrives."""
    send(request)
    raise ConnectionClosedError(endpoint_url=request.url)


def after(action: Callable[[], object], trouble: Trouble = let_through) -> Trouble:
    """Something happens just before the request arrives."""

    def delayed(request: AWSPreparedRequest, send: Send) -> AWSResponse:
        action()
        return trouble(request, send)

    return delayed


def broken_body(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The connection breaks in the middle of the body."""
    return _with_body(send(request), lambda content: _Raw(content[: len(content) // 2], breaks=True))


def late_break(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The connection breaks after the last byte of the body."""
    return _with_body(send(request), lambda content: _Raw(content, breaks=True))


def held_body(gate: Event) -> Trouble:
    """The second half of the body comes when the gate is opened."""

    def trouble(request: AWSPreparedRequest, send: Send) -> AWSResponse:
        return _with_body(send(request), lambda content: _Raw(content, gate=gate))

    return trouble


def short_body(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The body ends early, as if that were all of it."""
    return _with_body(send(request), lambda content: _Raw(content[:-1]))


def changed_body(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """One bit of the body is turned."""
    return _with_body(send(request), lambda content: _Raw(bytes([content[0] ^ 1]) + content[1:]))


def changed_upload(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """One bit of what is sent is turned on the way."""
    return _sending(request, send, lambda content: BytesIO(content[:-1] + bytes([content[-1] ^ 1])))


def cut_upload(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The connection breaks in the middle of what is sent."""
    return _sending(request, send, _CutUpload)


def _sending(request: AWSPreparedRequest, send: Send, change: Callable[[bytes], BytesIO]) -> AWSResponse:
    original: Any = request.body
    request.body = change(original.read() if hasattr(original, "read") else original)
    try:
        return send(request)
    finally:
        request.body = original  # for the next attempt


class _CutUpload(BytesIO):
    """A body of which the second half cannot be sent."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content[: len(content) // 2])

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if not piece:
            raise ConnectionResetError
        return piece


def _with_body(response: AWSResponse, change: Callable[[bytes], _Raw]) -> AWSResponse:
    response.raw = change(b"".join(response.raw.stream()))
    return response


class _Raw(BytesIO):
    """A body as urllib3 hands it over, as far as botocore looks at it."""

    def __init__(self, content: bytes, *, breaks: bool = False, gate: Event | None = None) -> None:
        super().__init__(content)
        self._breaks = breaks
        self._half = len(content) // 2
        self._gate = gate

    def read(self, size: int | None = -1, /) -> bytes:
        if self._gate is not None:
            if size is not None and self.tell() < self._half:
                return super().read(min(size, self._half - self.tell()))
            self._gate.wait()
        piece = super().read(size)
        if not piece and self._breaks:
            raise ProtocolError("Connection broken")
        return piece

    def shutdown(self) -> None:
        self.seek(0, SEEK_END)
        self._breaks = True
        if self._gate is not None:
            self._gate.set()

    def stream(self, size: int = 65536) -> Iterator[bytes]:
        while piece := self.read(size):
            yield piece
