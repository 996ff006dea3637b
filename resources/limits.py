"""How far a file of the platform is followed before it, or one of its lines, is refused: a part of the settings.

What is checked against them lies in `assets/conversion`.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from resources.credentials import Part

DEEPEST: Final = 250
"""orjson reads 1,024 levels and writes 254; what no column holds has to be written again."""


class Limits(Part):
    """The limits of one app's files. A file that passes one is kept all the same; only reading it is refused."""

    max_inflated_bytes: int = Field(
        default=16 << 30, ge=1, description="a file that inflates to more is called damaged"
    )
    max_inflation_ratio: int = Field(
        default=500, ge=10, le=2000, description="likewise beyond so many times its size; deflate's ceiling is 1,032"
    )
    max_line_bytes: int = Field(default=16 << 20, ge=1, description="longer lines are quarantined as too_long")
    long_line_kept_bytes: int = Field(
        default=64 << 10, ge=0, description="so much of a line that is too long is kept in the quarantine"
    )
    max_depth: int = Field(
        default=DEEPEST, ge=10, le=DEEPEST, description="levels of nesting outside payload.ext before it is too_deep"
    )


DEFAULT_LIMITS: Final = Limits()
