"""The two tables a conversion writes: their columns, types, units and version.

Declared once and never inferred from a file. How a line fills the columns is `message.py`.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

SCHEMA_VERSION: Final = 1
"""Grows whenever a column is added, or its type or meaning changes."""

LAST_TIMESTAMP_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, the last that Python and SQL engines can name."""

_TEXT = pa.string()


def _field(
    name: str, kind: pa.DataType, description: str, *, unit: str | None = None, always: bool = False
) -> pa.Field[Any]:
    metadata = {"description": description} | ({"unit": unit} if unit else {})
    return pa.field(name, kind, nullable=not always, metadata=metadata)


MESSAGES_SCHEMA: Final[pa.Schema] = pa.schema(
    [
        _field("msg_id", _TEXT, "The platform's message id, as text: ids exceed 2^53.", always=True),
        _field(
            "timestamp",
            pa.timestamp("ms", tz="UTC"),
            "When the message was sent, by the platform's clock.",
            unit="ms",
            always=True,
        ),
        _field("chat_type", _TEXT, "chat, groupchat, chatroom, or what the platform says."),
        _field(
            "conversation_id",
            _TEXT,
            "One-to-one: both users, sorted and joined by a colon. Otherwise the recipient.",
        ),
        _field("sender", _TEXT, "User id of the sender."),
        _field("recipient", _TEXT, "User, group, chat room or thread id."),
        _field("direction", _TEXT, "What the platform says; its documentation disagrees on the meaning."),
        _field(
            "body_type", _TEXT, "txt, img, audio, video, file, loc, cmd, custom, combine, or what the platform says."
        ),
        _field("text", _TEXT, "The text of a txt body, the summary of a combine body."),
        _field("file_name", _TEXT, "The attachment's name, as the client gave it."),
        _field("file_url", _TEXT, "Where the attachment lies, without its secret."),
        _field("thumbnail_url", _TEXT, "Where the attachment's thumbnail lies, without its secret."),
        _field("file_size", pa.int64(), "The attachment's size, as the client declared it.", unit="bytes"),
        _field("duration", pa.int32(), "Length of an audio or video.", unit="s"),
        _field("width", pa.int32(), "Width of an image, or of a video's thumbnail.", unit="px"),
        _field("height", pa.int32(), "Height of an image, or of a video's thumbnail.", unit="px"),
        _field("latitude", pa.float64(), "Latitude of a loc body.", unit="degrees"),
        _field("longitude", pa.float64(), "Longitude of a loc body.", unit="degrees"),
        _field("address", _TEXT, "Address of a loc body."),
        _field("action", _TEXT, "Action of a cmd body."),
        _field("custom_event", _TEXT, "Event name of a custom body."),
        _field("custom_params", _TEXT, "Parameters of a custom body: a JSON object, whichever form they were sent in."),
        _field("thread_id", _TEXT, "The thread a message was sent in."),
        _field("thread_parent_msg_id", _TEXT, "The message that thread began with."),
        _field("ext", _TEXT, "The app's own extension: its JSON text, unchanged to the letter."),
        _field(
            "extra",
            _TEXT,
            "JSON object, shaped as the line: every field that no column holds or that a column holds in another form.",
        ),
    ]
)
"""One row per message, in this order of columns."""

QUARANTINE_SCHEMA: Final[pa.Schema] = pa.schema(
    [
        _field("raw_revision", _TEXT, "SHA-256 of the raw revision the line stands in.", always=True),
        _field("line_number", pa.int64(), "Counted from 1, by line feeds.", unit="lines", always=True),
        _field("reason", _TEXT, "Why the line is not a message.", always=True),
        _field(
            "line",
            pa.binary(),
            "The line's bytes. Of a line with the reason too_long only its beginning; the raw revision has the whole.",
            always=True,
        ),
    ]
)
"""One row per line that could not be read as a message."""

MESSAGES_ORDER: Final = ("conversation_id", "timestamp", "msg_id")
"""How messages are sorted, window by window; nulls stand last, and what is equal keeps the order of the lines."""

QUARANTINE_ORDER: Final = ("raw_revision", "line_number")
"""How quarantined lines are sorted."""
