"""A storage that sends bytes as a test wrote them: lengths that lie, bodies that end anywhere, a byte now and then.

No HTTP server would send these; the simulated platform is one. It knows nothing of hours and signatures.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import MappingProxyType
from typing import Final

from tests.fake_clock import FakeClock

Answer = Callable[[], Iterable[bytes]]
"""Gives the pieces of an answer, head included; each is sent before the next is asked for."""


COMES_SLOWLY: Final[Mapping[str, tuple[bytes, bytes]]] = MappingProxyType(
    {
        "a head": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x" * 1000),
        "a head before it": (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 40),
        "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", b"x" * 1000),
        "a trailer": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Slow: ", b"x" * 1000),
    }
)
"""What part of an answer may come slowly: what is sent at once, and what comes byte by byte and never to an end."""


@contextmanager
def raw_storage(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on loopback: the first request gets the first answer, and all beyond the last get the last.

    Args:
        answers: In order.
        tls: Speak TLS, as this says.

    Yields:
        A signed URL, as the platform would give it, that leads here.
    """
    waiting = list(answers)

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():  # the head of a request ends with an empty line
                pass
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            with suppress(ConnectionError):  # the client has heard enough
                for piece in answer():
                    self.wfile.write(piece)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hour.gz?Expires=4102444800&Signature=made-up"
        finally:
            server.shutdown()
            thread.join()


def http_answer(body: bytes, *headers: str) -> Answer:
    """Return an answer that closes the connection after the body, with no header but these."""
    head = "\r\n".join(["HTTP/1.1 200 OK", "Connection: close", *headers, "", ""])
    return lambda: [head.encode() + body]


def dripping(clock: FakeClock, at_once: bytes, slowly: bytes) -> Answer:
    """Return an answer of which a byte comes every half minute of that clock: sooner than any one read times out."""

    def pieces() -> Iterator[bytes]:
        yield at_once
        for byte in slowly:
            clock.advance(timedelta(seconds=30))
            yield bytes([byte])

    return pieces
