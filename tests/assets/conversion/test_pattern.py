"""Learning a pattern from a line."""

from __future__ import annotations

import json

import pytest

from assets.conversion.pattern import Beginning, Hole, Pattern, pattern_of
from tests.assets.conversion.by_patterns import text_line
from tests.assets.conversion.test_decoding import ATTACHMENT, line

H = Hole


def test_a_line_is_taken_apart_into_runs_and_holes() -> None:
    assert pattern_of(text_line("what: ever", '{"a":[1]}', sender="a:b")) == (
        Beginning(b'{"chat_type":"chat","direction":"outgoing","from":"', "chat", "outgoing"),
        Pattern(
            (H.OUTER_SENDER, H.MSG_ID, H.TEXT, H.EXT, H.SENDER, H.RECIPIENT, H.TIMESTAMP, H.OUTER_RECIPIENT),
            (
                b'","msg_id":"',
                b'","payload":{"bodies":[{"msg":"',
                b'","type":"txt"}],"ext":',
                b',"from":"',
                b'","to":"',
                b'"},"timestamp":',
                b',"to":"',
                b'"}',
            ),
        ),
    )


def test_what_stands_in_the_holes_makes_no_other_pattern() -> None:
    one = text_line("", '{"secret":"x"}', sender="", recipient="c", timestamp=1_600_000_000_000)
    assert pattern_of(one) == pattern_of(text_line("中文", '{"from":"x","msg":[{"to":1}]}', msg_id="x-1"))


def test_any_order_of_keys_and_any_spaces_are_learned() -> None:
    payload = '{"to":"b", "ext" : {} , "bodies":[ {"type":"txt","msg":"x"}],"from":"a"}'
    content = f'{{"to":"b","timestamp":1795392000123,"payload":{payload},"msg_id":"1","from":"a",'
    content += '"direction":"incoming","chat_type":"groupchat"}'
    learned = pattern_of(content.encode())
    assert learned is not None
    beginning, pattern = learned
    assert beginning == Beginning(b'{"to":"', "groupchat", "incoming")
    assert pattern.holes == (
        *(H.OUTER_RECIPIENT, H.TIMESTAMP, H.RECIPIENT, H.EXT, H.TEXT, H.SENDER, H.MSG_ID, H.OUTER_SENDER),
    )
    assert pattern.runs[2:4] == (b'", "ext" : ', b' , "bodies":[ {"type":"txt","msg":"')
    assert pattern.runs[-1] == b'","direction":"incoming","chat_type":"groupchat"}'


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param(text_line("a\\b"), id="a backslash"),
        pytest.param(text_line().replace(b'":"hi"', b'":\t"hi"'), id="a control byte"),
        pytest.param(text_line().replace(b'"msg_id":"', b'"msg_id":"2","msg_id":"'), id="a key that stands twice"),
        pytest.param(text_line(ext='{},"ext":{}'), id="an ext that stands twice"),
        pytest.param(text_line(ext="null"), id="an ext that is null"),
        pytest.param(text_line(is_broadcast=True), id="an unknown field"),
        pytest.param(text_line(direction="sideways"), id="an unknown direction"),
        pytest.param(text_line(chat_type="forum"), id="an unknown chat type"),
        pytest.param(text_line(direction=None), id="a field that is null"),
        pytest.param(text_line(msg_id=""), id="an empty msg_id"),
        pytest.param(text_line(msg_id=1), id="a msg_id that is a number"),
        pytest.param(text_line(timestamp="1795392000123"), id="a time that is a text"),
        pytest.param(text_line(timestamp=1_795_392_000_123.0), id="a time with a point"),
        pytest.param(text_line(timestamp=999_999_999_999), id="a time of twelve digits"),
        pytest.param(text_line(timestamp=10_000_000_000_000), id="a time of fourteen digits"),
        pytest.param(text_line().replace(b'"to":"bob"}', b'"to":"bo"}', 1), id="two recipients"),
        pytest.param(text_line().replace(b'"from":"alice",', b"", 1), id="no sender on the line itself"),
        pytest.param(text_line().replace(b',"type":"txt"', b""), id="no type"),
        pytest.param(text_line().replace(b'"txt"}', b'"txt"},{}'), id="two bodies"),
        pytest.param(line({**ATTACHMENT, "type": "img"}), id="a picture"),
        pytest.param(text_line().replace(b',"type"', b',"secret":{"deep":[[[]]]},"type"'), id="a secret"),
        pytest.param(text_line().replace(b',"type"', b"," + b" " * 256 + b'"type"'), id="very many spaces"),
        pytest.param(b"\xef\xbb\xbf" + text_line(), id="a byte order mark"),
        pytest.param(b" " + text_line(), id="a blank at its beginning"),
        pytest.param(text_line() + text_line(), id="two objects"),
        pytest.param(json.dumps({"msg_id": "1", "timestamp": 1}).encode(), id="no payload"),
        pytest.param(b"", id="an empty line"),
        pytest.param(text_line()[:-1], id="half a line"),
    ],
)
def test_nothing_is_learned_from_a_line_that_has_more_or_less_than_the_holes(strange: bytes) -> None:
    assert pattern_of(strange) is None
