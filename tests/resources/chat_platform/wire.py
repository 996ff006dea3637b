"""What a test sees of the wire: every name this process looks up, and every connection it tries, at the socket.

Names lead where the test says; nothing but loopback is ever reached.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest

_LOOPBACK = ("127.0.0.1", "::1")


class Wire:
    """Stands between this process and its sockets.

    Attributes:
        looked_up: Each host that was looked up, in order.
        connected: Each address and port that a connection was tried to.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self._answers: dict[str, list[tuple[str, ...]]] = {}
        look_up, connect = socket.getaddrinfo, socket.socket.connect

        def looking_up(host: Any, port: Any, *words: Any, **more: Any) -> Any:
            self.looked_up.append(host)
            answers = self._answers.get(host)
            if answers is None:
                return look_up(host, port, *words, **more)
            addresses = answers.pop(0) if len(answers) > 1 else answers[0]
            return [_answer(address, port) for address in addresses]

        def connecting(connection: socket.socket, address: Any) -> None:
            self.connected.append(address[:2])
            if address[0] not in _LOOPBACK:
                raise ConnectionRefusedError
            connect(connection, address)

        monkeypatch.setattr(socket, "getaddrinfo", looking_up)
        monkeypatch.setattr(socket.socket, "connect", connecting)

    def leads(self, name: str, *answers: tuple[str, ...]) -> None:
        """Let a name lead to these addresses: the first answer at the first look-up, the last one from then on."""
        self._answers[name] = list(answers)


def _answer(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
