"""Lines in the forms the platform documents, as nearly all lines of a real file are.

What is hostile begins in `almost_usual.py`, which takes these lines and spoils them.
"""

from __future__ import annotations

from random import Random
from typing import Any

from tests.assets.conversion.hours import IN_HOUR_MS
from tests.assets.conversion.line_tree import Raw

KINDS_WITHOUT_COMBINE = ("txt", "img", "audio", "video", "file", "loc", "cmd", "custom")
KINDS = (*KINDS_WITHOUT_COMBINE, "combine")
IDS = ("1418038712905770616", "1418038712905770617", "5I02W-16-8278a", "82461076486095412", "7")
TIMES = (IN_HOUR_MS, IN_HOUR_MS + 1, IN_HOUR_MS - 1000, IN_HOUR_MS + 3_600_000, 0)
USERS = ("alice", "bob", "a_1.b-2", "5", "Ünïcode")
GROUPS = ("40659491815425", "1880000000001")
TEXTS = (
    "hi",
    "",
    "西城区西便门桥 ",
    'say "a\\b"\n\t/',
    "\U0001f600 \u2028 \u007f",
    "nul \u0000 nul",
    "a}{b } {",
    "my secret",
    "see https://x/f?share-secret=S&a=1",
)
NAMES = ("test1.jpg", "image%3A1000156028", "a?share-secret=S", "é.md")
URLS = (
    "https://a61.chat.agora.io/acme/support/chatfiles/65e54a4a",
    "https://x/f?share-secret=S",
    "https://x/f?a=1&Share%2DSecret=S&b=2#top",
    "https://x/f?share_secret=S&share-secret=T",
    "https://x/f?a=1&amp;share-secret=S",
    "https://x/f?share-secre%74=S",
)
SECRETS = ("DRGM8OZrEeO1vaXX", "VfEpSmSvEeS7yU8d")
EXTS = (
    "{}",
    '{"key1":"value1"}',
    '{ "weichat" : {"n":1.0,\t"big":12345678901234567890 ,"e":1e5,"z":-0} }',
    '{"u":"\\u4f60\\u597d","s":"\\/","colon\\u003a":"\\ud83d\\ude00","nul":"\\u0000"}',
    '{"secret":"mine","msg_id":"other","payload":{"ext":1}}',
    '{"k":1,"k":2}',
    '{"quote":"\\"}","brace":"}{","backslash":"\\\\"}',
    '["a", "b"]',
    '"a text"',
    "12345678901234567890",
    "-0",
    "0.10",
    "false",
    "null",
    '{"emoji":"\U0001f600","中":"文"}',
)


def usual_document(random: Random, kind: str | None = None, *, optional: float = 0.6) -> dict[str, Any]:
    """Return one message as the platform documents it, `ext` as its JSON text.

    Args:
        random: Chooses its values.
        kind: The type of its body; any if None.
        optional: How often a field is there that may be missing.
    """
    chat_type = random.choice(("chat", "groupchat", "chatroom"))
    sender = random.choice(USERS)
    recipient = random.choice(USERS if chat_type == "chat" else GROUPS)
    body = usual_body(kind or random.choice(KINDS), random, optional)
    payload: dict[str, Any] = {"bodies": [body], "from": sender, "to": recipient}
    if random.random() < optional:
        payload["ext"] = Raw(random.choice(EXTS))
    if random.random() < optional / 5:
        payload["meta"] = {"thread": {"msg_parent_id": "999", "thread_name": "n", "muc_parent_id": "406"}}
    return {
        "chat_type": chat_type,
        "direction": random.choice(("outgoing", "incoming")),
        "from": sender,
        "msg_id": random.choice(IDS),
        "payload": payload,
        "timestamp": random.choice(TIMES),
        "to": recipient,
    }


def usual_body(kind: str, random: Random, optional: float) -> dict[str, Any]:
    """Return a body of one of the nine types."""
    if kind == "txt":
        return {"msg": random.choice(TEXTS), "type": kind}
    if kind == "loc":
        latitude, longitude = random.choice(((39.9053, 116.36302), (-0.0, 1e-7), (1.5, -180.0)))
        return {"addr": random.choice(TEXTS), "lat": latitude, "lng": longitude, "type": kind}
    if kind == "cmd":
        return {"action": random.choice(TEXTS), "type": kind}
    if kind == "custom":
        params = random.choice(({}, {"name": "flower", "size": "16"}, {"a:b": "1:2"}, {"secret": "santa"}))
        return {
            "customEvent": "gift_1",
            "customExts": [{key: value} for key, value in params.items()],
            "type": kind,
            "v2:customExts": params,
        }
    return attachment(kind, random, optional)


def attachment(kind: str, random: Random, optional: float) -> dict[str, Any]:
    """Return a body that a file belongs to, some of its optional fields left out."""
    body: dict[str, Any] = {
        "file_length": random.choice((0, 128_827, 2**53 + 1, 2**63 - 1)),
        "filename": random.choice(NAMES),
        "url": random.choice(URLS),
    }
    may_be_missing: dict[str, Any] = {"secret": random.choice(SECRETS)}
    if kind == "combine":
        body |= {"subType": "sub_combine", "summary": random.choice(TEXTS)}
        may_be_missing |= {"type": "txt", "msg": "too old to show this", "combineLevel": 1, "title": "t"}
    else:
        body["type"] = kind
    if kind in ("audio", "video"):
        body["length"] = random.choice((0, 10, 2**31 - 1))
    if kind in ("img", "video"):
        may_be_missing |= {
            "size": {"height": 1325, "width": 746},
            "thumb": random.choice(URLS),
            "thumb_secret": random.choice(SECRETS),
        }
    return body | {key: value for key, value in may_be_missing.items() if random.random() < optional}
