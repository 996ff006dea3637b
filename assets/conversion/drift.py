"""What lines hold that the platform's documentation does not: unknown fields and types, and values of another type.

Nothing here changes a row: such a value is in a column, in `extra`, or in both. This says that it was there, how often,
and where first, so that a person learns of a new form of the platform from a report and not from a missing figure. The
documented forms are those of the history, webhook and REST pages, 2014 to 2026.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

import orjson

from assets.conversion.coercion import Reader, int64, text
from assets.conversion.message import BODY_FIELDS, OTHER_SPELLINGS, SIZE_FIELDS, WITH_SIZE, Message
from resources.archive.messages_record import Oddity

MOST_NAMES: Final = 100
"""So many oddities are named; a file of strangers' names must fill neither memory nor metadata."""

LONGEST_NAME: Final = 64
OTHER_NAMES: Final = "(other)"


class OddityKind(StrEnum):
    """In which way a line differs from the documentation."""

    UNKNOWN_FIELD = "unknown_field"
    """A field that no documentation names. It is in `extra`."""

    UNKNOWN_BODY_TYPE = "unknown_body_type"
    """A body of a type that is not documented. The type is in its column, the rest in `extra`."""

    UNKNOWN_CHAT_TYPE = "unknown_chat_type"
    """A chat type that is not documented."""

    COERCED = "coerced"
    """A value of another type that the column holds all the same, exactly; as it was it is in `extra`."""

    NOT_HELD = "not_held"
    """A value that its column cannot hold. The column is null, and the value is in `extra`."""


_CHAT_TYPES: Final = frozenset({"chat", "groupchat", "chatroom"})
_LINE: Final[Mapping[str, Reader[Any] | None]] = {
    **dict.fromkeys(("msg_id", "chat_type", "direction", "from", "to"), text),
    "timestamp": int64,
    **dict.fromkeys(("payload", "uuid", "type", "created", "modified", "recall_id")),
}
_PAYLOAD: Final[Mapping[str, Reader[Any] | None]] = {
    **dict.fromkeys(("from", "to"), text),
    **dict.fromkeys(("bodies", "ext", "type", "meta", "edit_message_id", "ack_message_id")),
}
_META: Final[Mapping[str, Reader[Any] | None]] = dict.fromkeys(("thread", "edit_msg"))
_THREAD: Final[Mapping[str, Reader[Any] | None]] = {
    "msg_parent_id": text,
    **dict.fromkeys(("thread_name", "muc_parent_id")),
}
_WITHOUT_COLUMN: Final = {
    "img": ("thumbFilename",),
    "custom": ("v2:customExts", "customExts"),
    "combine": ("type", "subType", "combineLevel", "title", "msg"),
}
"""Documented fields of bodies that have no column, or only in one of several forms."""


class Drift:
    """A report on one hour."""

    def __init__(self) -> None:
        self._lines: Counter[tuple[OddityKind, str]] = Counter()
        self._first: dict[tuple[OddityKind, str], tuple[str, int]] = {}

    def note(self, message: Message, revision: str, line_number: int) -> None:
        """Take note of what is odd about a message.

        Args:
            message: As the careful way read it; what the fast way reads is never odd.
            revision: The SHA-256 of the raw revision it stands in.
            line_number: Where in it.
        """
        for kind, name in set(oddities_of(message)):
            key = (kind, name if len(name) <= LONGEST_NAME else OTHER_NAMES)
            if key not in self._lines and len(self._lines) >= MOST_NAMES:
                key = (kind, OTHER_NAMES)
            self._lines[key] += 1
            self._first.setdefault(key, (revision, line_number))

    @property
    def report(self) -> tuple[Oddity, ...]:
        """All that was found, the most frequent first."""
        return tuple(
            Oddity(
                kind=kind.value,
                name=name,
                lines=lines,
                first_revision=self._first[kind, name][0],
                first_line_number=self._first[kind, name][1],
            )
            for (kind, name), lines in sorted(self._lines.items(), key=lambda item: (-item[1], item[0]))
        )


def oddities_of(message: Message) -> Iterator[tuple[OddityKind, str]]:
    """Yield in which ways a message differs from the documentation, and the path of the field; one may come twice."""
    if message.chat_type is not None and message.chat_type not in _CHAT_TYPES:
        yield OddityKind.UNKNOWN_CHAT_TYPE, message.chat_type
    if message.body_type is not None and message.body_type not in BODY_FIELDS:
        yield OddityKind.UNKNOWN_BODY_TYPE, message.body_type
    if message.extra is None:
        return
    document = orjson.loads(message.extra)
    yield from _in_object(document, _LINE, "")
    if "payload" in document:
        yield from _in_payload(document["payload"], message.body_type)


def _in_payload(payload: object, body_type: str | None) -> Iterator[tuple[OddityKind, str]]:
    if not isinstance(payload, dict):
        yield OddityKind.NOT_HELD, "payload"
        return
    yield from _in_object(payload, _PAYLOAD, "payload.")
    meta = payload.get("meta")
    if isinstance(meta, dict):
        yield from _in_object(meta, _META, "payload.meta.")
        if isinstance(meta.get("thread"), dict):
            yield from _in_object(meta["thread"], _THREAD, "payload.meta.thread.")
    bodies = payload.get("bodies", [])
    if not isinstance(bodies, list):
        yield OddityKind.NOT_HELD, "payload.bodies"
        return
    for number, body in enumerate(bodies):
        if isinstance(body, dict):
            yield from _in_body(body, body_type if number == 0 else body.get("type"))
        else:
            yield OddityKind.NOT_HELD, "payload.bodies[]"


def _in_body(body: dict[str, Any], body_type: object) -> Iterator[tuple[OddityKind, str]]:
    if not isinstance(body_type, str) or body_type not in BODY_FIELDS:
        body_type = ""
    readers: dict[str, Reader[Any] | None] = {"type": text}
    readers |= {key: read for key, _, read in BODY_FIELDS.get(body_type, ())}
    readers |= {OTHER_SPELLINGS[key]: read for key, read in readers.items() if key in OTHER_SPELLINGS}
    readers |= dict.fromkeys(_WITHOUT_COLUMN.get(body_type, ()))
    if body_type in WITH_SIZE:
        readers["size"] = None
        size = body.get("size")
        if isinstance(size, dict):
            yield from _in_object(size, SIZE_FIELDS, "payload.bodies[].size.")
        elif "size" in body:
            yield OddityKind.NOT_HELD, "payload.bodies[].size"
    yield from _in_object(body, readers, "payload.bodies[].")


def _in_object(
    container: dict[str, Any], readers: Mapping[str, Reader[Any] | None], path: str
) -> Iterator[tuple[OddityKind, str]]:
    for name, value in container.items():
        if name not in readers:
            yield OddityKind.UNKNOWN_FIELD, path + name
            continue
        read = readers[name]
        if read is None:
            continue
        held, own_type = read(value)
        if not own_type:
            yield OddityKind.NOT_HELD if held is None else OddityKind.COERCED, path + name
