"""The page and its fenced blocks, each under the heading it stands below, so that what is tested is what is printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = Path(__file__).parents[2] / "docs" / "querying.md"
ARCHIVE: Final = "chat-archive/history"
"""How the page calls the archive's place in S3."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """One fenced block.

    Attributes:
        heading: The heading it stands below.
        language: As the fence says.
        text: What stands in it.
    """

    heading: str
    language: str
    text: str

    def at(self, root: Path) -> str:
        """Return the text, with a folder in place of the archive in S3."""
        return re.sub(rf"s3a?://{ARCHIVE}", str(root), self.text)


def headings() -> list[str]:
    """Return all headings but the title, in order."""
    # A comment in a block of code is no heading.
    return _HEADING.findall(_FENCE.sub("", _text()))


def blocks(heading: str | None = None, language: str | None = None) -> list[Block]:
    """Return the blocks below a heading, or all, of a language, or of any, in order."""
    text = _text()
    fences = list(_FENCE.finditer(text))
    places = [
        (match.start(), match[1])
        for match in _HEADING.finditer(text)
        if not any(fence.start() < match.start() < fence.end() for fence in fences)
    ]
    found = [
        Block(next(name for start, name in reversed(places) if start < fence.start()), fence[1], fence[2])
        for fence in fences
    ]
    return [each for each in found if heading in {None, each.heading} and language in {None, each.language}]


def block(heading: str, language: str) -> Block:
    """Return the only block of a language below a heading."""
    (only,) = blocks(heading, language)
    return only


def _text() -> str:
    return PAGE.read_text(encoding="utf-8")
