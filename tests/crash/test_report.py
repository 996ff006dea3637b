"""What a whole sweep prints, and whether docs/reliability.md has it as it is printed."""

from __future__ import annotations

from tests.crash.report import EACH_CALL, EACH_STEP, Swept, as_markdown
from tests.crash.stage import SCENES, Figures
from tests.figures_in_docs import RELIABILITY, figures_of


def test_a_sweep_is_a_row() -> None:
    swept = Swept("a day", EACH_STEP, Figures(51, 50, 23, ["something"]))
    table, calls = as_markdown([swept], {"write": 4, "connect": 2}, "").split("\n\n")
    assert table.splitlines()[2:] == ["| a day | each step | 51 | 50 | 23 | 1 |"]
    assert calls == "System calls: connect 2, write 4."
    assert as_markdown([swept], {}, "no strace").endswith("\n\nNo system calls: no strace.")


def test_the_documentation_has_the_rows_that_a_sweep_prints() -> None:
    expected = [Swept(name, where, Figures()) for name in SCENES for where in (EACH_STEP, EACH_CALL)]
    assert labels(figures_of(RELIABILITY.read_text(), "make crash")) == labels(as_markdown(expected, {}, ""))


def labels(figures: str) -> list[str]:
    """Return the head, and the words of each row."""
    table = figures.partition("\n\n")[0].splitlines()
    return [table[0], *("".join(letter for letter in row if not letter.isdigit()) for row in table[2:])]
