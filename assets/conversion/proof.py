r"""The proof that rows of the usual form hold the whole of their lines: no key stood twice in an object.

msgspec passes over such keys in silence and keeps the last value. But every colon of a JSON text stands either behind a
key or inside a text, so a line has exactly as many colons as its keys and texts account for, and one more for every key
that stands twice. Only a colon written as an escape (`\u003a`) would be miscounted; such lines must not come here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from msgspec import UNSET

from assets.conversion.columns import CommonRows, RowParts, text_buffers
from assets.conversion.common_line import (
    AudioBody,
    CommandBody,
    CustomBody,
    FileBody,
    ImageBody,
    LocationBody,
    TextBody,
    VideoBody,
)

COLON: Final = ord(":")

_ENVELOPE_KEYS: Final = 7 + 3
"""Of a line and of its payload, `ext` aside."""

_BODY_COLONS: Final[dict[type, int]] = {
    TextBody: 2,
    ImageBody: 4,
    AudioBody: 5,
    VideoBody: 5,
    FileBody: 4,
    LocationBody: 4,
    CommandBody: 2,
    CustomBody: 4 + 1,  # `v2:customExts` has one of its own
}
"""Of the keys that such a body always has."""

_KEYS_OF_OPTIONAL: Final = {"thumbnail_url": 1, "width": 3}
"""Keys that come with a value in these columns: `thumb`; `size` with `width` and `height`."""

_NAMES_AND_TEXTS: Final = ("msg_id", "sender", "recipient", "text", "ext")
"""The columns of the envelope that hold a text of the line as it stands there, and that may hold a colon."""

_SECRETS: Final[dict[type, tuple[str, ...]]] = {
    ImageBody: ("secret", "thumb_secret"),
    AudioBody: ("secret",),
    VideoBody: ("secret", "thumb_secret"),
    FileBody: ("secret",),
}


def colons_accounted_for(rows: CommonRows, parts: RowParts) -> int:
    """Count the colons that the lines of these rows must have had.

    Args:
        rows: The lines.
        parts: The columns built of them.
    """
    envelope = parts.envelope
    keys = len(rows.lines) * _ENVELOPE_KEYS + _filled(envelope.column("ext"))
    texts = sum(_in_texts(envelope.column(name)) for name in _NAMES_AND_TEXTS)
    for kind, colons in _BODY_COLONS.items():
        keys += colons * len(rows.places_of(kind))
    for details in parts.details:
        for name, column in zip(details.column_names, details.columns, strict=True):
            keys += _KEYS_OF_OPTIONAL.get(name, 0) * _filled(column)
            # The older form of custom parameters says the same again.
            texts += _in_texts(column) * (2 if name == "custom_params" else 1)
    return keys + texts + _in_outer_names(rows, envelope) + _of_secrets(rows)


def _in_outer_names(rows: CommonRows, envelope: pa.Table) -> int:
    """Count in the names on the line itself, beside those of the payload."""
    colons = _in_texts(envelope.column("sender")) + _in_texts(envelope.column("recipient"))
    for place in rows.with_other_names:
        colons += rows.outer_senders[place].count(":") - rows.senders[place].count(":")
        colons += rows.outer_recipients[place].count(":") - rows.recipients[place].count(":")
    return colons


def _of_secrets(rows: CommonRows) -> int:
    """Count keys and texts of secrets, which no column holds."""
    colons = 0
    for kind, names in _SECRETS.items():
        bodies = rows.bodies_of(kind)
        for name in names:
            secrets = [secret for body in bodies if (secret := getattr(body, name)) is not UNSET]
            colons += len(secrets) + sum(secret.count(":") for secret in secrets)
    return colons


def _filled(column: pa.ChunkedArray[Any]) -> int:
    return len(column) - column.null_count


def _in_texts(column: pa.ChunkedArray[Any]) -> int:
    """Count in a column of texts; there are none in other columns."""
    if column.type != pa.string():
        return 0
    return sum(int(np.count_nonzero(text_buffers(chunk)[1] == COLON)) for chunk in column.chunks)
