"""Figures in a page of the documentation: between two marks, put there by the command that prints them.

Which figures there are is the commands' business: `python -m tests.chaos` and `python -m tests.crash`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

RELIABILITY: Final = Path(__file__).parents[1] / "docs" / "reliability.md"


def figures_of(page: str, command: str) -> str:
    """Return what a command has put into a page.

    Args:
        page: The page's text.
        command: As the mark says it, such as `make chaos`.

    Raises:
        ValueError: The page has not exactly one place for it.
    """
    return _place(page, command)[1]


def with_figures(page: str, command: str, figures: str) -> str:
    """Return the page with other figures; everything else as `figures_of`."""
    whole, before = _place(page, command)
    return page.replace(whole, whole.replace(f"\n{before}\n", f"\n{figures}\n"))


def write_figures(path: Path, command: str, figures: str) -> None:
    """Put figures into a page; everything else as `figures_of`."""
    path.write_text(with_figures(path.read_text(), command, figures))


def _place(page: str, command: str) -> tuple[str, str]:
    mark = re.escape(f"<!-- printed by {command} -->")
    found = list(re.finditer(rf"{mark}\n(.*?)\n<!-- end -->", page, re.DOTALL))
    if len(found) != 1:
        raise ValueError(f"The page has {len(found)} places for what {command} prints; it has to have one.")
    return found[0][0], found[0][1]
