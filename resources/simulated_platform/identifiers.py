"""The identifiers in a line: message ids, file ids and file secrets, shaped as the real ones are.

Nothing here knows what is said (`bodies.py`) or by whom (`cast.py`).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from random import Random

MESSAGE_ID_EPOCH = 1_417_564_800
"""2014-12-03T00:00:00Z. In every public pair of id and timestamp, `(msg_id >> 32) + this` is the message's second."""

_UUID_EPOCH = 0x01B2_1DD2_1381_4000
"""How many steps of 100 ns lie between the first instant of version 1 UUIDs, in 1582, and 1970."""

_SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"  # noqa: S105 - an alphabet
_SECRET_LENGTH = 48
_BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER_BITS = 12
_APP_BITS = 20


def message_id(app_key: str, second: int, number: int) -> str:
    """Return a message's id: a decimal text of up to 19 digits, larger than 2^53.

    Args:
        app_key: The App Key; twenty bits of its digest keep the ids of apps apart.
        second: When the message was sent, Unix seconds.
        number: The message's place in its hour. Ids are distinct up to 4,096 messages in one second.
    """
    return str(_message_number(app_key, second, number))


def alphanumeric_message_id(app_key: str, second: int, number: int) -> str:
    """Return an id in the form of 2014, such as `5I02W-16-8278a`, as distinct as the decimal ones."""
    rest = _message_number(app_key, second, number)
    digits = ""
    while rest:
        rest, digit = divmod(rest, 36)
        digits = _BASE_36[digit] + digits
    return f"{digits[:5]}-{digits[5:7]}-{digits[7:].lower()}"


def file_uuid(rng: Random, milliseconds: int) -> str:
    """Return a version 1 UUID that carries the upload's time, as the platform's file ids do.

    Args:
        rng: Gives the part that is not time.
        milliseconds: When the file was uploaded, Unix milliseconds.
    """
    steps = milliseconds * 10_000 + rng.randrange(10_000) + _UUID_EPOCH
    low, middle, high = steps & 0xFFFF_FFFF, steps >> 32 & 0xFFFF, steps >> 48 & 0x0FFF
    return f"{low:08x}-{middle:04x}-1{high:03x}-{0x8000 | rng.getrandbits(14):04x}-{rng.getrandbits(48):012x}"


def file_secret(rng: Random) -> str:
    """Return a secret that opens a restricted attachment: 48 characters of URL-safe Base64."""
    return "".join(rng.choices(_SECRET_ALPHABET, k=_SECRET_LENGTH))


def _message_number(app_key: str, second: int, number: int) -> int:
    return (second - MESSAGE_ID_EPOCH) << 32 | _app_number(app_key) << _NUMBER_BITS | number % (1 << _NUMBER_BITS)


@lru_cache(maxsize=256)
def _app_number(app_key: str) -> int:
    return int.from_bytes(hashlib.sha256(app_key.encode()).digest()[:4]) >> (32 - _APP_BITS)
