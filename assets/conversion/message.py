"""One line becomes one row of the messages table. Pure.

The line's JSON object is taken apart: a field that a column holds in its usual form is removed from the object, and
what then remains of it is `extra`, in the object's own shape. So every field is in a column or in `extra`, and the two
together give the line's JSON value back, attachment secrets aside. A form is usual when:

- the value has the column's own JSON type (a `file_length` of `"3279"` fills the column and stays in `extra` too);
- `from` and `to` stand at the top and in the payload and say the same. A top-level one that differs stays in `extra`
  alone; one that is missing on either side leaves the other in `extra`;
- a body's type is `type`, a file's name `filename`, a command `action`, and custom extras are `v2:customExts` with the
  same as an array in `customExts`. With any other form all of it stays in `extra`, and so does every `subType`.

So `extra` wins wherever it has a field. Only an object emptied by this is left out, never one that came empty.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from assets.conversion.attachment_secrets import holds_secret_key, may_hide_secret, without_secrets
from assets.conversion.coercion import Column, Reader, float64, int32, int64, text
from assets.conversion.json_line import parse_line, to_json_text
from assets.conversion.schema import LAST_TIMESTAMP_MS
from assets.conversion.unreadable import Unreadable, UnreadableReason
from resources.limits import DEEPEST

CONVERSATION_SEPARATOR: Final = ":"
"""Cannot stand in a user id, which is made of `[a-z0-9_.-]`, in upper case too in old apps (Easemob user accounts)."""

_ATTACHMENT: Final[tuple[tuple[str, str, Reader[Any]], ...]] = (
    ("filename", "file_name", text),
    ("file_length", "file_size", int64),
    ("url", "file_url", text),
)
BODY_FIELDS: Final[dict[str, tuple[tuple[str, str, Reader[Any]], ...]]] = {
    "txt": (("msg", "text", text),),
    "img": (*_ATTACHMENT, ("thumb", "thumbnail_url", text)),
    "audio": (*_ATTACHMENT, ("length", "duration", int32)),
    "video": (*_ATTACHMENT, ("thumb", "thumbnail_url", text), ("length", "duration", int32)),
    "file": _ATTACHMENT,
    "loc": (("lat", "latitude", float64), ("lng", "longitude", float64), ("addr", "address", text)),
    "cmd": (("action", "action", text),),
    "custom": (("customEvent", "custom_event", text),),
    "combine": (("summary", "text", text), *_ATTACHMENT),
}
"""For each type of body: its field, the column, and how the column reads it."""

OTHER_SPELLINGS: Final = {"filename": "file_name", "action": "msg"}
"""The documentation contradicts itself on these two."""

WITH_SIZE: Final = frozenset({"img", "video"})
"""Types of body that may have a `size`, in pixels."""

SIZE_FIELDS: Final[dict[str, Reader[int]]] = {"width": int32, "height": int32}
"""The fields of a `size`, each in the column of its name."""


class Message(NamedTuple):
    """One row of the messages table, in the order of its columns; the timestamp in ms since 1970."""

    msg_id: str
    timestamp: int
    chat_type: str | None = None
    conversation_id: str | None = None
    sender: str | None = None
    recipient: str | None = None
    direction: str | None = None
    body_type: str | None = None
    text: str | None = None
    file_name: str | None = None
    file_url: str | None = None
    thumbnail_url: str | None = None
    file_size: int | None = None
    duration: int | None = None
    width: int | None = None
    height: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    address: str | None = None
    action: str | None = None
    custom_event: str | None = None
    custom_params: str | None = None
    thread_id: str | None = None
    thread_parent_msg_id: str | None = None
    ext: str | None = None
    extra: str | None = None

    def __repr__(self) -> str:
        """Name the message only: what people wrote is for no log."""
        return f"Message(msg_id={self.msg_id!r})"


def decode_line(line: bytes, max_depth: int = DEEPEST) -> Message | Unreadable:
    """Read one line of the platform's file. Never raises, whatever the bytes.

    Args:
        line: The line's bytes without its line feed.
        max_depth: More levels of nesting outside `payload.ext` make it unreadable.
    """
    parsed = parse_line(line, max_depth)
    if isinstance(parsed, Unreadable):
        return parsed
    document = parsed.document

    msg_id = _take(document, "msg_id", text)
    if not msg_id:
        return Unreadable(UnreadableReason.NO_MSG_ID)
    timestamp = _take(document, "timestamp", int64)
    if timestamp is None or not 0 <= timestamp <= LAST_TIMESTAMP_MS:
        return Unreadable(UnreadableReason.NO_TIMESTAMP)
    if may_hide_secret(document.get("payload")):
        return Unreadable(UnreadableReason.SECRET_IN_TEXT)

    columns: dict[str, Any] = {
        "chat_type": _take(document, "chat_type", text),
        "direction": _take(document, "direction", text),
        "ext": parsed.ext_text,
    }
    columns |= _payload_columns(document, ext_taken=parsed.ext_text is not None)
    columns["conversation_id"] = _conversation_id(columns["chat_type"], columns["sender"], columns["recipient"])
    if holds_secret_key(document):
        return Unreadable(UnreadableReason.SECRET_IN_TEXT)
    if document:
        columns["extra"] = to_json_text(without_secrets(document), sort_keys=True)
    return Message(msg_id, timestamp, **columns)


def _payload_columns(document: dict[str, Any], *, ext_taken: bool) -> dict[str, Any]:
    payload = document.get("payload")
    if not isinstance(payload, dict):
        return {"sender": _take_name(document, {}, "from"), "recipient": _take_name(document, {}, "to")}

    has_fields = bool(payload) or ext_taken
    columns: dict[str, Any] = {
        "sender": _take_name(document, payload, "from"),
        "recipient": _take_name(document, payload, "to"),
    }
    if "bodies" in payload:
        payload["bodies"] = without_secrets(payload["bodies"])
        columns |= _first_body_columns(payload)
    columns |= _thread_columns(payload, columns["recipient"])
    if has_fields:
        _drop_emptied(document, "payload")
    return columns


def _take(container: dict[str, Any], key: str, read: Reader[Column]) -> Column | None:
    """Read a field for a column, and remove it where the column holds it in its usual form."""
    if key not in container:
        return None
    value, own_type = read(container[key])
    if own_type:
        del container[key]
    return value


def _drop_emptied(container: dict[str, Any], key: str) -> None:
    """Remove an object from which every field was taken; not to be asked about one that came empty."""
    if not container[key]:
        del container[key]


def _take_name(document: dict[str, Any], payload: dict[str, Any], key: str) -> str | None:
    """Read who sent or received: the payload's name, else the top-level one, which the platform calls internal."""
    inner, outer = payload.get(key), document.get(key)
    if isinstance(inner, str) and isinstance(outer, str):
        del payload[key]
        if inner == outer:
            del document[key]
        return inner
    name, _ = text(inner)
    return name if name is not None else text(outer)[0]


