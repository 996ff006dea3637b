"""A whole line around its bodies: the ordinary envelope, and every documented deviation from it.

Bodies are made in `bodies.py`. Every line made here has a `msg_id` and a `timestamp`, so that what was said can be
counted exactly; what a broken line looks like is a test's own business.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from resources.simulated_platform import bodies
from resources.simulated_platform.cast import cast_of
from resources.simulated_platform.identifiers import alphanumeric_message_id, message_id
from resources.simulated_platform.utterance import JsonObject, Utterance

EnvelopeMaker = Callable[[Utterance], JsonObject]

_CUSTOMER_SERVICE_EXT: JsonObject = {
    "weichat": {
        "agent": None,
        "big": 12_345_678_901_234_567_890,
        "originType": "webim",
        "queueName": "售后",
        "rating": 1.0,
        "visitor": {"tags": ["vip", "返品"], "url": "https://shop.example.com/?item=7&from=chat", "userNickname": ""},
    }
}


def ordinary(utterance: Utterance, said: list[JsonObject]) -> JsonObject:
    """Return the line that the documentation shows, around any bodies."""
    payload: JsonObject = {"bodies": said, "from": utterance.sender, "to": utterance.recipient}
    chance = utterance.rng.random()
    with_app_data, with_empty_ext = 0.25, 0.85
    if chance < with_app_data:
        payload["ext"] = {
            "avatar": utterance.rng.randint(1, 40),
            "nickname": utterance.sender.partition(".")[0].title(),
        }
    elif chance < with_empty_ext:
        payload["ext"] = {}
    return {
        "chat_type": utterance.place.chat_type,
        "direction": "outgoing",
        "from": utterance.sender,
        "msg_id": utterance.message_id,
        "payload": payload,
        "timestamp": utterance.milliseconds,
        "to": utterance.recipient,
    }


def _text_line(utterance: Utterance, **changes: object) -> JsonObject:
    return {**ordinary(utterance, bodies.text(utterance)), **changes}


def _text_line_with_payload(utterance: Utterance, **changes: object) -> JsonObject:
    payload = {"bodies": bodies.text(utterance), "from": utterance.sender, "to": utterance.recipient, **changes}
    return _text_line(utterance, payload=payload)


def _in_thread(utterance: Utterance) -> JsonObject:
    group = cast_of(utterance.app).groups[0].shared_id
    thread_id = message_id(utterance.app.key, utterance.second - 3600, 1)
    parent = utterance.earlier_id or message_id(utterance.app.key, utterance.second - 3601, 2)
    thread: JsonObject = {"msg_parent_id": parent, "muc_parent_id": group, "thread_name": "plans for 金曜日"}
    line = _text_line_with_payload(utterance, to=thread_id, meta={"thread": thread}, ext={})
    return {**line, "chat_type": "groupchat", "to": thread_id}


def _sent_over_rest_in_2015(utterance: Utterance) -> JsonObject:
    return {
        "chat_type": utterance.place.chat_type,
        "created": utterance.milliseconds + 243,
        "from": "admin",
        "modified": utterance.milliseconds + 243,
        "msg_id": utterance.message_id,
        "payload": {"bodies": bodies.text(utterance)},
        "timestamp": utterance.milliseconds,
        "to": utterance.recipient,
        "type": "chatmessage",
        "uuid": str(uuid.UUID(int=utterance.rng.getrandbits(128), version=1)),
    }


def _edit(utterance: Utterance) -> JsonObject:
    edited: JsonObject = {
        "chat_type": "chat:user",
        "count": utterance.rng.randint(1, 10),
        "edit_time": utterance.milliseconds,
        "operator": utterance.rng.choice((utterance.sender, "easemob_rest_app_admin")),
        "send_time": utterance.milliseconds - 61_000,
        "sender": utterance.sender,
    }
    line = _text_line_with_payload(
        utterance, edit_message_id=_earlier(utterance), ext={}, meta={"edit_msg": edited}, type="edit"
    )
    return {**line, "chat_type": "edit"}


def _recall(utterance: Utterance) -> JsonObject:
    payload = {
        "ack_message_id": _earlier(utterance),
        "bodies": [],
        "ext": {},
        "from": utterance.sender,
        "to": utterance.recipient,
    }
    return _text_line(utterance, chat_type="recall", payload=payload, recall_id=_earlier(utterance))


def _internal_names(utterance: Utterance) -> JsonObject:
    prefix = f"{utterance.app.key}_"
    host = "easemob.com" if utterance.place.shared_id is None else "conference.easemob.com"
    sender, recipient = f"{prefix}{utterance.sender}@easemob.com/ios", f"{prefix}{utterance.recipient}@{host}"
    return _text_line(utterance, **{"from": sender, "to": recipient})


def _alphanumeric_id(utterance: Utterance) -> JsonObject:
    old = alphanumeric_message_id(utterance.app.key, utterance.second, utterance.number)
    return _text_line(utterance, msg_id=old)


def _earlier(utterance: Utterance) -> str:
    return utterance.earlier_id or message_id(utterance.app.key, utterance.second - 61, 0)


UNUSUAL_ENVELOPES: dict[str, EnvelopeMaker] = {
    "thread": _in_thread,
    "sent over REST in 2015": _sent_over_rest_in_2015,
    "edit": _edit,
    "recall": _recall,
    "internal names": _internal_names,
    "timestamp as text": lambda utterance: _text_line(utterance, timestamp=str(utterance.milliseconds)),
    "alphanumeric id": _alphanumeric_id,
    "incoming": lambda utterance: _text_line(utterance, direction="incoming"),
    "customer service": lambda utterance: _text_line_with_payload(utterance, ext=_CUSTOMER_SERVICE_EXT),
    "payload with type": lambda utterance: _text_line_with_payload(utterance, ext={}, type=utterance.place.chat_type),
    "broadcast": lambda utterance: _text_line(utterance, broadcast_id=utterance.message_id, is_broadcast=True),
    "unknown fields": lambda utterance: _text_line(utterance, risk={"score": 0.25}, version=3, flag=None),
}
"""Every deviation, by name."""
