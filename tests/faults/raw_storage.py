"""A storage that sends bytes as a test wrote them: lengths that lie, bodies that end anywhere, a byte now and then.

No HTTP server would send these; the simulated platform is one. It knows nothing of hours and signatures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer

Answer = Callable[[], Iterable[bytes]]
"""Gives the pieces of an answer, head included; each is sent before the next is asked for."""


@contextmanager
def raw_storage(*answers: Answer) -> Iterator[str]:
    """Serve on loopback: the first request gets the first answer, and all beyond the last get the last.

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
