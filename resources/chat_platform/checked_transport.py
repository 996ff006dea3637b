"""How a download reaches its host: its name is resolved once, every address is checked, and one is connected to.

A name may lead elsewhere a moment later (DNS rebinding), so the address that was checked is the one that is used; TLS
and the `Host` header keep the name. Not here: which addresses are good (`addresses.py`), which URLs (`signed_url.py`).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from resources.chat_platform.addresses import Address
from resources.chat_platform.deadline import BoundedConnections, bounded
from resources.chat_platform.errors import DownloadForbidden

_MOST_TRIED: Final = 4
"""So many addresses of a name are tried; each may take the whole time a connection may."""

_KEPT_OPEN_SECONDS: Final = 5.0
_TROUBLE: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


class CheckedConnections(httpcore.NetworkBackend):
    """Opens connections to checked addresses only.

    Args:
        is_allowed: Decides about each address of a name; one that is not allowed refuses the name.
        sockets: Opens the connection to an address.
    """

    def __init__(self, is_allowed: Callable[[Address], bool], sockets: httpcore.NetworkBackend | None = None) -> None:
        self._is_allowed = is_allowed
        self._sockets = sockets or BoundedConnections()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers.

        Raises:
            DownloadForbidden: The host has an address that is not allowed. No connection has been made.
            httpcore.ConnectError: It has no address, or none answers.
            httpcore.ConnectTimeout: None answers in time.
        """
        addresses = _addresses_of(host, port)
        refused = next((address for address in addresses if not self._is_allowed(address)), None)
        if refused is not None:
            raise DownloadForbidden(
                f"The platform gave a download URL on {host}, which leads to {refused}: no place to fetch files from.",
                "Look at what this machine's resolver says of that host. A network that reaches storage through "
                "private addresses needs a proxy, named in HTTPS_PROXY.",
            )
        trouble: httpcore.NetworkError | httpcore.TimeoutException = httpcore.ConnectError("no address")
        for address in addresses[:_MOST_TRIED]:
            try:
                return self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble


def _addresses_of(host: str, port: int) -> list[Address]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from None
    return list(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))


class CheckedTransport(httpx.BaseTransport):
    """Sends a client's requests over checked connections, or through the environment's proxy where there is one.

    A proxy resolves the name itself, so behind one the addresses are its business: what is left is that the host is
    allowed, and that TLS ends there and nowhere else.

    Args:
        is_allowed: As for `CheckedConnections`.
        tls: Which certificates are trusted; those of the machine's environment when left out.
        sockets: As for `CheckedConnections`.
        through_proxy: Whether the environment's proxy is used.
    """

    def __init__(
        self,
        is_allowed: Callable[[Address], bool],
        *,
        tls: ssl.SSLContext | None = None,
        sockets: httpcore.NetworkBackend | None = None,
        through_proxy: bool = False,
    ) -> None:
        tls = tls or httpx.create_ssl_context()
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            keepalive_expiry=_KEPT_OPEN_SECONDS,
            network_backend=CheckedConnections(is_allowed, sockets),
        )
        proxy = _proxy_of_the_environment() if through_proxy else None
        self._proxy = bounded(httpx.HTTPTransport(verify=tls, proxy=proxy)) if proxy else None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. What it raises below HTTP is httpx's own, as from any other transport."""
        if self._proxy is not None and not proxy_bypass(request.url.host):
            return self._proxy.handle_request(request)
        with _trouble_as_httpx_calls_it():
            answer = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        if self._proxy is not None:
            self._proxy.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _trouble_as_httpx_calls_it():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _trouble_as_httpx_calls_it() -> Iterator[None]:
    """Raise httpx's exception of the same name: the two libraries have one set of names."""
    try:
        yield
    except _TROUBLE as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from None


def _proxy_of_the_environment() -> str | None:
    """Return the proxy for https, as `HTTPS_PROXY`, `ALL_PROXY` or the system's settings name it."""
    proxies = getproxies()
    named = proxies.get("https") or proxies.get("all")
    return f"http://{named}" if named and "://" not in named else named
