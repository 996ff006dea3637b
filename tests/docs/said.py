"""What was said in the archive that the page's questions are asked of: every line, spelled out, and nothing else.

Support's first day is compacted, its second is not. The shop is another app with the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

SUPPORT: Final = "acme__support"
SHOP: Final = "acme__shop"
FIRST_DAY: Final = datetime(2026, 11, 20, tzinfo=UTC)
SECOND_DAY: Final = FIRST_DAY + timedelta(days=1)

Line = Mapping[str, Any] | bytes


def line(
    number: int,
    at: datetime,
    sender: str,
    recipient: str,
    text: str = "",
    *,
    chat_type: str = "chat",
    body: Mapping[str, Any] | None = None,
    **payload: Any,
) -> dict[str, Any]:
    """Return a line as the platform writes it; of a text message unless a body says otherwise."""
    said = {"type": "txt", "msg": text} if body is None else dict(body)
    return {
        "msg_id": str(number),
        "timestamp": int(at.timestamp() * 1000),
        "chat_type": chat_type,
        "direction": "outgoing",
        "from": sender,
        "to": recipient,
        "payload": {"bodies": [said], "from": sender, "to": recipient, **payload},
    }


def _at(day: datetime, clock: str) -> datetime:
    hours, minutes, seconds = map(int, clock.split(":"))
    return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)


_HELLO = line(1, _at(FIRST_DAY, "07:00:00"), "ann", "bob", "hello bob")
_PHOTO = {"type": "img", "filename": "photo.jpg", "file_length": 128_000, "url": "https://files.example.com/1"}
_INVOICE = {"type": "file", "filename": "invoice.pdf", "file_length": 5_000, "url": "https://files.example.com/2"}
_UNSIZED = {"type": "img", "filename": "cat.jpg", "file_length": 0, "url": "https://files.example.com/3"}
_TYPING = {"type": "cmd", "action": "typing_begin"}
_GROUP: dict[str, Any] = {"chat_type": "groupchat"}
_THREAD: dict[str, Any] = {"chat_type": "groupchat", "meta": {"thread": {"msg_parent_id": "3"}}}

LINES: Final[dict[tuple[str, datetime], list[Line]]] = {
    (SUPPORT, _at(FIRST_DAY, "07:00:00")): [
        _HELLO,
        line(2, _at(FIRST_DAY, "07:00:40"), "bob", "ann", "hello ann"),
        line(3, _at(FIRST_DAY, "07:10:00"), "ann", "team", "大家好,有人要退款", **_GROUP),
        line(4, _at(FIRST_DAY, "07:11:00"), "bob", "team", body=_PHOTO, **_GROUP),
        line(5, _at(FIRST_DAY, "07:12:00"), "ann", "bob", body=_TYPING),
        line(6, _at(FIRST_DAY, "07:13:00"), "ann", "bob", "one more thing", ext={"order": {"id": "A-7"}}),
        line(7, _at(FIRST_DAY, "07:13:20"), "ann", "bob", "a Refund, please", ext={"order": {"id": "A-7"}}),
        # A group that is called as a user is.
        line(14, _at(FIRST_DAY, "07:14:00"), "ann", "bob", "hello group", **_GROUP),
        b"no message",
    ],
    (SUPPORT, _at(FIRST_DAY, "08:00:00")): [
        _HELLO,  # filed a second time, the same in every letter
        line(8, _at(FIRST_DAY, "08:00:00"), "bob", "ann", "I will refund it", ext={"order": {"id": 9007199254740993}}),
        line(9, _at(FIRST_DAY, "08:05:00"), "carl", "183298374297601", "which order?", **_THREAD),
        line(10, _at(FIRST_DAY, "08:06:00"), "ann", "183298374297601", "number seven", **_THREAD),
    ],
    (SUPPORT, _at(SECOND_DAY, "01:00:00")): [
        line(11, _at(SECOND_DAY, "01:00:00"), "bob", "ann", "good morning", ext={"lang": "en"}),
        line(12, _at(SECOND_DAY, "01:00:10"), "ann", "bob", "早上好,退款到了吗?", ext=["no object"]),
        line(13, _at(SECOND_DAY, "01:30:00"), "carl", "team", body=_INVOICE, **_GROUP),
        line(15, _at(SECOND_DAY, "01:31:00"), "carl", "team", body=_UNSIZED, **_GROUP),
        # Message 10 once more, with other words.
        line(10, _at(FIRST_DAY, "08:06:00"), "ann", "183298374297601", "number eight", **_THREAD),
    ],
    (SHOP, _at(FIRST_DAY, "07:00:00")): [
        line(1, _at(FIRST_DAY, "07:00:00"), "dora", "eve", "is it in stock?", ext={"order": {"id": "A-7"}}),
        line(2, _at(FIRST_DAY, "07:01:30"), "eve", "dora", "yes"),
        line(3, _at(FIRST_DAY, "07:02:00"), "fay", "team", "hi", **_GROUP),
    ],
}
"""By app and hour."""


def as_bytes(lines: list[Line]) -> bytes:
    """Return the lines as the platform's file has them."""
    return b"\n".join(each if isinstance(each, bytes) else orjson.dumps(each) for each in lines)
