from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion.attachment_secrets import without_secrets
from assets.conversion.message import Message, decode_line
from assets.conversion.schema import LAST_TIMESTAMP_MS, MESSAGES_SCHEMA
from assets.conversion.unreadable import Unreadable, UnreadableReason
from tests.assets.conversion.hours import IN_HOUR_MS, line_of
from tests.assets.conversion.rebuild import rebuild


def decoded(line: bytes) -> Message:
    message = decode_line(line)
    assert isinstance(message, Message)
    return message


def message_with(body: object, *more: object) -> Message:
    return decoded(line_of(payload={"from": "alice", "to": "bob", "bodies": [body, *more]}))


def extra_of(message: Message) -> Any:
    return None if message.extra is None else json.loads(message.extra)


def canonical(value: object) -> str:
    """Tell 1, 1.0 and true apart, which Python's == does not."""
    return json.dumps(value, sort_keys=True)


def test_a_row_has_the_columns_of_the_table_in_their_order() -> None:
    assert list(Message._fields) == MESSAGES_SCHEMA.names


def test_a_message_shows_nothing_of_what_was_written() -> None:
    assert repr(decoded(line_of())) == "Message(msg_id='1')"


@pytest.mark.parametrize(
    ("msg_id", "expected"),
    [
        ("5I02W-16-8278a", "5I02W-16-8278a"),
        (1418038712905770616, "1418038712905770616"),
        (2**64 + 1, "18446744073709551617"),
        (0, "0"),
    ],
)
def test_an_id_is_text_and_exact(msg_id: object, expected: str) -> None:
    assert decoded(line_of(msg_id)).msg_id == expected


@pytest.mark.parametrize("msg_id", ["", None, 1.0, True, ["1"], {}])
def test_a_line_without_an_id_is_unreadable(msg_id: object) -> None:
    assert decode_line(line_of(msg_id)) == Unreadable(UnreadableReason.NO_MSG_ID)


@pytest.mark.parametrize("timestamp", [0, LAST_TIMESTAMP_MS, "1795392000123", 1795392000123.0])
def test_a_timestamp_may_be_a_number_or_a_text(timestamp: object) -> None:
    assert decoded(line_of(timestamp=timestamp)).timestamp == int(timestamp)  # type: ignore[call-overload]


@pytest.mark.parametrize("timestamp", [-1, LAST_TIMESTAMP_MS + 1, 2**70, "yesterday", "", None, 1.5, True])
def test_a_line_without_a_sensible_timestamp_is_unreadable(timestamp: object) -> None:
    assert decode_line(line_of(timestamp=timestamp)) == Unreadable(UnreadableReason.NO_TIMESTAMP)


@pytest.mark.parametrize(
    ("fields", "sender", "conversation", "extra"),
    [
        ({}, "alice", "alice:bob", None),
        ({"from": "x@easemob.com"}, "alice", "alice:bob", {"from": "x@easemob.com"}),
        ({"payload": {}}, "alice", "alice:bob", {"from": "alice", "to": "bob", "payload": {}}),
        ({"payload": {"from": 7, "to": "bob"}}, "7", "7:bob", {"from": "alice", "payload": {"from": 7}}),
        ({"payload": {"from": None, "to": "bob"}}, "alice", "alice:bob", {"from": "alice", "payload": {"from": None}}),
        ({"chat_type": "groupchat", "payload": {"from": "alice", "to": "bob"}}, "alice", "bob", None),
        ({"from": None, "payload": None}, None, None, {"from": None, "to": "bob", "payload": None}),
        ({"chat_type": 1, "payload": {"from": "alice", "to": "bob"}}, "alice", "bob", {"chat_type": 1}),
    ],
)
def test_names_come_from_the_payload_first(
    fields: dict[str, Any], sender: str | None, conversation: str | None, extra: object
) -> None:
    message = decoded(line_of(**fields))
    assert (message.sender, message.conversation_id, extra_of(message)) == (sender, conversation, extra)


