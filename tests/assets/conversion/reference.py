"""The reference converter: what becomes of an hour's raw revisions, worked out slowly and plainly.

The product's converter is fast and has to agree with this one; `agreement.py` compares them. Nothing here is the
product's but the names of the columns. Written from the descriptions in DESIGN and in the product's docstrings, to be
checked by reading. How one line is read is `reference_json.py` and `reference_row.py`.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from tests.assets.conversion.reference_json import Refused, end_of_brackets
from tests.assets.conversion.reference_row import row_of

HOUR_MS = 3_600_000
BLANKS = b" \t\r"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LOOKS_LIKE_TWO_OBJECTS = re.compile(rb"\}[ \t\r]*\{")


class QuarantinedLine(NamedTuple):
    """A line that is not a message, in the order of the quarantine's columns."""

    raw_revision: str
    line_number: int
    reason: str
    line: bytes


@dataclass(frozen=True)
class Reference:
    """What an hour's conversion has to give.

    Attributes:
        rows: The messages, in the order of their lines, revisions sorted by SHA-256; timestamps in ms since 1970.
        quarantined: The lines that are not messages, in the same order.
        counts: The counts by name.
    """

    rows: list[dict[str, Any]]
    quarantined: list[QuarantinedLine]
    counts: dict[str, int]


def convert_slowly(
    files: Sequence[bytes], *, hour_start_ms: int, max_line_bytes: int = 16 << 20, long_line_kept_bytes: int = 64 << 10
) -> Reference:
    """Convert an hour's raw revisions, sound gzip files in any order."""
    rows: list[dict[str, Any]] = []
    quarantined: list[QuarantinedLine] = []
    lines = blank = duplicates = conflicts = 0
    contents_by_msg_id: dict[str, set[str]] = {}

    for file in sorted(files, key=lambda file: sha256(file).hexdigest()):
        for number, line in numbered_lines(gzip.decompress(file), max_line_bytes):
            lines += 1
            if len(line) > max_line_bytes:
                beginning = line[:long_line_kept_bytes]
                quarantined.append(QuarantinedLine(sha256(file).hexdigest(), number, "too_long", beginning))
                continue
            if not line.strip(BLANKS):
                blank += 1
                continue
            try:
                row = row_of(line)
            except Refused as refused:
                quarantined.append(QuarantinedLine(sha256(file).hexdigest(), number, refused.reason, line))
                continue
            # repr tells 0.0 from -0.0, which are equal and are written differently.
            content = repr(row)
            earlier = contents_by_msg_id.setdefault(row["msg_id"], set())
            if content in earlier:
                duplicates += 1
                continue
            conflicts += bool(earlier)
            earlier.add(content)
            rows.append(row)

    counts = {
        "lines": lines,
        "messages": len(rows),
        "duplicates": duplicates,
        "conflicts": conflicts,
        "quarantined": len(quarantined),
        "blank": blank,
        "outside_hour": sum(not 0 <= row["timestamp"] - hour_start_ms < HOUR_MS for row in rows),
    }
    return Reference(rows, quarantined, counts)


def numbered_lines(content: bytes, max_line_bytes: int) -> list[tuple[int, bytes]]:
    """Return a file's lines, each with its number; several objects on one line are as many lines with one number.

    Lines end at line feeds and nothing else, and after the last one there is no line. A byte order mark is no part of
    the line it begins, unless the line is too long to be looked at.
    """
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    numbered = []
    for number, line in enumerate(lines, start=1):
        if len(line) > max_line_bytes:
            numbered.append((number, line))
        else:
            objects = objects_on(line.removeprefix(BYTE_ORDER_MARK))
            numbered += [(number, json_object) for json_object in objects]
    return numbered


def objects_on(line: bytes) -> list[bytes]:
    """Return the objects on a line that is nothing but objects and blanks, any other line as it is.

    An object ends where as many brackets have closed as have opened, of whichever kind.
    """
    # `} {` may also stand in the text of a line's only object: that line loses its outer blanks, as a row does.
    if not LOOKS_LIKE_TWO_OBJECTS.search(line):
        return [line]
    # Latin-1 has one character for each byte, whatever the bytes: places in the text are places in the line.
    text = line.decode("latin-1")
    objects = []
    place = 0
    while place < len(text):
        if text[place] in BLANKS.decode():
            place += 1
            continue
        end = end_of_brackets(text, place) if text[place] == "{" else None
        if end is None:
            return [line]
        objects.append(line[place:end])
        place = end
    return objects
