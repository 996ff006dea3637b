"""From inflated bytes to lines: blocks of whole lines for the fast way, single lines for the careful one.

What a line says is `decoding.py`'s business; here it only ends somewhere, is blank, or is too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from assets.conversion.gzip_file import inflate
from resources.limits import DEFAULT_LIMITS, Limits

Integers = npt.NDArray[np.int64]

LINE_FEED: Final = 10
BLANK: Final = b" \t\r"
"""What a blank line may hold, beside its line feed."""

_BLOCK_BYTES: Final = 2 << 20
_NO_FEEDS: Final[Integers] = np.array([], np.int64)
_ZERO: Final[Integers] = np.zeros(1, np.int64)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TWO_OBJECTS = re.compile(rb"\}[ \t\r]*+\{")
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines, or the beginning of one that is too long.

    Attributes:
        first: The number of its first line, counted from 1 by line feeds.
        content: The lines with a line feed between them, and none at the end.
        feeds: Where in the content the line feeds are.
        too_long: Whether it is one line that passed the limit, and content only its beginning.
    """

    first: int
    content: bytes
    feeds: Integers
    too_long: bool = False

    @property
    def count(self) -> int:
        """How many lines it has, by line feeds."""
        return len(self.feeds) + 1

    @property
    def starts(self) -> Integers:
        """Where each line begins."""
        return np.concatenate((_ZERO, self.feeds + 1))

    @property
    def stops(self) -> Integers:
        """Where each line ends."""
        return np.append(self.feeds, len(self.content))

    def lines_at(self, places: Integers) -> list[bytes]:
        """Return some of its lines, by their places in it, from 0."""
        bounds = zip(self.starts[places].tolist(), self.stops[places].tolist(), strict=True)
        return [self.content[start:stop] for start, stop in bounds]


def count_lines(path: Path, limits: Limits = DEFAULT_LIMITS) -> int:
    """Read a file to its end, and return how many lines, by line feeds, are not blank.

    Raises:
        DamagedFile: It is not one whole, sound gzip file within the limits.
    """
    with path.open("rb") as file:
        blocks = blocks_of(inflate(file, path.name, limits), limits)
        return sum(1 if block.too_long else _lines_with_content(block) for block in blocks)


def blocks_of(pieces: Iterable[bytes], limits: Limits = DEFAULT_LIMITS) -> Iterator[Block]:
    r"""Cut content into blocks of whole lines, of about 2 MiB where lines are short.

    Lines end at line feeds only: `bytes.splitlines` would also end them at a carriage return. Nothing after the last
    line feed is no line. No more than a block and a line that is not too long are held at a time.
    """
    number = 1
    unfinished = _UnfinishedLine(limits)
    for piece in _gathered(pieces):
        last = piece.rfind(b"\n")
        if last >= 0:
            view = memoryview(piece)
            end = 0
            if unfinished.length + last > limits.max_line_bytes:
                # The line may be too long once its end has come.
                end = piece.find(b"\n")
                unfinished.extend(view[:end])
                if unfinished.too_long:
                    yield Block(number, unfinished.taken(), _NO_FEEDS, too_long=True)
                    number += 1
                    end += 1
            if end <= last:
                for block in _blocks_in(number, b"".join((unfinished.taken(), view[end:last])), limits):
                    yield block
                    number += block.count
        unfinished.extend(piece[last + 1 :])
    if unfinished.length:
        too_long = unfinished.too_long
        yield Block(number, unfinished.taken(), _NO_FEEDS, too_long=too_long)


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join pieces to larger ones: what is done once a block is dear, and large blocks fit into no processor's cache."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _BLOCK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


class _UnfinishedLine:
    """The beginning of a line whose end has not come yet; of one that is too long, only so much as is kept of it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._beginning = bytearray()
        self.length = 0

    @property
    def too_long(self) -> bool:
        return self.length > self._limits.max_line_bytes

    def extend(self, part: bytes | memoryview) -> None:
        self._beginning += part
        self.length += len(part)
        if self.too_long:
            del self._beginning[self._limits.long_line_kept_bytes :]

    def taken(self) -> bytes:
        taken = bytes(self._beginning)
        self._beginning.clear()
        self.length = 0
        return taken


def _blocks_in(number: int, content: bytes, limits: Limits) -> Iterator[Block]:
    if len(content) <= limits.max_line_bytes:
        yield _block(number, content)
        return
    short: list[bytes] = []
    for line in content.split(b"\n"):
        if len(line) > limits.max_line_bytes:
            if short:
                yield _block(number - len(short), b"\n".join(short))
                short = []
            yield Block(number, line[: limits.long_line_kept_bytes], _NO_FEEDS, too_long=True)
        else:
            short.append(line)
        number += 1
    if short:
        yield _block(number - len(short), b"\n".join(short))


def _block(number: int, content: bytes) -> Block:
    return Block(number, content, np.flatnonzero(np.frombuffer(content, np.uint8) == LINE_FEED))


def _lines_with_content(block: Block) -> int:
    # Only a line that begins with one of these can be blank.
    first_bytes = np.frombuffer(block.content + b"\n", np.uint8)[block.starts]
    candidates = np.flatnonzero(np.isin(first_bytes, np.frombuffer(BLANK + b"\n" + _BYTE_ORDER_MARK[:1], np.uint8)))
    return block.count - sum(map(_is_blank, block.lines_at(candidates)))


def _is_blank(line: bytes) -> bool:
    return not line.removeprefix(_BYTE_ORDER_MARK).strip(BLANK)


def json_texts_of(line: bytes) -> list[bytes]:
    """Return what stands on one line: the JSON objects if it is simply a row of several, else the line itself.

    A byte order mark at its beginning is dropped, since a file may be several files joined. Public readers of such
    files had to split lines at `}{`, so the platform has written objects without a line feed between them.
    """
    line = line.removeprefix(_BYTE_ORDER_MARK)
    return _objects_of(line) if _TWO_OBJECTS.search(line) else [line]


def _objects_of(line: bytes) -> list[bytes]:
    objects = []
    depth = 0
    start = end = 0
    for token in _STRING_OR_BRACKET.finditer(line):
        text = token[0]
        if depth == 0:
            if text != b"{" or line[end : token.start()].strip(BLANK):
                return [line]
            start = token.start()
        if text == b'"':
            return [line]
        if text in (b"{", b"["):
            depth += 1
        elif text in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                end = token.end()
                objects.append(line[start:end])
    return [line] if depth or line[end:].strip(BLANK) else objects
