"""Listening on loopback: for the span of a `with` block in a thread, or until Ctrl-C.

It runs the application of `server.py` and decides nothing about answers.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.requests import ClientDisconnect

from resources.simulated_platform.platform_state import SimulatedPlatform
from resources.simulated_platform.server import web_application

_LOOPBACK = "127.0.0.1"
_SECONDS_TO_START = 10.0
_SECONDS_A_TURN = 0.001


@contextmanager
def serve(platform: SimulatedPlatform, port: int = 0) -> Iterator[str]:
    """Serve the platform on 127.0.0.1 from a thread of its own.

    Args:
        platform: What to serve.
        port: Where to listen; 0 means any free port.

    Yields:
        The base URL, such as `http://127.0.0.1:8077`, without a slash at its end.

    Raises:
        OSError: The port is taken.
        RuntimeError: The server did not start within ten seconds.
    """
    listener = _listener(port)
    server = _StoppableServer(platform)
    thread = threading.Thread(target=server.run, args=([listener],), name="simulated-platform", daemon=True)
    thread.start()
    if not server.has_started.wait(_SECONDS_TO_START):
        listener.close()
        raise RuntimeError("The simulated platform did not start. Its own log says why.")
    try:
        yield _base_url(listener)
    finally:
        server.stop()
        thread.join()


def serve_until_interrupted(platform: SimulatedPlatform, port: int, announce: Callable[[str], None]) -> None:
    """Serve the platform on 127.0.0.1 until Ctrl-C.

    Args:
        platform: What to serve.
        port: Where to listen; 0 means any free port.
        announce: Called once with the base URL.

    Raises:
        OSError: The port is taken.
    """
    listener = _listener(port)
    announce(_base_url(listener))
    try:
        uvicorn.Server(_configuration(platform)).run([listener])
    except KeyboardInterrupt:
        return


class _StoppableServer(uvicorn.Server):
    """A uvicorn server that tells when it listens, and stops at once.

    uvicorn's own waits tenths of a second at several points, for clients that nobody has here.
    """

    def __init__(self, platform: SimulatedPlatform) -> None:
        super().__init__(_configuration(platform))
        self.has_started = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        await super().startup(sockets)
        self.has_started.set()

    async def main_loop(self) -> None:
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A client that is just being accepted would stay open when its server closes, for whoever collects garbage.
        while accepting := asyncio.all_tasks() - self.server_state.tasks - {asyncio.current_task()}:
            await asyncio.wait(accepting)
        for server in self.servers:
            server.close()
        while self.server_state.connections or self.server_state.tasks:
            for connection in tuple(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(_SECONDS_A_TURN)
        for listener in sockets or ():
            listener.close()

    def stop(self) -> None:
        """End the server; called from another thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)


def _configuration(platform: SimulatedPlatform) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)
    return uvicorn.Config(
        web_application(platform),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
    )


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Tell whether uvicorn reports more than an answer that a script has cut on purpose, or a client that has gone."""
    client_has_gone = record.exc_info is not None and isinstance(record.exc_info[1], ClientDisconnect)
    return not client_has_gone and record.getMessage() != "ASGI callable returned without completing response."


def _listener(port: int) -> socket.socket:
    listener = socket.create_server((_LOOPBACK, port))
    # Accepted connections inherit it. Without it each answer waits 40 ms for a delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _base_url(listener: socket.socket) -> str:
    return f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
