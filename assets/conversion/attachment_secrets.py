"""Cutting attachment secrets out of a message's bodies. They stay in the raw revision and go nowhere else.

A secret opens the attachment to whoever has it: `secret` and `thumb_secret` beside a body's URLs, or
`?share-secret=` inside a URL (platform documentation of downloads).
"""

from __future__ import annotations

import re
from typing import Any, Final

SECRET_KEYS: Final = frozenset({"secret", "thumb_secret"})

_WRITTEN_BY_PEOPLE: Final = frozenset({"msg", "summary", "title", "addr", "action", "customExts", "v2:customExts"})
"""What users and apps write themselves: a `secret` in there is theirs, and is no attachment's."""

_SECRET_KEY_IN_TEXT = re.compile(r'secret\\*"\s*:', re.IGNORECASE | re.ASCII)
_SHARE_SECRET = re.compile(r"([?&])share(?:-|_|%2d|%5f)secret=[^&#]*(&?)", re.IGNORECASE)


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return bodies, whatever their shape, without attachment secrets; what people wrote is not touched."""
    if isinstance(value, dict):
        return {
            key: inner if key in _WRITTEN_BY_PEOPLE else without_secrets(inner)
            for key, inner in value.items()
            if key not in SECRET_KEYS
        }
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return without_share_secret(value) if isinstance(value, str) else value


def without_share_secret(url: str) -> str:
    """Return a URL without its `share-secret` parameters; any other text as it is."""
    while (shorter := _SHARE_SECRET.sub(lambda found: found[1] if found[2] else "", url)) != url:
        url = shorter
    return url


def may_hide_secret(payload: object) -> bool:
    """Tell whether a secret may stand in a text, from which it cannot be cut out.

    That is so when a payload or a body is a text that speaks of a secret, and when any text in the bodies that people
    did not write is itself JSON with a secret's key.
    """
    bodies = payload.get("bodies") if isinstance(payload, dict) else payload
    texts = [payload, bodies, *(bodies if isinstance(bodies, list) else [])]
    return any(isinstance(text, str) and "secret" in text.lower() for text in texts) or _holds_secret_key(bodies)


def _holds_secret_key(value: object) -> bool:
    if isinstance(value, dict):
        not_read = _WRITTEN_BY_PEOPLE | SECRET_KEYS
        return any(_holds_secret_key(inner) for key, inner in value.items() if key not in not_read)
    if isinstance(value, list):
        return any(map(_holds_secret_key, value))
    return isinstance(value, str) and _SECRET_KEY_IN_TEXT.search(value) is not None
