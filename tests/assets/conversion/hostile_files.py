"""Hostile raw files by name, each with what has to become of it: the gzip stream, and how the file parts into lines.

What stands on a single line is `hostile_lines.py`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from resources.limits import DEFAULT_LIMITS, Limits
from tests.assets.conversion.hours import line_of


@dataclass(frozen=True)
class HostileFile:
    """A raw file and its expectation: either its damage, or what became of its lines.

    Attributes:
        make: Gives the file's bytes; large ones are not kept.
        damage: The reason it is refused for.
        messages: Rows it gives.
        quarantined: The reasons of its quarantined lines, in their order.
        blank: Blank lines.
        text: A text that one row has to hold unchanged.
        limits: The limits it is read with.
    """

    make: Callable[[], bytes]
    damage: str | None = None
    messages: int = 0
    quarantined: tuple[str, ...] = ()
    blank: int = 0
    text: str | None = None
    limits: Limits = DEFAULT_LIMITS


BOMB_BYTES: Final = 96 << 20
MIB: Final = 1 << 20

FIRST = line_of("first")
SECOND = line_of("second")
THIRD = line_of("third")
CONTENT = FIRST + b"\n" + SECOND + b"\n"

NAME, COMMENT, EXTRA, HEADER_CHECKSUM = 8, 16, 4, 2


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


def stored(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=0, mtime=0)


def with_header(flags: int, fields: bytes, content: bytes = CONTENT, *, method: int = 8) -> bytes:
    """Return a gzip file with a header of one's own."""
    header = bytes([0x1F, 0x8B, method, flags]) + bytes(6) + fields
    return header + zipped(content)[10:]


def with_header_checksum(*, wrong: bool) -> bytes:
    header = bytes([0x1F, 0x8B, 8, HEADER_CHECKSUM]) + bytes(6)
    checksum = crc32(header) & 0xFFFF ^ wrong
    return with_header(HEADER_CHECKSUM, checksum.to_bytes(2, "little"))


def changed(file: bytes, place: int) -> bytes:
    """Return a file with one bit of one byte changed."""
    changed_file = bytearray(file)
    changed_file[place] ^= 1
    return bytes(changed_file)


def compressed_by(compressor: zlib._Compress, pieces: Iterator[bytes], flush: int = zlib.Z_NO_FLUSH) -> bytes:
    parts = []
    for piece in pieces:
        parts.append(compressor.compress(piece))
        if flush != zlib.Z_NO_FLUSH:
            parts.append(compressor.flush(flush))
    return b"".join([*parts, compressor.flush()])


