"""Cutting attachment secrets out of a message. They stay in the raw revision and go nowhere else.

A secret opens the attachment to whoever has it: `secret` and `thumb_secret` beside a body's URLs, or
`?share-secret=` inside a URL (platform documentation of downloads). They are sought in the bodies and in all that has
no column: an edited or quoted message may bring its own. `ext` belongs to the app, and is kept as it is.
"""

from __future__ import annotations

import re
from typing import Any, Final

SECRET_KEYS: Final = frozenset({"secret", "thumb_secret"})

_TEXTS_OF_PEOPLE: Final = frozenset({"msg", "summary", "title", "addr", "action", "from", "to"})
"""What users write, and what they call themselves, where it is a text: it may say anything."""

_FIELDS_OF_APPS: Final = frozenset({"customExts", "v2:customExts"})
"""What apps write, whatever its shape: a `secret` in there is theirs, and is no attachment's."""

_SECRET_KEY_IN_TEXT = re.compile(r'secret\\*"\s*:', re.IGNORECASE | re.ASCII)
_SHARE_SECRET = re.compile(r"([?&])share(?:-|_|%2d|%5f)secret=[^&#]*(&?)", re.IGNORECASE)


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a message or a part of it, whatever its shape, without attachment secrets, but with all people wrote."""
    if isinstance(value, dict):
        return {
            key: inner if _is_peoples_own(key, inner) else without_secrets(inner)
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
    """Tell whether a secret may stand in a text of a payload's bodies, from which it cannot be cut out.

    That is so when a payload or a body is a text that speaks of a secret, and when `holds_secret_key` says so.
    """
    bodies = payload.get("bodies") if isinstance(payload, dict) else payload
    texts = [payload, bodies, *(bodies if isinstance(bodies, list) else [])]
    return any(isinstance(text, str) and "secret" in text.lower() for text in texts) or holds_secret_key(bodies)


def holds_secret_key(value: object) -> bool:
    """Tell whether any text in a message or a part of it, but for what people wrote, is JSON with a secret's key."""
    if isinstance(value, dict):
        read = ((key, inner) for key, inner in value.items() if key not in SECRET_KEYS)
        return any(holds_secret_key(inner) for key, inner in read if not _is_peoples_own(key, inner))
    if isinstance(value, list):
        return any(map(holds_secret_key, value))
    return isinstance(value, str) and _SECRET_KEY_IN_TEXT.search(value) is not None


def _is_peoples_own(key: str, value: object) -> bool:
    return key in _FIELDS_OF_APPS or (key in _TEXTS_OF_PEOPLE and isinstance(value, str))
