"""How long a request may take in all: every wait on the wire, from connecting to the last byte, gets what is left.

A library's timeout bounds one wait, and a server that sends a byte now and then lets none of them run out. So the time
is looked at below HTTP and TLS, where the waiting is done: it holds for a proxy's answer as for a server's, and for a
head as for a body. Only the resolver keeps its own time. Not here: how long what may take (`http.py`, `download.py`).
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from resources.clock import Clock


class OutOfTime(Exception):
    """Raised in the middle of a request whose time is up. Whoever has set the time says what was asked for."""


_seconds_left: ContextVar[Callable[[], float]] = ContextVar("seconds_left", default=lambda: math.inf)


@contextmanager
def within(seconds: float, clock: Clock) -> Iterator[None]:
    """Let this thread wait on bounded connections for so many seconds from now, all waits together.

    Raises:
        OutOfTime: That was not enough.
    """
    give_up_at = clock.now().timestamp() + seconds
    before = _seconds_left.set(lambda: give_up_at - clock.now().timestamp())
    try:
        yield
    finally:
        _seconds_left.reset(before)


@contextmanager
def _one_wait(timeout: float | None) -> Iterator[float | None]:
    """Give how long one wait may take: its own timeout, or what is left where that is less."""
    left = _seconds_left.get()()
    if left <= 0:
        raise OutOfTime
    longest = min(left, math.inf if timeout is None else timeout)
    try:
        yield None if longest == math.inf else longest
    except httpcore.TimeoutException:
        if longest == left:
            raise OutOfTime from None
        raise


class BoundedConnections(httpcore.NetworkBackend):
    """Opens connections that wait no longer than `within` says."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect as httpcore does. Of a name with several addresses, each gets the timeout."""
        with _one_wait(timeout) as longest:
            return _BoundedStream(self._sockets.connect_tcp(host, port, longest, local_address, socket_options))


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _one_wait(timeout) as longest:
            return self._stream.read(max_bytes, longest)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _one_wait(timeout) as longest:
            self._stream.write(buffer, longest)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        ssl_context.sslsocket_class = _BoundedTlsSocket
        with _one_wait(timeout) as longest:
            return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, longest))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._stream.get_extra_info(info)


class _BoundedTlsSocket(ssl.SSLSocket):
    """Looks at the time between pieces: of TLS inside TLS, to and through a proxy, httpcore reads many in one wait."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        if _seconds_left.get()() <= 0:
            raise OutOfTime
        return super().recv(buflen, flags)


def bounded(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """Put bounded connections under a transport of httpx, which takes no network backend as an argument."""
    transport._pool._network_backend = BoundedConnections()  # noqa: SLF001 - httpx 1.0 is kept out; tests would tell
    return transport
