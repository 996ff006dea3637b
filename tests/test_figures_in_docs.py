"""Figures go into their place in a page, and nowhere else."""

from __future__ import annotations

import pytest

from tests.figures_in_docs import figures_of, with_figures

PAGE = """# Figures
<!-- printed by make chaos -->
old
figures
<!-- end -->
between
<!-- printed by make crash -->
old
figures
<!-- end -->
"""


def test_figures_replace_those_of_their_command_only() -> None:
    page = with_figures(PAGE, "make crash", "| 1 |")
    assert figures_of(page, "make crash") == "| 1 |"
    assert figures_of(page, "make chaos") == "old\nfigures"
    assert with_figures(page, "make crash", "old\nfigures") == PAGE


@pytest.mark.parametrize("page", ["", PAGE + PAGE])
def test_a_page_without_one_place_for_them_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="places for what make crash prints"):
        with_figures(page, "make crash", "| 1 |")
