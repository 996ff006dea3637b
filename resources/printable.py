"""Making what strangers wrote safe to print: a terminal obeys control characters, whoever sent them."""

from __future__ import annotations

import unicodedata

_REPLACED = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Needed inside emoji and several scripts, and harmless."""


def printable(text: str) -> str:
    """Return a text with every control character, and what turns the direction of writing, shown as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "\ufffd" if unicodedata.category(letter) in _REPLACED and letter not in _JOINERS else letter for letter in text
    )


def printable_lines(text: str) -> str:
    """Return a text of several lines with each line printable."""
    return "\n".join(map(printable, text.split("\n")))
