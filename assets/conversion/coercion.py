"""Reading one JSON value for a column of one type: exactly, or not at all.

Each reader returns the column's value, None where the type cannot hold it, and whether it stood in the column's own
JSON type. `1` and `"1"` both are 1 for an integer column, but only the first is its own type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

Column = TypeVar("Column")
Reader: TypeAlias = Callable[[object], tuple[Column | None, bool]]

_INTEGER_TEXT = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_NUMBER_TEXT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_EXACT_IN_FLOAT: Final = 1 << 53


def text(value: object) -> tuple[str | None, bool]:
    """Read a string; an integer gives its decimal digits."""
    if isinstance(value, str):
        return value, True
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value), False
    return None, False


def int32(value: object) -> tuple[int | None, bool]:
    """Read an integer of 32 bits; a number without a fraction or its text will do."""
    return _integer(value, 1 << 31)


def int64(value: object) -> tuple[int | None, bool]:
    """Read an integer of 64 bits; a number without a fraction or its text will do."""
    return _integer(value, 1 << 63)


def _integer(value: object, bound: int) -> tuple[int | None, bool]:
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float | str) and _is_whole(value):
        number = int(value)
    if number is None or not -bound <= number < bound:
        return None, False
    return number, isinstance(value, int)


def _is_whole(value: float | str) -> bool:
    if isinstance(value, str):
        return _INTEGER_TEXT.fullmatch(value) is not None
    return value.is_integer() and abs(value) <= _EXACT_IN_FLOAT


def float64(value: object) -> tuple[float | None, bool]:
    """Read a number; an integer that a float holds exactly, or a number's text, will do."""
    if isinstance(value, float):
        return value, True
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _EXACT_IN_FLOAT:
        return float(value), False
    if isinstance(value, str) and _NUMBER_TEXT.fullmatch(value) and math.isfinite(number := float(value)):
        return number, False
    return None, False
