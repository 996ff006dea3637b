"""The fields of one line become one row: for the reference converter, from the description of `message.py`.

A field leaves the line's object once a column holds it in its usual form; what remains is `extra`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from assets.conversion.schema import MESSAGES_SCHEMA
from tests.assets.conversion.reference_json import Refused, read_object
from tests.assets.conversion.reference_secrets import has_secret_key, speaks_of_secret, without_share_secret

Reader = Callable[[object], Any]

LAST_MILLISECOND_OF_9999 = 253_402_300_799_999
LARGEST_EXACT_FLOAT = 2**53
LONGEST_INTEGER = 20
INTEGER = re.compile("-?(0|[1-9][0-9]*)")
NUMBER = re.compile("-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?")

TEXTS_OF_PEOPLE = ("msg", "summary", "title", "addr", "action", "from", "to")
FIELDS_OF_APPS = ("customExts", "v2:customExts")


def row_of(line: bytes) -> dict[str, Any]:
    """Return a line's row: a value for every column, the timestamp in ms since 1970.

    Raises:
        Refused: The line is not a message.
    """
    rest, ext = read_object(line)
    row: dict[str, Any] = dict.fromkeys(MESSAGES_SCHEMA.names)
    row["ext"] = ext

    row["msg_id"] = take(rest, "msg_id", read_text)
    if not row["msg_id"]:
        raise Refused("no_msg_id")
    row["timestamp"] = take(rest, "timestamp", read_int64)
    if row["timestamp"] is None or not 0 <= row["timestamp"] <= LAST_MILLISECOND_OF_9999:
        raise Refused("no_timestamp")
    refuse_a_secret_in_a_text(rest.get("payload"))

    row["chat_type"] = take(rest, "chat_type", read_text)
    row["direction"] = take(rest, "direction", read_text)
    payload = rest.get("payload")
    if isinstance(payload, dict):
        came_empty = not payload and ext is None
        row["sender"] = take_name("from", payload, rest)
        row["recipient"] = take_name("to", payload, rest)
        take_thread(payload, row)
        if "bodies" in payload:
            payload["bodies"] = without_secrets(payload["bodies"])
            take_first_body(payload, row)
        if not payload and not came_empty:
            del rest["payload"]
    else:
        row["sender"] = read_text(rest.get("from"))
        row["recipient"] = read_text(rest.get("to"))

    if row["chat_type"] != "chat":
        row["conversation_id"] = row["recipient"]
    elif row["sender"] is not None and row["recipient"] is not None:
        row["conversation_id"] = ":".join(sorted([row["sender"], row["recipient"]]))
    refuse_json_with_a_secret(rest)
    if rest:
        row["extra"] = written(without_secrets(rest), sort_keys=True)
    return row


def take(rest: dict[str, Any], key: str, read: Reader) -> Any:
    """Return what a column holds of a field, which leaves the rest if it has the column's own type."""
    value = rest.get(key)
    column = read(value)
    if column is not None and type(column) is type(value):
        del rest[key]
    return column


def take_name(key: str, payload: dict[str, Any], rest: dict[str, Any]) -> str | None:
    """Return the payload's name, else the top-level one. The usual form: the same text in both places."""
    inner, outer = payload.get(key), rest.get(key)
    if isinstance(inner, str) and isinstance(outer, str):
        del payload[key]
        if inner == outer:
            del rest[key]
        return inner
    inner_name, outer_name = read_text(inner), read_text(outer)
    return inner_name if inner_name is not None else outer_name


def take_thread(payload: dict[str, Any], row: dict[str, Any]) -> None:
    meta = payload.get("meta")
    if not isinstance(meta, dict) or not isinstance(meta.get("thread"), dict):
        return
    row["thread_id"] = row["recipient"]
    thread = meta["thread"]
    if not thread:
        return
    row["thread_parent_msg_id"] = take(thread, "msg_parent_id", read_text)
    if not thread:
        del meta["thread"]
    if not meta:
        del payload["meta"]


def take_first_body(payload: dict[str, Any], row: dict[str, Any]) -> None:
    bodies = payload["bodies"]
    if not isinstance(bodies, list) or not bodies or not isinstance(bodies[0], dict) or not bodies[0]:
        return
    take_body(bodies[0], row)
    if bodies == [{}]:
        del payload["bodies"]


