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
    """Tell whether a payload or body is a text that speaks of a secret, so that it cannot be cut out."""
    bodies = payload.get("bodies") if isinstance(payload, dict) else payload
    texts = [payload, bodies, *(bodies if isinstance(bodies, list) else [])]
    return any(isinstance(text, str) and "secret" in text.lower() for text in texts)
