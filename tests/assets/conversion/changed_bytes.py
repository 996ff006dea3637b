"""Bytes changed at random places, on a line or in a gzip file."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

BytesChange = Callable[[bytes, Random], bytes]


def damaged(file: bytes, random: Random) -> bytes:
    """Return a gzip file with a few of its bytes changed, cut or added."""
    return random.choice((flip_a_bit, set_a_byte, drop_a_byte, cut, double_a_piece, append_bytes))(file, random)


def flip_a_bit(line: bytes, random: Random) -> bytes:
    place = random.randrange(len(line))
    return line[:place] + bytes([line[place] ^ 1 << random.randrange(8)]) + line[place + 1 :]


def set_a_byte(line: bytes, random: Random) -> bytes:
    place = random.randrange(len(line))
    return line[:place] + bytes([random.choice(b'\x00\n\r "\\{}[],:0e-\x7f\x80\xff')]) + line[place + 1 :]


def drop_a_byte(line: bytes, random: Random) -> bytes:
    place = random.randrange(len(line))
    return line[:place] + line[place + 1 :]


def insert_bytes(line: bytes, random: Random) -> bytes:
    place = random.randrange(len(line) + 1)
    inserted = (
        b"\n",
        b"\r",
        b" ",
        b"\x00",
        b'"',
        b"\\",
        b"\\ud83d",
        b"\\u0000",
        b"\xff",
        b"\xe2\x80\xa8",
        b",",
        b"0",
        b"{",
        b"]",
    )
    return line[:place] + random.choice(inserted) + line[place:]


def cut(line: bytes, random: Random) -> bytes:
    return line[: random.randrange(len(line))]


def double_a_piece(line: bytes, random: Random) -> bytes:
    start, end = sorted((random.randrange(len(line)), random.randrange(len(line))))
    return line[:end] + line[start:]


def surround(line: bytes, random: Random) -> bytes:
    around = (b"\xef\xbb\xbf", b" ", b"\t \r", b"\x0b", b"\x00", b"\xc2\xa0", b",", b"x")
    return random.choice((b"", random.choice(around))) + line + random.choice((b"", random.choice(around)))


def append_bytes(file: bytes, random: Random) -> bytes:
    return file + random.choice((b"\x00", bytes(600), b"x", b"\x00x", b"\x1f", b"\x1f\x8b", file[:20], file))


BYTES_CHANGES: Final[tuple[BytesChange, ...]] = (
    flip_a_bit,
    set_a_byte,
    drop_a_byte,
    insert_bytes,
    insert_bytes,
    cut,
    double_a_piece,
    surround,
)
