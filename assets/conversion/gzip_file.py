"""Inflating a raw revision: every member of its gzip stream, in bounded pieces, and never half a file taken for whole.

A damaged file is always an error here, never a shorter file. Where its lines end is `lines.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Protocol, cast

from zlib_ng import zlib_ng

from resources.limits import Limits

_ZlibError: Final = cast("type[Exception]", zlib_ng.error)  # its stub declares an instance
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW_BITS = 31
_READ_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
_RATIO_FLOOR_BYTES = 64 << 20
"""Below this a file may inflate as far as it likes: nothing can be hurt by it."""


class Readable(Protocol):
    """What bytes can be read from: an open file, or a file that is still arriving."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most so many; none at the end."""


class Damage(StrEnum):
    """What is wrong with a file that should be a raw revision."""

    ZERO_BYTES = "zero_bytes"
    NOT_GZIP = "not_gzip"
    TRUNCATED = "truncated"
    BAD_CHECKSUM = "bad_checksum"
    BAD_LENGTH = "bad_length"
    CORRUPT = "corrupt"
    TRAILING_GARBAGE = "trailing_garbage"
    TOO_LARGE = "too_large"
    SUSPICIOUS_RATIO = "suspicious_ratio"


_READ_AGAIN: Final = "The next look reads the file again; after the hour's deadline, chat-archive adopt does."
_IN_WORDS: Final = {
    Damage.ZERO_BYTES: "has no bytes. Fetch it again.",
    Damage.NOT_GZIP: "is not a gzip file. Fetch it again; if it stays so, look at what the platform sends.",
    Damage.TRUNCATED: "ends before its gzip stream does. Fetch it again.",
    Damage.BAD_CHECKSUM: "does not have the checksum its gzip trailer names. Fetch it again.",
    Damage.BAD_LENGTH: "does not have the length its gzip trailer names. Fetch it again.",
    Damage.CORRUPT: "holds a gzip stream that cannot be inflated. Fetch it again.",
    Damage.TRAILING_GARBAGE: "goes on with other bytes after its gzip stream. Fetch it again.",
    Damage.TOO_LARGE: (
        f"inflates to more bytes than limits.max_inflated_bytes. If the hour is that large, raise it. {_READ_AGAIN}"
    ),
    Damage.SUSPICIOUS_RATIO: (
        f"inflates like a decompression bomb. If it is honest, raise limits.max_inflation_ratio. {_READ_AGAIN}"
    ),
}


class DamagedFile(Exception):
    """Raised when a file is not one whole, sound gzip file within the limits.

    Attributes:
        reason: What is wrong with it.
    """

    def __init__(self, reason: Damage, name: str) -> None:
        super().__init__(f"The file {name} {_IN_WORDS[reason]}")
        self.reason = reason


def inflate(file: Readable, name: str, limits: Limits) -> Iterator[bytes]:
    """Yield a gzip file's content in pieces of at most 1 MiB, every member of it.

    Zero bytes after a member are padding, as RFC 1952 readers have it. zlib is asked piece by piece because its object
    neither reports a truncated stream nor goes on to the next member by itself.

    Args:
        file: The file, at its beginning.
        name: How an error calls it.
        limits: How far it is followed.

    Raises:
        DamagedFile: It is not one whole, sound gzip file within the limits; what came before the damage was yielded.
    """
    return _GzipFile(file, name, limits).pieces()


class _GzipFile:
    """Where the reading of one gzip file stands."""

    def __init__(self, file: Readable, name: str, limits: Limits) -> None:
        self._file = file
        self._name = name
        self._limits = limits
        self._unread = b""
        self._taken = 0
        self._inflated = 0

    def pieces(self) -> Iterator[bytes]:
        self._unread = self._read()
        if not self._unread:
            raise self._damaged(Damage.ZERO_BYTES)
        if not _GZIP_MAGIC.startswith(self._unread[:2]):
            raise self._damaged(Damage.NOT_GZIP)
        while self._unread:
            yield from self._pieces_of_member()
            self._go_to_next_member()

    def _pieces_of_member(self) -> Iterator[bytes]:
        member = zlib_ng.decompressobj(wbits=_GZIP_WINDOW_BITS)
        while not member.eof:
            try:
                piece = member.decompress(self._unread, _PIECE_BYTES)
            except _ZlibError as error:
                raise self._damaged(_damage_from(error)) from None
            self._check_size(len(piece))
            if piece:
                yield piece
            self._unread = member.unused_data or member.unconsumed_tail
            if not member.eof and not self._unread:
                self._unread = self._read()
                # zlib may still hold output when the input is used up: only silence on both sides is the end.
                if not self._unread and not piece:
                    raise self._damaged(Damage.TRUNCATED)

    def _read(self) -> bytes:
        read = self._file.read(_READ_BYTES)
        self._taken += len(read)
        return read

    def _check_size(self, more: int) -> None:
        self._inflated += more
        if self._inflated > self._limits.max_inflated_bytes:
            raise self._damaged(Damage.TOO_LARGE)
        if self._inflated > max(_RATIO_FLOOR_BYTES, self._limits.max_inflation_ratio * self._taken):
            raise self._damaged(Damage.SUSPICIOUS_RATIO)

    def _go_to_next_member(self) -> None:
        self._unread = self._unread.lstrip(b"\0")
        while not self._unread and (more := self._read()):
            self._unread = more.lstrip(b"\0")
        if len(self._unread) == 1:
            self._unread += self._read()
        if self._unread and not self._unread.startswith(_GZIP_MAGIC):
            raise self._damaged(Damage.TRAILING_GARBAGE)

    def _damaged(self, reason: Damage) -> DamagedFile:
        return DamagedFile(reason, self._name)


def _damage_from(error: Exception) -> Damage:
    if "incorrect data check" in str(error):
        return Damage.BAD_CHECKSUM
    if "incorrect length check" in str(error):
        return Damage.BAD_LENGTH
    return Damage.CORRUPT
