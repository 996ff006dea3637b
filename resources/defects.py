"""How an error that nobody foresaw is named: by its type and place, never by its words, which may quote a message."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb

_PROJECT = Path(__file__).parents[1]


def defect_in_words(error: Exception) -> str:
    """Name an unexpected error and its place in this program, and nothing of its text."""
    own = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_PROJECT)]
    place = f"{Path(own[-1].filename).relative_to(_PROJECT)}:{own[-1].lineno}" if own else "an unknown place"
    return f"This program met a {type(error).__name__} at {place}."
