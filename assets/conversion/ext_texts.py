"""Texts of `payload.ext`, of which the fast ways keep the bytes without looking into them: what they have to be.

What becomes of an `ext` that the careful way reads is `json_line.py`'s business.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
from msgspec import Raw
from msgspec.json import Decoder

from assets.conversion.columns import text_buffers
from assets.conversion.common_line import REFUSALS

EMPTY_OBJECT: Final = b"{}"

_E, _LOWER_CASE, _ZERO = b"e\x200"
_LONG_EXT_BYTES: Final = 309
"""Shorter numbers without an exponent are below 1e309, and shorter texts have no room for 1,024 brackets."""

_ANY_JSON: Final = Decoder(Raw)


def doubtful_exts(exts: pa.Array[Any]) -> list[int]:
    """Return which of these texts, as msgspec let them pass, the careful way reads differently.

    An `ext` that is null counts as a field without a column, and what orjson refuses makes its line unreadable.

    What msgspec lets pass and orjson refuses is: numbers beyond 1.8e308, which have an exponent or very many digits;
    nesting beyond 1,024 levels, which takes as many brackets; and bytes that are not UTF-8.
    """
    ends, text = text_buffers(exts)
    if not _is_utf8(text.tobytes()):
        return [index for index, ext in enumerate(exts.to_pylist()) if ext is not None and _is_null_or_refused(ext)]
    lengths = np.diff(ends)
    by_length = np.flatnonzero((lengths == len(b"null")) | (lengths >= _LONG_EXT_BYTES))
    exponents = np.flatnonzero((text[1:] | _LOWER_CASE) == _E) + 1
    exponents = exponents[text[exponents - 1] - _ZERO < 10]  # noqa: PLR2004 - digits; what is smaller than 0 is large
    by_exponent = np.searchsorted(ends, exponents, side="right") - 1
    candidates = {*by_length.tolist(), *by_exponent.tolist()}
    return [index for index in candidates if _is_null_or_refused(exts[index].as_py())]


def _is_null_or_refused(ext: bytes) -> bool:
    try:
        # As deep in brackets as on its line.
        return bool(orjson.loads(b"[[%b]]" % ext) == [[None]])
    except orjson.JSONDecodeError:
        return True


def _is_utf8(text: bytes) -> bool:
    """Tell of JSON texts in a row; since each begins and ends with ASCII, none can mend another."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def not_json(texts: pa.Array[Any]) -> list[int]:
    """Return which of these texts are not one JSON value; each has to begin with { and end with }, without a line feed.

    So no value reaches over a line feed: none goes on between `}` and `{`.
    """
    contents: list[Any] = texts.to_pylist()
    try:
        if len(_ANY_JSON.decode_lines(b"\n".join(contents))) == len(contents):
            return []
    except REFUSALS:
        pass
    return [index for index, content in enumerate(contents) if not _is_json(content)]


def _is_json(content: bytes) -> bool:
    try:
        _ANY_JSON.decode(content)
    except REFUSALS:
        return False
    return True