@pytest.mark.parametrize(
    ("body", "columns", "rest"),
    [
        ({"type": "txt", "msg": 5}, {"text": "5"}, {"msg": 5}),
        ({"type": "txt", "msg": None}, {"text": None}, {"msg": None}),
        ({"type": "txt", "msg": "a", "url": "u"}, {"text": "a", "file_url": None}, {"url": "u"}),
        ({"msg": "a"}, {"body_type": None, "text": None}, {"msg": "a"}),
        ({"type": 3, "msg": "a"}, {"body_type": "3", "text": None}, {"type": 3, "msg": "a"}),
        ({"type": "file", "file_name": "n"}, {"file_name": "n"}, {"file_name": "n"}),
        ({"type": "file", "filename": "a", "file_name": "b"}, {"file_name": "a"}, {"filename": "a", "file_name": "b"}),
        ({"type": "file", "url": "u?share-secret=s", "secret": "s"}, {"file_url": "u"}, None),
        ({"type": "file", "file_length": 2**63}, {"file_size": None}, {"file_length": 2**63}),
        ({"type": "img", "size": 640}, {"width": None}, {"size": 640}),
        ({"type": "img", "size": {}}, {"width": None}, {"size": {}}),
        ({"type": "img", "size": {"width": "9", "d": 1}}, {"width": 9}, {"size": {"width": "9", "d": 1}}),
        ({"type": "audio", "length": 1.5}, {"duration": None}, {"length": 1.5}),
        ({"type": "loc", "lat": 39, "lng": "x"}, {"latitude": 39.0, "longitude": None}, {"lat": 39, "lng": "x"}),
        ({"type": "cmd", "action": "a", "msg": "b"}, {"action": "a", "text": None}, {"action": "a", "msg": "b"}),
        ({"type": "combine", "summary": "s"}, {"body_type": "combine", "text": "s"}, None),
        ({"type": "img", "subType": "sub_combine"}, {"body_type": "img"}, {"subType": "sub_combine"}),
    ],
)
def test_what_no_column_holds_as_it_is_stays_in_extra(body: object, columns: dict[str, Any], rest: object) -> None:
    message = message_with(body)
    assert {name: getattr(message, name) for name in columns} == columns
    assert extra_of(message) == (None if rest is None else {"payload": {"bodies": [rest]}})


@pytest.mark.parametrize(
    ("extras", "params", "in_extra"),
    [
        ({"v2:customExts": {"a": "1", "b": 2}, "customExts": [{"a": "1"}, {"b": 2}]}, '{"a":"1","b":2}', False),
        ({"v2:customExts": {}, "customExts": []}, "{}", False),
        ({"v2:customExts": {"a": "1"}}, '{"a":"1"}', True),
        ({"customExts": {"a": "1"}}, '{"a":"1"}', True),
        ({"customExts": [{"a": "1"}, {"b": 12345678901234567890123}]}, '{"a":"1","b":12345678901234567890123}', True),
        ({"v2:customExts": {"a": "1"}, "customExts": [{"a": "other"}]}, '{"a":"1"}', True),
        ({"v2:customExts": {"a": 1}, "customExts": [{"a": True}]}, '{"a":1}', True),
        ({"v2:customExts": "x", "customExts": [{"a": 1}]}, '{"a":1}', True),
        ({"customExts": ["a"]}, None, True),
        ({}, None, False),
    ],
)
def test_custom_extras_become_one_object(extras: dict[str, Any], params: str | None, in_extra: bool) -> None:
    message = message_with({"type": "custom"} | extras)
    assert message.custom_params == params
    assert extra_of(message) == ({"payload": {"bodies": [extras]}} if in_extra else None)


def test_further_bodies_go_to_extra_without_their_secrets() -> None:
    message = message_with({"type": "txt", "msg": "a"}, {"type": "img", "secret": "S", "url": "u?share-secret=S"})
    assert extra_of(message) == {"payload": {"bodies": [{}, {"type": "img", "url": "u"}]}}


def test_a_secret_that_cannot_be_cut_out_is_unreadable() -> None:
    assert decode_line(line_of(payload='{"bodies":[{"secret":"S"}]}')) == Unreadable(UnreadableReason.SECRET_IN_TEXT)


def test_extra_has_one_order_of_keys_whatever_the_line_has() -> None:
    first = decoded(line_of(z=1, y={"b": 1, "a": 2**70}))
    second = decoded(line_of(y={"a": 2**70, "b": 1}, z=1))
    assert first == second
    assert first.extra == '{"y":{"a":1180591620717411303424,"b":1},"z":1}'


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAME = st.sampled_from(["alice", "bob", "5"]) | st.integers(0, 9) | ODD
NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.integers().map(str) | ODD
PARAMS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 1) | st.booleans() | st.just("1"), max_size=3)
CUSTOM = PARAMS.map(lambda params: {"v2:customExts": params, "customExts": [{k: v} for k, v in params.items()]})


