"""A proxy on loopback that refuses everything and remembers what it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread


@contextmanager
def proxy() -> Iterator[tuple[tuple[str, int], list[str]]]:
    """Serve it; yield its address and the first line of each request, as they come."""
    asked: list[str] = []

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(65536).decode().splitlines()[0])
            self.request.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    with TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield ("127.0.0.1", server.server_address[1]), asked
        finally:
            server.shutdown()
            thread.join()
