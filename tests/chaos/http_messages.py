"""Just enough of HTTP/1.1 for a proxy on loopback: requests with a length, answers that end with the connection."""

from __future__ import annotations

from asyncio import IncompleteReadError, StreamReader, open_connection
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from tests.chaos.canned_answers import Answer

LARGEST_HEAD: Final = 1 << 16
_END_OF_HEAD: Final = b"\r\n\r\n"
_ABOUT_THE_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "expect"}
)
_WITHOUT_A_BODY: Final = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in.

    Attributes:
        method: Such as GET.
        target: Path and query.
        headers: All of them, names as they came: S3 checks a signature over some.
        body: What has been read of it.
    """

    method: str
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def length(self) -> int:
        """How long the body is, as the client says."""
        return int(header(self.headers, "content-length") or 0)

    @property
    def waits_to_continue(self) -> bool:
        """Whether the client sends the body only when it is told to go on."""
        return header(self.headers, "expect") is not None

    def encoded(self, body: bytes) -> bytes:
        """Return it as it goes to the server, with the length the client named, whatever the body."""
        kept = [(name, value) for name, value in self.headers if name.lower() not in _ABOUT_THE_CONNECTION]
        if header(self.headers, "content-length") is not None:
            kept.append(("Content-Length", str(self.length)))
        return _head(f"{self.method} {self.target} HTTP/1.1", [*kept, ("Connection", "close")]) + body


def header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    """Return a header's value, whatever the case of its name."""
    return next((value for each, value in headers if each.lower() == name), None)


def encoded_head(answer: Answer) -> bytes:
    """Return the answer's first line and headers as they go to the client, which may ask again on the connection."""
    headers = list(answer.headers)
    if answer.status not in _WITHOUT_A_BODY:
        length = len(answer.body) if answer.length is None else answer.length
        headers.append(("Content-Length", str(length)))
    return _head(f"HTTP/1.1 {answer.status} Answer", headers)


def _head(first_line: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def read_request(reader: StreamReader) -> Request | None:
    """Read a request's head; None when the client has none any more."""
    try:
        head = await reader.readuntil(_END_OF_HEAD)
    except IncompleteReadError:
        return None
    first, headers = _split(head)
    method, target, _ = first.split(" ", 2)
    return Request(method, target, headers)


async def answer_of(server: tuple[str, int], method: str, request: bytes) -> Answer:
    """Send a whole request to the server on a connection of its own, and read all it answers.

    Raises:
        OSError: Nobody listens, or the connection broke.
        ValueError: What came is no answer.
    """
    reader, writer = await open_connection(*server)
    try:
        writer.write(request)
        await writer.drain()
        raw = await reader.read()
    finally:
        writer.close()
    return _answer(raw, method)


def _answer(raw: bytes, method: str) -> Answer:
    head, end, body = raw.partition(_END_OF_HEAD)
    if not end:
        raise ValueError("The server hung up before its answer was whole.")
    first, headers = _split(head)
    status = int(first.split(" ")[1])
    if status == 100:
        return _answer(body, method)
    if header(headers, "transfer-encoding") == "chunked":
        body = _joined(body)
    length = header(headers, "content-length")
    kept = tuple((name, value) for name, value in headers if name.lower() not in _ABOUT_THE_CONNECTION)
    if method == "HEAD":
        return Answer(status, kept, b"", int(length) if length else None)
    return Answer(status, kept, body)


def _joined(chunks: bytes) -> bytes:
    """Put a chunked body together."""
    body = bytearray()
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if not length:
            break
        body += rest[:length]
        chunks = rest[length + 2 :]
    return bytes(body)


def _split(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, tuple((name.strip(), value.strip()) for name, _, value in pairs)