def repeated(piece: bytes, size: int) -> Iterator[bytes]:
    yield from [piece * (MIB // len(piece))] * (size // MIB)


def bomb(piece: bytes = b"\0", size: int = BOMB_BYTES, *, beginning: bytes = b"") -> bytes:
    """Return a file that inflates to about a thousand times its size."""
    pieces = repeated(piece, size)
    if beginning:
        pieces = iter([beginning, *pieces])
    return compressed_by(zlib.compressobj(9, wbits=31), pieces)


def zip_archive() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("2026112300", CONTENT)
    return archive.getvalue()


SOUND = zipped(CONTENT)
STORED = stored(CONTENT)
STORED_CONTENT = 15
"""Where the content begins in a stored file: after ten bytes of header and five of the block."""

NO_BLOCK_TYPE = SOUND[:10] + b"\x07" + SOUND[11:]
HTML_PAGE = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>\n"
SMALL_LIMIT = Limits(max_inflated_bytes=256 << 10)

DAMAGED: Final[dict[str, tuple[bytes, str]]] = {
    "no bytes": (b"", "zero_bytes"),
    "cut after one byte": (SOUND[:1], "truncated"),
    "cut after the magic": (SOUND[:2], "truncated"),
    "cut inside the header": (SOUND[:6], "truncated"),
    "cut after the header": (SOUND[:10], "truncated"),
    "cut after one byte of data": (SOUND[:11], "truncated"),
    "cut in the middle": (SOUND[: len(SOUND) // 2], "truncated"),
    "cut inside a stored block": (STORED[:60], "truncated"),
    "no trailer": (SOUND[:-8], "truncated"),
    "cut inside the checksum": (SOUND[:-6], "truncated"),
    "no length": (SOUND[:-4], "truncated"),
    "cut before the last byte": (SOUND[:-1], "truncated"),
    "cut inside a header's name": (with_header(NAME, b"name\0")[:12], "truncated"),
    "a second member without its data": (SOUND + SOUND[:10], "truncated"),
    "a second member's magic only": (SOUND + SOUND[:2], "truncated"),
    "a second member without its trailer": (SOUND + SOUND[:-8], "truncated"),
    "an HTML page": (HTML_PAGE, "not_gzip"),
    "an XML error of the storage": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "not_gzip"),
    "JSON lines that are not compressed": (CONTENT, "not_gzip"),
    "zeros": (bytes(1000), "not_gzip"),
    "a line feed": (b"\n", "not_gzip"),
    "a zip archive": (zip_archive(), "not_gzip"),
    "a bzip2 file": (bz2.compress(CONTENT), "not_gzip"),
    "an xz file": (lzma.compress(CONTENT), "not_gzip"),
    "a zlib stream": (zlib.compress(CONTENT), "not_gzip"),
    "a bare deflate stream": (SOUND[10:-8], "not_gzip"),
    "a byte before the magic": (b"\n" + SOUND, "not_gzip"),
    "zeros before the magic": (bytes(8) + SOUND, "not_gzip"),
    "a wrong checksum": (changed(SOUND, -8), "bad_checksum"),
    "a wrong byte in a stored block": (changed(STORED, STORED_CONTENT + 40), "bad_checksum"),
    "a line feed changed in a stored block": (changed(STORED, STORED_CONTENT + len(FIRST)), "bad_checksum"),
    "a wrong checksum before a sound member": (changed(SOUND, -8) + SOUND, "bad_checksum"),
    "a wrong length": (changed(SOUND, -4), "bad_length"),
    "a length of zero": (SOUND[:-4] + bytes(4), "bad_length"),
    "a wrong length of the second member": (SOUND + changed(SOUND, -1), "bad_length"),
    "a block of no known type": (NO_BLOCK_TYPE, "corrupt"),
    "a stored block whose two lengths differ": (changed(STORED, 11), "corrupt"),
    "compressed data overwritten": (SOUND[:10] + b"\xff" * 8 + SOUND[18:], "corrupt"),
    "an unknown method": (with_header(0, b"", method=7), "corrupt"),
    "reserved flags": (with_header(0xE0, b""), "corrupt"),
    "a wrong checksum of the header": (with_header_checksum(wrong=True), "corrupt"),
    "a sound member, then one of no known method": (SOUND + with_header(0, b"", method=9), "corrupt"),
    "trailing garbage": (SOUND + b"garbage", "trailing_garbage"),
    "garbage after zeros": (SOUND + bytes(70_000) + b"garbage", "trailing_garbage"),
    "half a magic after the stream": (SOUND + b"\x1f", "trailing_garbage"),
    "an HTML page after the stream": (SOUND + HTML_PAGE, "trailing_garbage"),
    "lines that are not compressed after the stream": (SOUND + THIRD + b"\n", "trailing_garbage"),
    "a line feed after the stream": (SOUND + b"\n", "trailing_garbage"),
}

BOMBS: Final[dict[str, HostileFile]] = {
    "a bomb of zeros": HostileFile(bomb, damage="suspicious_ratio"),
    "a bomb after a sound line": HostileFile(lambda: bomb(beginning=FIRST + b"\n"), damage="suspicious_ratio"),
    "a bomb inside one text": HostileFile(lambda: bomb(b"a", beginning=b'{"msg_id":"'), damage="suspicious_ratio"),
    "a bomb of brackets": HostileFile(lambda: bomb(b"["), damage="suspicious_ratio"),
    "a bomb in many members": HostileFile(
        lambda: bomb(size=8 * MIB) * (BOMB_BYTES // (8 * MIB)), damage="suspicious_ratio"
    ),
    "a bomb beyond the limit of size": HostileFile(
        bomb, damage="too_large", limits=Limits(max_inflated_bytes=32 * MIB)
    ),
}
"""Files that inflate to about a thousand times their size."""

SOUND_FILES: Final[dict[str, HostileFile]] = {
    "one member": HostileFile(lambda: SOUND, messages=2),
    "stored blocks": HostileFile(lambda: STORED, messages=2),
    "fixed codes": HostileFile(
        lambda: compressed_by(zlib.compressobj(9, wbits=31, strategy=zlib.Z_FIXED), iter([CONTENT])), messages=2
    ),
    "a flush after every byte": HostileFile(
        lambda: compressed_by(
            zlib.compressobj(9, wbits=31), (CONTENT[i : i + 1] for i in range(len(CONTENT))), zlib.Z_SYNC_FLUSH
        ),
        messages=2,
    ),
    "two members": HostileFile(lambda: SOUND + zipped(THIRD + b"\n"), messages=3),
    "a member for every byte": HostileFile(
        lambda: b"".join(zipped(CONTENT[i : i + 1]) for i in range(len(CONTENT))), messages=2
    ),
    "an empty member first": HostileFile(lambda: zipped(b"") + SOUND, messages=2),
    "an empty member last": HostileFile(lambda: SOUND + zipped(b""), messages=2),
    "a thousand empty members": HostileFile(lambda: zipped(b"") * 1000 + SOUND, messages=2),
    "an empty member alone": HostileFile(lambda: zipped(b"")),
    "trailing zeros": HostileFile(lambda: SOUND + bytes(200_000), messages=2),
    "zeros between members": HostileFile(lambda: SOUND + bytes(70_001) + zipped(THIRD), messages=3),
    "a name in the header": HostileFile(lambda: with_header(NAME, b"2026112300\0"), messages=2),
    "a name of 200,000 bytes": HostileFile(lambda: with_header(NAME, b"../" * 66_666 + b"\0"), messages=2),
    "a comment in the header": HostileFile(lambda: with_header(COMMENT, b"\xff\x1b[2J\0"), messages=2),
    "an extra field in the header": HostileFile(lambda: with_header(EXTRA, b"\xff\xff" + bytes(65_535)), messages=2),
    "everything in the header": HostileFile(
        lambda: with_header(EXTRA | NAME | COMMENT | 1, b"\x02\x00ab" + b"name\0" + b"comment\0"), messages=2
    ),
    "a sound checksum of the header": HostileFile(lambda: with_header_checksum(wrong=False), messages=2),
    "gzip inside gzip": HostileFile(lambda: zipped(stored(FIRST)), quarantined=("bad_utf8",)),
    "a line over two members": HostileFile(lambda: zipped(CONTENT[:30]) + zipped(CONTENT[30:]), messages=2),
    "no line feed at the end": HostileFile(lambda: zipped(FIRST + b"\n" + SECOND), messages=2),
    "100,000 blank lines": HostileFile(lambda: zipped(b"\n" * 100_000 + CONTENT), messages=2, blank=100_000),
    "blank lines of spaces, tabs and carriage returns": HostileFile(
        lambda: zipped(b" \n\t\n\r\n \t\r\n" + CONTENT), messages=2, blank=4
    ),
    "blank lines beyond the limit": HostileFile(
        lambda: zipped(b"\n" * 300_000), damage="too_large", limits=SMALL_LIMIT
    ),
    "messages beyond the limit": HostileFile(
        lambda: zipped((FIRST + b"\n") * 2000), damage="too_large", limits=SMALL_LIMIT
    ),
    "windows line ends": HostileFile(lambda: zipped(CONTENT.replace(b"\n", b"\r\n")), messages=2),
    "old Macintosh line ends": HostileFile(lambda: zipped(CONTENT.replace(b"\n", b"\r")), messages=2),
    "a byte order mark": HostileFile(lambda: zipped(b"\xef\xbb\xbf" + CONTENT), messages=2),
    "a byte order mark on every line": HostileFile(
        lambda: zipped(b"\xef\xbb\xbf" + FIRST + b"\n\xef\xbb\xbf" + SECOND), messages=2
    ),
    "two byte order marks": HostileFile(
        lambda: zipped(b"\xef\xbb\xbf" * 2 + CONTENT), messages=1, quarantined=("not_json",)
    ),
    "a byte order mark alone": HostileFile(lambda: zipped(b"\xef\xbb\xbf"), blank=1),
    "UTF-16 with its mark": HostileFile(
        lambda: zipped(CONTENT.decode().encode("utf-16")), quarantined=("bad_utf8", "not_json", "not_json")
    ),
    "UTF-16 without its mark": HostileFile(
        lambda: zipped(CONTENT.decode().encode("utf-16-le")), quarantined=("not_json",) * 3
    ),
    "one JSON array": HostileFile(lambda: zipped(b"[" + FIRST + b"," + SECOND + b"]"), quarantined=("not_an_object",)),
    "an array over several lines": HostileFile(
        lambda: zipped(b"[\n" + FIRST + b",\n" + SECOND + b"\n]\n"),
        messages=1,
        quarantined=("not_json", "not_json", "not_json"),
    ),
    "an object over several lines": HostileFile(
        lambda: zipped(FIRST.replace(b", ", b",\n") + b"\n" + SECOND + b"\n"),
        messages=1,
        quarantined=("not_json",) * (FIRST.count(b", ") + 1),
    ),
    "a line feed after every token": HostileFile(
        lambda: zipped(FIRST.replace(b": ", b":\n") + b"\n" + SECOND),
        messages=1,
        quarantined=("not_json",) * (FIRST.count(b": ") + 1),
    ),
    "objects without a line feed between": HostileFile(lambda: zipped(FIRST + SECOND + THIRD), messages=3),
    "a thousand objects on one line": HostileFile(
        lambda: zipped(b"{}" * 1000 + b"\n" + CONTENT), messages=2, quarantined=("no_msg_id",) * 1000
    ),
    "objects with a comma between": HostileFile(lambda: zipped(FIRST + b"," + SECOND), quarantined=("not_json",)),
    "half an object before a whole one": HostileFile(
        lambda: zipped(FIRST[:40] + SECOND + b"\n" + THIRD), messages=1, quarantined=("not_json",)
    ),
    "a line of 10 MB": HostileFile(
        lambda: zipped(line_of("long", chat_type="x" * 10_000_000) + b"\n" + CONTENT), messages=3
    ),
    "a line of exactly the limit": HostileFile(
        lambda: zipped(CONTENT), messages=2, limits=Limits(max_line_bytes=max(len(FIRST), len(SECOND)))
    ),
    "a line one byte beyond the limit": HostileFile(
        lambda: zipped(CONTENT + SECOND + b" "),
        messages=2,
        quarantined=("too_long",),
        limits=Limits(max_line_bytes=max(len(FIRST), len(SECOND)), long_line_kept_bytes=10),
    ),
    "a line of 20 MB": HostileFile(
        lambda: zipped(FIRST + b"\n" + b"9" * 20_000_000 + b"\n" + SECOND), messages=2, quarantined=("too_long",)
    ),
    "20 MB of blanks on one line": HostileFile(
        lambda: zipped(b" " * 20_000_000 + b"\n" + CONTENT), messages=2, quarantined=("too_long",)
    ),
}
"""Files that are whole, however strange."""

HOSTILE_FILES: Final[dict[str, HostileFile]] = {
    **{name: HostileFile(lambda file=file: file, damage=damage) for name, (file, damage) in DAMAGED.items()},  # type: ignore[misc]
    **SOUND_FILES,
}