def take_body(body: dict[str, Any], row: dict[str, Any]) -> None:
    if body.get("subType") == "sub_combine" and body.get("type", "txt") in ("txt", "combine"):
        kind = "combine"
    else:
        kind = take(body, "type", read_text)
    row["body_type"] = kind

    if kind == "txt":
        row["text"] = take(body, "msg", read_text)
    if kind == "combine":
        row["text"] = take(body, "summary", read_text)
    if kind in ("img", "audio", "video", "file", "combine"):
        row["file_name"] = take_either(body, "filename", "file_name")
        row["file_size"] = take(body, "file_length", read_int64)
        row["file_url"] = take(body, "url", read_text)
    if kind in ("img", "video"):
        row["thumbnail_url"] = take(body, "thumb", read_text)
        take_size(body, row)
    if kind in ("audio", "video"):
        row["duration"] = take(body, "length", read_int32)
    if kind == "loc":
        row["latitude"] = take(body, "lat", read_float64)
        row["longitude"] = take(body, "lng", read_float64)
        row["address"] = take(body, "addr", read_text)
    if kind == "cmd":
        row["action"] = take_either(body, "action", "msg")
    if kind == "custom":
        row["custom_event"] = take(body, "customEvent", read_text)
        row["custom_params"] = take_custom_params(body)


def take_either(body: dict[str, Any], usual: str, other: str) -> str | None:
    """Return a text under its usual key, else under the other; where the other stands, both stay."""
    if other not in body:
        text: str | None = take(body, usual, read_text)
        return text
    text = read_text(body.get(usual))
    return text if text is not None else read_text(body[other])


def take_size(body: dict[str, Any], row: dict[str, Any]) -> None:
    size = body.get("size")
    if isinstance(size, dict) and size:
        row["width"] = take(size, "width", read_int32)
        row["height"] = take(size, "height", read_int32)
        if size == {}:
            del body["size"]


def take_custom_params(body: dict[str, Any]) -> str | None:
    """Return custom extras as one JSON object. The usual form: an object, and the same as an array, key by key."""
    newer, legacy = body.get("v2:customExts"), body.get("customExts")
    if isinstance(newer, dict) and isinstance(legacy, list):
        as_array = [{key: value} for key, value in newer.items()]
        if written(as_array) == written(legacy):
            del body["v2:customExts"], body["customExts"]
    for form in (newer, legacy):
        if isinstance(form, dict):
            return written(form)
        if isinstance(form, list) and all(isinstance(element, dict) for element in form):
            return written({key: value for element in form for key, value in element.items()})
    return None


def read_text(value: object) -> str | None:
    if type(value) is str:
        return value
    return str(value) if type(value) is int else None


def read_int32(value: object) -> int | None:
    number = read_integer(value)
    return number if number is not None and -(2**31) <= number < 2**31 else None


def read_int64(value: object) -> int | None:
    number = read_integer(value)
    return number if number is not None and -(2**63) <= number < 2**63 else None


def read_integer(value: object) -> int | None:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer() and abs(value) <= LARGEST_EXACT_FLOAT:
        return int(value)
    if type(value) is str and len(value) <= LONGEST_INTEGER and INTEGER.fullmatch(value):
        return int(value)
    return None


def read_float64(value: object) -> float | None:
    if type(value) is float:
        return value
    if type(value) is int and abs(value) <= LARGEST_EXACT_FLOAT:
        return float(value)
    if type(value) is str and INTEGER.fullmatch(value):
        return read_float64(read_integer(value))
    if type(value) is str and NUMBER.fullmatch(value) and math.isfinite(float(value)):
        return float(value)
    return None


def written(value: object, *, sort_keys: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)


def refuse_a_secret_in_a_text(payload: object) -> None:
    """Refuse a payload or body that is a text and speaks of a secret, or that holds a text of JSON with a secret."""
    bodies = payload.get("bodies") if isinstance(payload, dict) else payload
    for part in [payload, bodies] + (bodies if isinstance(bodies, list) else []):
        if isinstance(part, str) and speaks_of_secret(part):
            raise Refused("secret_in_text")
    refuse_json_with_a_secret(bodies)


def refuse_json_with_a_secret(value: Any) -> None:
    """Refuse whatever holds a text of JSON with a secret."""
    if any(map(has_secret_key, texts_of_machines(value))):
        raise Refused("secret_in_text")


def texts_of_machines(value: Any) -> list[str]:
    """Return every text in a line that neither people wrote nor is a secret itself."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for element in value for text in texts_of_machines(element)]
    if not isinstance(value, dict):
        return []
    texts = []
    for key, inner in value.items():
        if not speaks_of_secret(key) and not is_peoples_own(key, inner):
            texts += texts_of_machines(inner)
    return texts


def is_peoples_own(key: str, value: Any) -> bool:
    """Tell whether people or their app wrote a field: then nothing in it is an attachment's secret."""
    return key in FIELDS_OF_APPS or (key in TEXTS_OF_PEOPLE and isinstance(value, str))


def without_secrets(value: Any) -> Any:
    """Return a line or a part of it without the attachments' secrets; what people wrote is not touched."""
    if isinstance(value, list):
        return [without_secrets(element) for element in value]
    if isinstance(value, str):
        return without_share_secret(value)
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, inner in value.items():
        if is_peoples_own(key, inner):
            kept[key] = inner
        elif not speaks_of_secret(key):
            kept[key] = without_secrets(inner)
    return kept
