"""How far a command of minutes is: shown to a person at a terminal, and to nobody else."""

from __future__ import annotations

import sys


def show_progress(text: str) -> None:
    """Show a line of the terminal that the next one replaces; an empty one at the end."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
