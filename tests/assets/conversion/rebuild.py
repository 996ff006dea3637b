"""A line's JSON value, put together again from its row: the proof that columns and `extra` hold all of it.

Written from the description at the top of `message.py`, not from its code.
"""

from __future__ import annotations

import json
from typing import Any

from assets.conversion.message import Message

_BODY_KEYS = {
    "txt": {"msg": "text"},
    "img": {"filename": "file_name", "file_length": "file_size", "url": "file_url", "thumb": "thumbnail_url"},
    "audio": {"filename": "file_name", "file_length": "file_size", "url": "file_url", "length": "duration"},
    "video": {
        "filename": "file_name",
        "file_length": "file_size",
        "url": "file_url",
        "thumb": "thumbnail_url",
        "length": "duration",
    },
    "file": {"filename": "file_name", "file_length": "file_size", "url": "file_url"},
    "loc": {"lat": "latitude", "lng": "longitude", "addr": "address"},
    "cmd": {"action": "action"},
    "custom": {"customEvent": "custom_event"},
    "combine": {"summary": "text", "filename": "file_name", "file_length": "file_size", "url": "file_url"},
}
_ALTERNATIVES = [{"filename", "file_name"}, {"v2:customExts", "customExts"}]


def rebuild(message: Message) -> dict[str, Any]:
    """Return the JSON value of the line a row was made of, attachment secrets aside."""
    row = message._asdict()
    extra = json.loads(row["extra"]) if row["extra"] else {}
    payload_extra = extra.get("payload", {})
    inside = payload_extra if isinstance(payload_extra, dict) else {}

    document: dict[str, Any] = {}
    payload: dict[str, Any] = {}
    for key in ("msg_id", "timestamp", "chat_type", "direction"):
        _put(document, key, row[key])
    for key, column in (("from", "sender"), ("to", "recipient")):
        name = row[column]
        if name is None or key in inside:
            continue
        if key not in extra:
            document[key] = payload[key] = name
        elif isinstance(extra[key], str) and extra[key] != name:
            payload[key] = name
    if row["thread_parent_msg_id"] is not None:
        payload["meta"] = {"thread": {"msg_parent_id": row["thread_parent_msg_id"]}}
    if row["ext"] is not None:
        payload["ext"] = json.loads(row["ext"])

    body = _body(row, inside)
    if body:
        payload["bodies"] = [body]
    if payload:
        document["payload"] = payload
    whole: dict[str, Any] = _merged(document, extra)
    return whole


def _body(row: dict[str, Any], inside: dict[str, Any]) -> dict[str, Any]:
    bodies = inside.get("bodies")
    rest = bodies[0] if isinstance(bodies, list) and bodies and isinstance(bodies[0], dict) else {}
    body: dict[str, Any] = {}
    if rest.get("subType") != "sub_combine" or row["body_type"] != "combine":
        _put(body, "type", row["body_type"])
    for key, column in _BODY_KEYS.get(row["body_type"] or "", {}).items():
        _put(body, key, row[column])
    size: dict[str, Any] = {}
    _put(size, "width", row["width"])
    _put(size, "height", row["height"])
    if size:
        body["size"] = size
    if row["custom_params"] is not None:
        body["v2:customExts"] = json.loads(row["custom_params"])
        body["customExts"] = [{key: value} for key, value in body["v2:customExts"].items()]
    alternatives = [*_ALTERNATIVES, *([{"action", "msg"}] if row["body_type"] == "cmd" else [])]
    for names in alternatives:
        if names & rest.keys():
            body = {key: value for key, value in body.items() if key not in names}
    return body


def _put(container: dict[str, Any], key: str, value: object) -> None:
    if value is not None:
        container[key] = value


def _merged(made: Any, extra: Any) -> Any:
    """Lay extra over what the columns give: objects by key, bodies by place, anything else replaced."""
    if isinstance(made, dict) and isinstance(extra, dict):
        return made | {key: _merged(made[key], value) if key in made else value for key, value in extra.items()}
    if isinstance(made, list) and isinstance(extra, list) and extra:
        return [_merged(made[0], extra[0]), *extra[1:]]
    return extra
