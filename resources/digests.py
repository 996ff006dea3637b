"""What proves a sequence of bytes, computed while the bytes come or from a file."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 256 * 1024
"""So many bytes are hashed at a time: enough for hashlib to let other threads run meanwhile."""


@dataclass(frozen=True, slots=True)
class Digests:
    """What proves a sequence of bytes: its length and two digests.

    Attributes:
        bytes: The length.
        sha256: In lower-case hex: the name and proof of every object.
        md5: In base64: the only integrity header that every S3 server checks.
    """

    bytes: int
    sha256: str
    md5: str


class Digester:
    """Computes the digests of bytes as they come, in pieces of any length."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._length = 0
        self._waiting = bytearray()

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._waiting += piece
        if len(self._waiting) >= _PIECE:
            self._hash_waiting()

    def digests(self) -> Digests:
        """Return the digests of all bytes taken so far."""
        self._hash_waiting()
        return Digests(self._length, self._sha256.hexdigest(), base64.b64encode(self._md5.digest()).decode())

    def _hash_waiting(self) -> None:
        self._sha256.update(self._waiting)
        self._md5.update(self._waiting)
        self._length += len(self._waiting)
        self._waiting.clear()


def digests_of(file: BinaryIO) -> Digests:
    """Read a file from where it stands to its end, in bounded memory, and return its digests."""
    digester = Digester()
    while piece := file.read(_PIECE):
        digester.update(piece)
    return digester.digests()