def some_of(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


BODY = st.builds(
    lambda body, custom: body | custom,
    some_of(
        {
            "type": st.sampled_from(["txt", "img", "audio", "video", "file", "loc", "cmd", "custom", "combine"]) | ODD,
            "subType": st.just("sub_combine") | ODD,
            "size": some_of({"width": NUMBER, "height": NUMBER, "depth": ODD}) | ODD,
            "v2:customExts": PARAMS | ODD,
            "customExts": PARAMS | st.lists(PARAMS, max_size=2) | ODD,
            **dict.fromkeys(
                ["msg", "summary", "title", "filename", "file_name", "action", "addr", "customEvent"], NAME
            ),
            **dict.fromkeys(["url", "thumb"], st.sampled_from(["u", "u?share-secret=s", "u?a=1&share-secret=s"]) | ODD),
            **dict.fromkeys(["file_length", "length", "lat", "lng"], NUMBER),
            **dict.fromkeys(["secret", "thumb_secret"], ODD),
        }
    ),
    st.just({}) | CUSTOM,
)
THREAD = some_of({"msg_parent_id": NAME, "thread_name": NAME})
PAYLOAD = some_of(
    {
        "from": NAME,
        "to": NAME,
        "ext": ODD,
        "bodies": st.lists(BODY, min_size=1, max_size=2) | st.lists(BODY | ODD, max_size=3) | BODY | ODD,
        "meta": some_of({"thread": THREAD | ODD, "edit_msg": ODD}) | ODD,
        "type": NAME,
    }
)
ENVELOPE = some_of(
    {
        "chat_type": st.sampled_from(["chat", "groupchat"]) | ODD,
        "direction": st.just("outgoing") | ODD,
        "from": NAME,
        "to": NAME,
        "payload": PAYLOAD | ODD,
        "uuid": ODD,
    }
)
IDS = st.sampled_from(["1", "a"]) | st.integers()
TIMES = st.sampled_from([IN_HOUR_MS, str(IN_HOUR_MS), float(IN_HOUR_MS)])


@settings(max_examples=400, deadline=None)
@given(ENVELOPE, IDS, TIMES)
def test_columns_and_extra_give_the_line_back(envelope: dict[str, Any], msg_id: object, timestamp: object) -> None:
    document = envelope | {"msg_id": msg_id, "timestamp": timestamp}
    message = decoded(json.dumps(document).encode())
    assert canonical(rebuild(message)) == canonical(without_secrets(document))


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"bodies": [{"type": "img", "secret": "s3cr3t"}]},
        {"secret": "s3cr3t"},
        {"payload": {"body": {"type": "img", "thumb_secret": "s3cr3t"}}},
        {"payload": {"meta": {"edit_msg": {"bodies": [{"secret": "s3cr3t"}]}}}},
        {"payload": {"bodies": [], "meta": {"quote": {"url": "https://x/f?share-secret=s3cr3t"}}}},
        {"payload": {"bodies": [{"type": "txt", "msg": {"secret": "s3cr3t"}}]}},
        {"payload": [{"secret": "s3cr3t"}]},
        {"payload": {"bodies": [{"type": "file", "url": "https://x/f?a=1&amp;share-secret=s3cr3t"}]}},
        {"payload": {"bodies": [{"type": "img", "thumb": "https://x/f?share-secre%74=s3cr3t", "Secret": "s3cr3t"}]}},
        {"payload": {"bodies": [{"type": "img", "remote": {"secretKey": "s3cr3t"}, "u?secret=s3cr3t": 1}]}},
    ],
)
def test_an_attachments_secret_is_in_no_column_wherever_it_stands(elsewhere: dict[str, Any]) -> None:
    message = decoded(json.dumps({"msg_id": "1", "timestamp": IN_HOUR_MS} | elsewhere).encode())
    assert "s3cr3t" not in str(tuple(message))


def test_what_an_app_calls_secret_in_its_ext_is_kept() -> None:
    line = {"msg_id": "1", "timestamp": IN_HOUR_MS, "payload": {"ext": {"secret": "santa"}, "bodies": []}}
    assert decoded(json.dumps(line).encode()).ext == '{"secret": "santa"}'


@settings(deadline=None)
@given(st.binary(max_size=50) | ODD.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise(line: bytes) -> None:
    assert isinstance(decode_line(line), Message | Unreadable)
