"""Reading a raw revision: gzip to bytes, bytes to lines, both in bounded memory.

A damaged file is always an error here, never a shorter file. What a line says is `message.py`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW_BITS = 31
_READ_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
_RATIO_FLOOR_BYTES = 64 << 20
"""Below this a file may inflate as far as it likes: nothing can be hurt by it."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r"
_TWO_OBJECTS = re.compile(rb"\}[ \t\r]*+\{")
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a raw revision is followed before it is refused.

    Attributes:
        max_line_bytes: Longer lines are quarantined as too_long.
        long_line_kept_bytes: So much of a line that is too long is kept in the quarantine.
        max_inflated_bytes: A file that inflates to more is refused.
        max_ratio: A file that inflates to more than this many times its size is refused. Deflate's ceiling is 1,032.
    """

    max_line_bytes: int = 16 << 20
    long_line_kept_bytes: int = 64 << 10
    max_inflated_bytes: int = 16 << 30
    max_ratio: int = 500


DEFAULT_LIMITS: Final = Limits()


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


_IN_WORDS: Final = {
    Damage.ZERO_BYTES: "has no bytes. Fetch it again.",
    Damage.NOT_GZIP: "is not a gzip file. Fetch it again; if it stays so, look at what the platform sends.",
    Damage.TRUNCATED: "ends before its gzip stream does. Fetch it again.",
    Damage.BAD_CHECKSUM: "does not have the checksum its gzip trailer names. Fetch it again.",
    Damage.BAD_LENGTH: "does not have the length its gzip trailer names. Fetch it again.",
    Damage.CORRUPT: "holds a gzip stream that cannot be inflated. Fetch it again.",
    Damage.TRAILING_GARBAGE: "goes on with other bytes after its gzip stream. Fetch it again.",
    Damage.TOO_LARGE: "inflates to more bytes than the limit. If the hour is truly that large, raise the limit.",
    Damage.SUSPICIOUS_RATIO: "inflates like a decompression bomb. If it is honest, raise the limit on the ratio.",
}


class DamagedFile(Exception):
    """Raised when a file is not one whole, sound gzip file within the limits.

    Attributes:
        reason: What is wrong with it.
    """

    def __init__(self, reason: Damage, path: Path) -> None:
        super().__init__(f"The file {path.name} {_IN_WORDS[reason]}")
        self.reason = reason


class Line(NamedTuple):
    """One line, or one of several JSON objects that stand on one line.

    Attributes:
        number: Counted from 1, by line feeds; objects on one line share it.
        content: The bytes without the line feed and without a byte order mark; a carriage return stays.
        too_long: Whether the line passed the limit, and content is only its beginning.
    """

    number: int
    content: bytes
    too_long: bool = False

    @property
    def blank(self) -> bool:
        """Whether nothing but spaces stands on the line."""
        return not self.too_long and not self.content.strip(_BLANK)


@dataclass(frozen=True, slots=True)
class FileInspection:
    """What a sound file holds.

    Attributes:
        lines: All lines, blank ones included; a line on which k JSON objects stand counts as k.
        blank: Lines with nothing but spaces.
        inflated_bytes: The file's size after inflating.
    """

    lines: int
    blank: int
    inflated_bytes: int


def inspect_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> FileInspection:
    """Read a file to its end, to prove it whole and to count its lines as a conversion will.

    Raises:
        DamagedFile: It is not one whole, sound gzip file within the limits.
    """
    lines = blank = inflated_bytes = 0

    def measured() -> Iterator[bytes]:
        nonlocal inflated_bytes
        for piece in inflate(path, limits):
            inflated_bytes += len(piece)
            yield piece

    for line in split_lines(measured(), limits):
        lines += 1
        blank += line.blank
    return FileInspection(lines, blank, inflated_bytes)


def read_lines(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Line]:
    """Yield a gzip file's lines.

    Raises:
        DamagedFile: It is not one whole, sound gzip file within the limits; lines before the damage were yielded.
    """
    return split_lines(inflate(path, limits), limits)


def inflate(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[bytes]:
    """Yield a gzip file's content in pieces of at most 1 MiB, every member of it.

    Zero bytes after a member are padding, as RFC 1952 readers have it. zlib is asked piece by piece because its object
    neither reports a truncated stream nor goes on to the next member by itself.

    Raises:
        DamagedFile: It is not one whole, sound gzip file within the limits.
    """
    with path.open("rb") as file:
        yield from _GzipFile(file, path, limits).pieces()


class _GzipFile:
    """Where the reading of one gzip file stands."""

    def __init__(self, file: BinaryIO, path: Path, limits: Limits) -> None:
        self._file = file
        self._path = path
        self._limits = limits
        self._unread = file.read(_READ_BYTES)
        self._inflated = 0

    def pieces(self) -> Iterator[bytes]:
        if not self._unread:
            raise DamagedFile(Damage.ZERO_BYTES, self._path)
        if not _GZIP_MAGIC.startswith(self._unread[:2]):
            raise DamagedFile(Damage.NOT_GZIP, self._path)
        while self._unread:
            yield from self._pieces_of_member()
            self._go_to_next_member()

    def _pieces_of_member(self) -> Iterator[bytes]:
        member = zlib.decompressobj(wbits=_GZIP_WINDOW_BITS)
        while not member.eof:
            try:
                piece = member.decompress(self._unread, _PIECE_BYTES)
            except zlib.error as error:
                raise DamagedFile(_damage_from(error), self._path) from None
            self._check_size(len(piece))
            if piece:
                yield piece
            self._unread = member.unused_data or member.unconsumed_tail
            if not member.eof and not self._unread:
                self._unread = self._file.read(_READ_BYTES)
                # zlib may still hold output when the input is used up: only silence on both sides is the end.
                if not self._unread and not piece:
                    raise DamagedFile(Damage.TRUNCATED, self._path)

    def _check_size(self, more: int) -> None:
        self._inflated += more
        if self._inflated > self._limits.max_inflated_bytes:
            raise DamagedFile(Damage.TOO_LARGE, self._path)
        if self._inflated > max(_RATIO_FLOOR_BYTES, self._limits.max_ratio * self._file.tell()):
            raise DamagedFile(Damage.SUSPICIOUS_RATIO, self._path)

    def _go_to_next_member(self) -> None:
        self._unread = self._unread.lstrip(b"\0")
        while not self._unread and (more := self._file.read(_READ_BYTES)):
            self._unread = more.lstrip(b"\0")
        if len(self._unread) == 1:
            self._unread += self._file.read(_READ_BYTES)
        if self._unread and not self._unread.startswith(_GZIP_MAGIC):
            raise DamagedFile(Damage.TRAILING_GARBAGE, self._path)


def _damage_from(error: zlib.error) -> Damage:
    if "incorrect data check" in str(error):
        return Damage.BAD_CHECKSUM
    if "incorrect length check" in str(error):
        return Damage.BAD_LENGTH
    return Damage.CORRUPT


def split_lines(pieces: Iterable[bytes], limits: Limits = DEFAULT_LIMITS) -> Iterator[Line]:
    r"""Split on line feeds only: `bytes.splitlines` would also split at a carriage return.

    A byte order mark is dropped wherever a line begins with it, since a file may be several files joined. Nothing after
    the last line feed is no line.
    """
    number = 0
    beginning = bytearray()
    length = 0
    for piece in pieces:
        *parts, last = piece.split(b"\n")
        for part in parts:
            number += 1
            if length:
                length += len(part)
                _extend(beginning, part, length, limits)
                yield from _lines_of(number, bytes(beginning), length, limits)
                beginning.clear()
                length = 0
            else:
                yield from _lines_of(number, part, len(part), limits)
        length += len(last)
        _extend(beginning, last, length, limits)
    if length:
        yield from _lines_of(number + 1, bytes(beginning), length, limits)


def _extend(beginning: bytearray, part: bytes, length: int, limits: Limits) -> None:
    """Append a part of a line, and forget all but the line's beginning once it is too long to be read."""
    beginning += part
    if length > limits.max_line_bytes:
        del beginning[limits.long_line_kept_bytes :]


def _lines_of(number: int, content: bytes, length: int, limits: Limits) -> Iterator[Line]:
    if length > limits.max_line_bytes:
        yield Line(number, content[: limits.long_line_kept_bytes], too_long=True)
        return
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if _TWO_OBJECTS.search(content):
        for json_object in _objects_of(content):
            yield Line(number, json_object)
    else:
        yield Line(number, content)


def _objects_of(content: bytes) -> list[bytes]:
    """Return the JSON objects that stand on one line, or the line itself where it is not simply a row of objects.

    Public readers of such files had to split lines at `}{`, so the platform has written them without a line feed.
    """
    objects = []
    depth = 0
    start = end = 0
    for token in _STRING_OR_BRACKET.finditer(content):
        text = token[0]
        if depth == 0:
            if text != b"{" or content[end : token.start()].strip(_BLANK):
                return [content]
            start = token.start()
        if text == b'"':
            return [content]
        if text in (b"{", b"["):
            depth += 1
        elif text in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                end = token.end()
                objects.append(content[start:end])
    return [content] if depth or content[end:].strip(_BLANK) else objects
