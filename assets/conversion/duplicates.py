"""Telling a message seen for the first time from one seen before, in few bytes per message."""

from __future__ import annotations

from enum import Enum, auto
from hashlib import blake2b
from typing import Final

import orjson

from assets.conversion.message import Message

_DIGEST_BYTES: Final = 16


class Sighting(Enum):
    """How a message relates to those seen before it."""

    FIRST = auto()
    """Its msg_id is new."""

    DUPLICATE = auto()
    """A row with the same content in every column has been seen."""

    CONFLICT = auto()
    """Its msg_id has been seen, but never with this content."""


class SeenMessages:
    """Remembers messages by hashes of 128 bits.

    Nothing looks at the rows again: the hash decides. Two different rows out of a thousand million collide with a
    probability of about 10^-21, and BLAKE2b leaves no way to provoke it.
    """

    def __init__(self) -> None:
        self._row_by_msg_id: dict[bytes, bytes] = {}
        self._conflicting_rows: set[bytes] = set()

    def look_at(self, message: Message) -> Sighting:
        """Say how a message relates to those before it, and remember it."""
        msg_id = blake2b(message.msg_id.encode(), digest_size=_DIGEST_BYTES).digest()
        row = blake2b(orjson.dumps(tuple(message)), digest_size=_DIGEST_BYTES).digest()
        first_row = self._row_by_msg_id.setdefault(msg_id, row)
        if first_row is row:
            return Sighting.FIRST
        if first_row == row or row in self._conflicting_rows:
            return Sighting.DUPLICATE
        self._conflicting_rows.add(row)
        return Sighting.CONFLICT