def _conversation_id(chat_type: str | None, sender: str | None, recipient: str | None) -> str | None:
    if chat_type != "chat":
        return recipient
    if sender is None or recipient is None:
        return None
    return CONVERSATION_SEPARATOR.join(sorted((sender, recipient)))


def _thread_columns(payload: dict[str, Any], recipient: str | None) -> dict[str, Any]:
    meta = payload.get("meta")
    thread = meta.get("thread") if isinstance(meta, dict) else None
    if not isinstance(meta, dict) or not isinstance(thread, dict):
        return {}
    columns = {"thread_id": recipient}
    if thread:
        columns["thread_parent_msg_id"] = _take(thread, "msg_parent_id", text)
        _drop_emptied(meta, "thread")
        _drop_emptied(payload, "meta")
    return columns


def _first_body_columns(payload: dict[str, Any]) -> dict[str, Any]:
    bodies = payload["bodies"]
    body = bodies[0] if isinstance(bodies, list) and bodies else None
    if not isinstance(body, dict) or not body:
        return {}
    columns = _body_columns(body)
    if bodies == [{}]:
        del payload["bodies"]
    return columns


def _body_columns(body: dict[str, Any]) -> dict[str, Any]:
    combined = body.get("subType") == "sub_combine" and body.get("type", "txt") in ("txt", "combine")
    body_type = "combine" if combined else _take(body, "type", text)
    columns: dict[str, Any] = {"body_type": body_type}
    for key, column, read in BODY_FIELDS.get(body_type or "", ()):
        other = OTHER_SPELLINGS.get(key)
        if other in body:
            value, _ = read(body.get(key))
            columns[column] = value if value is not None else read(body[other])[0]
        else:
            columns[column] = _take(body, key, read)
    if body_type in WITH_SIZE:
        columns |= _size_columns(body)
    if body_type == "custom":
        columns["custom_params"] = _take_custom_params(body)
    return columns


def _size_columns(body: dict[str, Any]) -> dict[str, Any]:
    size = body.get("size")
    if not isinstance(size, dict) or not size:
        return {}
    columns = {name: _take(size, name, read) for name, read in SIZE_FIELDS.items()}
    _drop_emptied(body, "size")
    return columns


def _take_custom_params(body: dict[str, Any]) -> str | None:
    """Read custom extras, which the platform has written in three forms over the years, often two at once."""
    newer, legacy = body.get("v2:customExts"), body.get("customExts")
    if isinstance(newer, dict) and isinstance(legacy, list):
        # Compared as texts: 1, 1.0 and true are equal in Python and different on the line.
        as_array = [{key: value} for key, value in newer.items()]
        if to_json_text(as_array) == to_json_text(legacy):
            del body["v2:customExts"], body["customExts"]
            return to_json_text(newer)
    params = _merged(newer)
    params = params if params is not None else _merged(legacy)
    return None if params is None else to_json_text(params)


def _merged(custom_extras: object) -> dict[str, Any] | None:
    """Return custom extras as one object, from an object or an array of objects."""
    if isinstance(custom_extras, dict):
        return custom_extras
    if not isinstance(custom_extras, list):
        return None
    merged: dict[str, Any] = {}
    for element in custom_extras:
        if not isinstance(element, dict):
            return None
        merged |= element
    return merged
