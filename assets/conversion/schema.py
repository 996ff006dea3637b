"""The two tables a conversion writes: their columns, types, units and version.

Declared once and never inferred from a file. How a line fills the columns is `message.py`.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from assets.described_column import described_column

SCHEMA_VERSION: Final = 1
"""Grows whenever a column is added, or its type or meaning changes."""

LAST_TIMESTAMP_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, the last that Python and SQL engines can name."""

_TEXT = pa.string()


MESSAGES_SCHEMA: Final[pa.Schema] = pa.schema(
    [
        described_column(
            "msg_id",
            _TEXT,
            "The platform's message id.",
            source="msg_id",
            example="1418038712905770616",
            trap="Text, since ids exceed 2^53: never cast it to a float. Two rows with one id and different content "
            "are a conflict, and both are kept.",
            always=True,
        ),
        described_column(
            "timestamp",
            pa.timestamp("ms", tz="UTC"),
            "When the message was sent, by the platform's clock.",
            unit="ms, UTC",
            source="timestamp",
            example="2026-11-01 07:15:00.123+00",
            trap="Engines show it in the session's time zone. It may lie outside the hour it is filed under.",
            always=True,
        ),
        described_column(
            "chat_type",
            _TEXT,
            "Who talks to whom: chat (one to one), groupchat, chatroom, or what else the platform says.",
            source="chat_type",
            example="groupchat",
            trap="An open list.",
        ),
        described_column(
            "conversation_id",
            _TEXT,
            "What belongs together: of chat both users, sorted and joined by a colon; otherwise the recipient.",
            source="derived from chat_type, sender, recipient",
            example="alice:bob",
            trap="A user id may itself hold a colon, so do not split it; sender and recipient are there.",
        ),
        described_column(
            "sender",
            _TEXT,
            "User id of the sender.",
            source="payload.from, else from",
            example="alice",
            trap="What the line's own from says differently is in extra.",
        ),
        described_column(
            "recipient",
            _TEXT,
            "User, group, chat room or thread id.",
            source="payload.to, else to",
            example="bob",
            trap="A group and a user may have the same id: look at chat_type too.",
        ),
        described_column(
            "direction",
            _TEXT,
            "outgoing or incoming, as the platform says.",
            source="direction",
            example="outgoing",
            trap="The platform's documentation disagrees on the meaning; do not count by it.",
        ),
        described_column(
            "body_type",
            _TEXT,
            "txt, img, audio, video, file, loc, cmd, custom, combine, or what else the platform says.",
            source="payload.bodies[0].type",
            example="txt",
            trap="An open list. Bodies beyond the first are in extra.",
        ),
        described_column(
            "text",
            _TEXT,
            "The text of a txt body, the summary of a combine body.",
            source="payload.bodies[0].msg, summary",
            example="welcome!",
            trap="Null for other bodies; an empty text is '' and not null.",
        ),
        described_column(
            "file_name",
            _TEXT,
            "The attachment's name, as the client gave it.",
            source="payload.bodies[0].filename",
            example="photo.jpg",
            trap="Whatever a stranger typed: never use it as a path.",
        ),
        described_column(
            "file_url",
            _TEXT,
            "Where the attachment lies, without its secret.",
            source="payload.bodies[0].url",
            example="https://a61.chat.agora.io/acme/support/chatfiles/65e54a4a",
            trap="It needs a token and the secret in the raw file, and the platform deletes attachments.",
        ),
        described_column(
            "thumbnail_url",
            _TEXT,
            "Where the attachment's thumbnail lies, without its secret.",
            source="payload.bodies[0].thumb",
            example="https://a61.chat.agora.io/acme/support/chatfiles/65e54a4b",
            trap="As file_url.",
        ),
        described_column(
            "file_size",
            pa.int64(),
            "The attachment's size, as the client declared it.",
            unit="bytes",
            source="payload.bodies[0].file_length",
            example="128827",
            trap="Declared, not measured; 0 is common.",
        ),
        described_column(
            "duration",
            pa.int32(),
            "Length of an audio or video, as the client declared it.",
            unit="s",
            source="payload.bodies[0].length",
            example="7",
            trap="Null where it was no whole number: then it is in extra.",
        ),
        described_column(
            "width",
            pa.int32(),
            "Width of an image, or of a video's thumbnail.",
            unit="px",
            source="payload.bodies[0].size.width",
            example="746",
            trap="0 is common.",
        ),
        described_column(
            "height",
            pa.int32(),
            "Height of an image, or of a video's thumbnail.",
            unit="px",
            source="payload.bodies[0].size.height",
            example="1325",
            trap="As width.",
        ),
        described_column(
            "latitude",
            pa.float64(),
            "Latitude of a loc body.",
            unit="degrees",
            source="payload.bodies[0].lat",
            example="39.9053",
            trap="Which geodetic system it is in is up to the client: in China often GCJ-02.",
        ),
        described_column(
            "longitude",
            pa.float64(),
            "Longitude of a loc body.",
            unit="degrees",
            source="payload.bodies[0].lng",
            example="116.36302",
            trap="As latitude.",
        ),
        described_column(
            "address",
            _TEXT,
            "Address of a loc body.",
            source="payload.bodies[0].addr",
            example="Xibianmen Bridge",
        ),
        described_column(
            "action",
            _TEXT,
            "Action of a cmd body: a command to the other side's app.",
            source="payload.bodies[0].action",
            example="typing_begin",
            trap="Nobody reads such messages; leave body_type cmd out when counting what people said.",
        ),
        described_column(
            "custom_event",
            _TEXT,
            "Event name of a custom body.",
            source="payload.bodies[0].customEvent",
            example="gift",
        ),
        described_column(
            "custom_params",
            _TEXT,
            "Parameters of a custom body, whichever of three forms they were sent in.",
            source="payload.bodies[0]: v2:customExts, customExts",
            example='{"gift_id":"42"}',
            trap="A JSON object, as text.",
        ),
        described_column(
            "thread_id",
            _TEXT,
            "The thread a message was sent in.",
            source="payload.to, where payload.meta.thread is there",
            example="183298374297601",
            trap="Null outside threads. It is the recipient then, and so the conversation_id.",
        ),
        described_column(
            "thread_parent_msg_id",
            _TEXT,
            "The message that thread began with.",
            source="payload.meta.thread.msg_parent_id",
            example="1418038712905770616",
            trap="Null also in some messages of a thread.",
        ),
        described_column(
            "ext",
            _TEXT,
            "The app's own extension, unchanged to the letter.",
            source="payload.ext",
            example='{"key1": "value1"}',
            trap="JSON, as text; it may hold anything your clients write, numbers beyond 2^53 included.",
        ),
        described_column(
            "extra",
            _TEXT,
            "Every field of the line that no column holds, or that a column holds in another form.",
            source="the whole line",
            example='{"payload":{"bodies":[{"file_length":"12.5"}]}}',
            trap="A JSON object shaped as the line. Attachment secrets are left out.",
        ),
    ]
)
"""One row per message, in this order of columns."""

QUARANTINE_SCHEMA: Final[pa.Schema] = pa.schema(
    [
        described_column(
            "raw_revision",
            _TEXT,
            "SHA-256 of the raw revision the line stands in.",
            source="the raw revision's name",
            example="9f86d081...",
            always=True,
        ),
        described_column(
            "line_number",
            pa.int64(),
            "Where the line stands in it.",
            unit="lines, from 1",
            source="counted by line feeds",
            example="17",
            trap="A blank line counts too.",
            always=True,
        ),
        described_column(
            "reason",
            _TEXT,
            "Why the line is not a message.",
            source="the converter",
            example="not_json",
            always=True,
        ),
        described_column(
            "line",
            pa.binary(),
            "The line's bytes.",
            source="the raw revision",
            example='{"msg_id":',
            trap="It may hold an attachment's secret. Of a line that is too_long only its beginning is here.",
            always=True,
        ),
    ]
)
"""One row per line that could not be read as a message."""

MESSAGES_ORDER: Final = ("conversation_id", "timestamp", "msg_id")
"""How messages are sorted, window by window; nulls stand last, and what is equal keeps the order of the lines."""

QUARANTINE_ORDER: Final = ("raw_revision", "line_number")
"""How quarantined lines are sorted."""
