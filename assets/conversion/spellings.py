r"""What a text spells: `&` may be written `%26` in a URL, `\u0026` in JSON, `&amp;` in HTML. Pure.

Escapes of escapes are read as far as they are of one kind (`%2526`, `\\u0026`, `&amp;amp;`). Only characters of ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NAMES: Final = {
    "amp": "&",
    "apos": "'",
    "colon": ":",
    "equals": "=",
    "num": "#",
    "quest": "?",
    "quot": '"',
    "semi": ";",
}

_SPELLED: Final = re.compile(
    r"%(?:25)*([0-7][0-9a-f])"
    r"|\\+(?:u00|x)([0-7][0-9a-f])"
    r"|&(?:amp;)*\#x0*([0-7][0-9a-f]);"
    r"|&(?:amp;)*\#0*([0-9]{2,3});"
    rf"|&(?:amp;)*({'|'.join(_NAMES)});"
    r"|\\+([nrt])"
    r"|\\+([\"'/])"
    # Backslashes at once: whoever looked on from each would take the square of their number.
    r"|\\+",
    re.IGNORECASE | re.ASCII,
)
_SIGN: Final = re.compile(f"{_SPELLED.pattern}|[?&;#]", _SPELLED.flags)


def spelled_out(text: str) -> str:
    """Return the characters that a text spells."""
    return _SPELLED.sub(_plain, text)


def signs_of_a_url(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each `?`, `&`, `;` and `#` begins and ends, however it is spelled."""
    return (found.span() for found in _SIGN.finditer(text) if _plain(found) in "?&;#")


def _plain(character: re.Match[str]) -> str:
    percent, escape, hexadecimal, decimal, name, blank, quoted = character.groups()
    if code := percent or escape or hexadecimal:
        return chr(int(code, 16))
    if decimal:
        return chr(int(decimal))
    if name:
        return _NAMES[name.lower()]
    return " " if blank else quoted or character[0][0]
