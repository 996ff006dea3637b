"""Nothing that strangers wrote is obeyed by a terminal; what people read stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.printable import printable, printable_lines

FORBIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    "words",
    [
        "\x1b[31mred",
        "\x1b]8;;https://evil.test\x1b\\a link\x1b]8;;\x1b\\",
        "\x1b]0;a window's title\x07",
        "\x1b[2J\x1b[H",
        "\x9b31mred",
        "back\b\b\b",
        "over\rwritten",
        "\u202ereversed",
        "\u2066isolated\u2069",
        "\u200bnothing",
        "\u2028line",
        "\ufeff",
        "\U000e0041",
        "\ud800",
    ],
)
def test_what_a_terminal_would_obey_is_replaced(words: str) -> None:
    shown = printable(words)
    assert "\ufffd" in shown
    assert len(shown) == len(words)
    assert not FORBIDDEN & {unicodedata.category(letter) for letter in shown}


@pytest.mark.parametrize(
    "words", ["hello", "[red]x[/red]", "<b>", "你好", "שלום", "👩\u200d👧", "\u0645\u06cc\u200c\u062e", "=1+1"]
)
def test_what_people_read_stays_as_it_is(words: str) -> None:
    assert printable(words) == words


@given(st.text())
def test_lines_stay_lines(words: str) -> None:
    shown = printable_lines(words)
    assert shown.split("\n") == [printable(line) for line in words.split("\n")]
