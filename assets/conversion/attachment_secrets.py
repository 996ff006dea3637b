"""Cutting attachment secrets out of a message. They stay in the raw revision and go nowhere else.

A secret opens the attachment to whoever has it: `secret` and `thumb_secret` beside a body's URLs, or
`?share-secret=` inside a URL (platform documentation of downloads). They are sought in the bodies and in all that has
no column: an edited or quoted message may bring its own. `ext` belongs to the app, and is kept as it is.

The word is enough, however it is spelled (`spellings.py`): any key with `secret` in it goes, and so does any parameter
of a URL. Not known as secrets are values under other names (`{"key": "secret", "value": ...}`, `?token=`), what a text
says in other words than JSON and URLs (XML, `{secret: 1}`), and what is encoded as a whole, as base64 is.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from assets.conversion.spellings import signs_of_a_url, spelled_out

SUSPECT: Final = r"ecret|%(25)*[4-7][2-5]|\\(u00|x)[4-7][2-5]|&(amp;)*#"
"""A regular expression, case aside, that finds something in every text that spells `secret`: one letter is enough."""

_TEXTS_OF_PEOPLE: Final = frozenset({"msg", "summary", "title", "addr", "action", "from", "to"})
"""What users write, and what they call themselves, where it is a text: it may say anything."""

_FIELDS_OF_APPS: Final = frozenset({"customExts", "v2:customExts"})
"""What apps write, whatever its shape: a `secret` in there is theirs, and is no attachment's."""

_SUSPECT = re.compile(SUSPECT, re.IGNORECASE | re.ASCII)
_SECRET = re.compile("secret", re.IGNORECASE | re.ASCII)
_SECRET_KEY_IN_TEXT = re.compile(r"""secret(?:(?!secret)[^"'])*["']\s*:""", re.IGNORECASE | re.ASCII)
# Any word may follow "secret" in a sentence; in a name, no other word does before the `=`.
_SECRET_PARAMETER = re.compile(r"secret(?:(?!secret)[^=\s])*\s*=", re.IGNORECASE | re.ASCII)
_ENDS_OF_A_VALUE: Final = frozenset({"&", "&amp;", "#"})
"""As they are written: in any other spelling they may belong to the value."""

_STAY_BEFORE_ANOTHER: Final = frozenset({"?", "#"})
"""Signs, as they are written, that no `&` stands for."""


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a message or a part of it, whatever its shape, without attachment secrets, but with all people wrote."""
    if isinstance(value, dict):
        return {
            key: inner if _is_peoples_own(key, inner) else without_secrets(inner)
            for key, inner in value.items()
            if not _speaks_of_secret(key)
        }
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return without_share_secret(value) if isinstance(value, str) else value


def without_share_secret(url: str) -> str:
    """Return a URL without the parameters that have `secret` in their name; any other text as it is.

    Each goes with the sign before it; if that is a `?` or `#` and another parameter follows, with the `&` behind it.
    """
    if not _SUSPECT.search(url):
        return url
    signs = list(signs_of_a_url(url))
    kept = [url[: signs[0][0]] if signs else url]
    sign, in_secret = "", False
    for (start, end), (next_start, _) in pairwise([*signs, (len(url), len(url))]):
        written, parameter = url[start:end], url[end:next_start]
        if in_secret and written.lower() not in _ENDS_OF_A_VALUE:
            continue
        if not (in_secret and sign in _STAY_BEFORE_ANOTHER) or written == "#":
            sign = written
        in_secret = _SECRET_PARAMETER.search(spelled_out(parameter)) is not None
        if not in_secret:
            kept += [sign, parameter]
    return "".join(kept)


def may_hide_secret(payload: object) -> bool:
    """Tell whether a secret may stand in a text of a payload's bodies, from which it cannot be cut out.

    That is so when a payload or a body is a text that speaks of a secret, and when `holds_secret_key` says so.
    """
    bodies = payload.get("bodies") if isinstance(payload, dict) else payload
    texts = [payload, bodies, *(bodies if isinstance(bodies, list) else [])]
    return any(isinstance(text, str) and _speaks_of_secret(text) for text in texts) or holds_secret_key(bodies)


def holds_secret_key(value: object) -> bool:
    """Tell whether any text in a message or a part of it, but for what people wrote, is JSON with a secret's key."""
    if isinstance(value, dict):
        read = ((key, inner) for key, inner in value.items() if not _speaks_of_secret(key))
        return any(holds_secret_key(inner) for key, inner in read if not _is_peoples_own(key, inner))
    if isinstance(value, list):
        return any(map(holds_secret_key, value))
    return isinstance(value, str) and bool(_SUSPECT.search(value) and _SECRET_KEY_IN_TEXT.search(spelled_out(value)))


def _speaks_of_secret(text: str) -> bool:
    return bool(_SUSPECT.search(text) and _SECRET.search(spelled_out(text)))


def _is_peoples_own(key: str, value: object) -> bool:
    return key in _FIELDS_OF_APPS or (key in _TEXTS_OF_PEOPLE and isinstance(value, str))
