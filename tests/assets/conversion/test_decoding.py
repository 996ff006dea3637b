"""Which way a line is read. That both ways give the same row is `test_against_reference.py`'s business."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assets.conversion.decoding import DecodedBlock, decode_block
from assets.conversion.lines import blocks_of
from assets.conversion.message import Message
from assets.conversion.unreadable import Unreadable, UnreadableReason
from resources.limits import DEFAULT_LIMITS

ATTACHMENT = {"file_length": 1, "filename": "a.jpg", "url": "https://x/f", "secret": "S:"}
PICTURE = {"size": {"height": 1, "width": 2}, "thumb": "https://x/t", "thumb_secret": "T"}
USUAL_BODIES: dict[str, dict[str, Any]] = {
    "txt": {"msg": "at 10:30"},
    "img": {**ATTACHMENT, **PICTURE},
    "audio": {**ATTACHMENT, "length": 1},
    "video": {**ATTACHMENT, **PICTURE, "length": 1},
    "file": ATTACHMENT,
    "loc": {"addr": "a", "lat": 39.5, "lng": 116.25},
    "cmd": {"action": "run:it"},
    "custom": {"customEvent": "e", "customExts": [{"a:b": "c"}, {"d": ""}], "v2:customExts": {"a:b": "c", "d": ""}},
}


def line(body: dict[str, Any], ext: Any = None, **fields: Any) -> bytes:
    payload = {"bodies": [body], "from": "a", "to": "b"} | ({} if ext is None else {"ext": ext})
    document = {"chat_type": "chat", "direction": "outgoing", "from": "a", "msg_id": "1", "payload": payload}
    return json.dumps(document | {"timestamp": 1795392000123, "to": "b"} | fields, separators=(",", ":")).encode()


USUAL = [line(body | {"type": name}, {"n:": {"x": [1]}}) for name, body in USUAL_BODIES.items()]
TEXT = USUAL[0]


def decoded(*lines: bytes) -> DecodedBlock:
    (block,) = blocks_of([b"\n".join(lines) + b"\n"])
    return decode_block(block, 0, DEFAULT_LIMITS)


def common_rows(block: DecodedBlock) -> int:
    return sum(parts.envelope.num_rows for parts in block.common)


@pytest.mark.parametrize("name", USUAL_BODIES)
@pytest.mark.parametrize(
    "line_of_body",
    [
        pytest.param(line, id="without ext"),
        pytest.param(lambda body: line(body, {"a:": "b:"}), id="with ext"),
        pytest.param(lambda body: line(body, **{"from": "acme#a:@easemob.com", "to": "c"}), id="with internal names"),
        pytest.param(lambda body: line(body, msg_id="5I02W-16:8278a"), id="with an alphanumeric id"),
        pytest.param(lambda body: json.dumps(json.loads(line(body)), indent=None).encode(), id="with spaces"),
    ],
)
def test_a_line_of_the_usual_form_is_read_the_fast_way(name: str, line_of_body: Any) -> None:
    block = decoded(line_of_body(USUAL_BODIES[name] | {"type": name}))
    assert (common_rows(block), block.odd) == (1, [])


@pytest.mark.parametrize("body", [dict(ATTACHMENT, type="img"), {**ATTACHMENT, "type": "video", "length": 1}])
def test_a_picture_needs_no_thumbnail(body: dict[str, Any]) -> None:
    assert common_rows(decoded(line(body))) == 1


def test_many_lines_are_read_at_once_and_in_order() -> None:
    block = decoded(*USUAL * 50)
    assert (block.lines, block.odd) == (400, [])
    [parts] = block.common
    assert parts.positions.tolist() == list(range(400))


@pytest.mark.parametrize("place", [0, 177, 299])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"msg_id":"1"', b'"msg_id":"1","msg_id":"1"'),
        (b'"msg_id":"1"', b'"msg_id":"1","msg\\u005fid":"1"'),
        (b'"from":"a"', b'"from":"a" , "from" : "b"'),
        (b'"type":', b'"type":"txt","type":'),
    ],
)
def test_a_key_that_stands_twice_is_found_among_many_lines(before: bytes, after: bytes, place: int) -> None:
    lines = [TEXT] * 300
    lines[place] = TEXT.replace(before, after, 1)
    block = decoded(*lines)
    assert common_rows(block) == 299
    assert [(odd.place, odd.decoded) for odd in block.odd] == [(place, Unreadable(UnreadableReason.DUPLICATE_KEYS))]


@pytest.mark.parametrize(
    "careful",
    [
        pytest.param(TEXT.replace(b"10:30", b"10\\u003a30"), id="an escaped colon"),
        pytest.param(line({"type": "txt", "msg": "a"}, "x").replace(b'"x"', b"null"), id="an ext that is null"),
        pytest.param(line({"type": "loc", "addr": "a", "lat": 39, "lng": 1.5}), id="a whole degree"),
        pytest.param(line({**ATTACHMENT, "type": "file", "url": "u?share-secret=S"}), id="a secret in a URL"),
        pytest.param(line({**ATTACHMENT, "type": "file", "url": "u?s%65cret=S"}), id="a letter as an escape of URLs"),
        pytest.param(line({**ATTACHMENT, "type": "file", "url": "u?secr%252574=S"}), id="as an escape of an escape"),
        pytest.param(line({**ATTACHMENT, "type": "file", "url": "u?secr&#101;t=S"}), id="as an entity of HTML"),
        pytest.param(line({**ATTACHMENT, "type": "file", "url": r"u?secr\u0065t=S"}), id="as an escape of JSON"),
        pytest.param(line({**ATTACHMENT, "type": "file", "url": "u?\u017fhare-\u017fecret=S"}), id="with a long s"),
        pytest.param(line({"type": "txt", "msg": "a"}, is_broadcast=True), id="an unknown field"),
        pytest.param(line({"type": "txt", "msg": "a"}, direction=None), id="a field that is null"),
        pytest.param(b"\xef\xbb\xbf" + TEXT, id="a byte order mark"),
    ],
)
def test_a_line_the_fast_way_might_misread_is_read_carefully(careful: bytes) -> None:
    block = decoded(TEXT, careful, TEXT)
    assert common_rows(block) == 2
    [odd] = block.odd
    assert odd.place == 1
    assert isinstance(odd.decoded, Message)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line({"type": "txt", "msg": "a"}, "x").replace(b'"x"', b'{"k":"\xff"}'), UnreadableReason.BAD_UTF8),
        (line({"type": "txt", "msg": "a"}, "x").replace(b'"x"', b'{"k":1e400}'), UnreadableReason.NUMBER_TOO_LARGE),
        (line({"type": "txt", "msg": "a"}, "x").replace(b'"x"', b"9" * 400), UnreadableReason.NUMBER_TOO_LARGE),
        (line({"type": "txt", "msg": "a"}, "x").replace(b'"x"', b"[" * 1023 + b"]" * 1023), UnreadableReason.TOO_DEEP),
        (line({**ATTACHMENT, "type": "file", "filename": '{"secret":"S"}'}), UnreadableReason.SECRET_IN_TEXT),
        (line({**ATTACHMENT, "type": "file", "filename": "{'s%45cret':1}"}), UnreadableReason.SECRET_IN_TEXT),
        (line({"type": "txt", "msg": "a"}, msg_id=""), UnreadableReason.NO_MSG_ID),
        (line({"type": "txt", "msg": "a"}, timestamp=-1), UnreadableReason.NO_TIMESTAMP),
    ],
)
def test_an_unreadable_line_costs_its_neighbours_nothing(bad: bytes, reason: UnreadableReason) -> None:
    block = decoded(TEXT, bad, TEXT)
    assert common_rows(block) == 2
    assert [(odd.place, odd.content, odd.decoded) for odd in block.odd] == [(1, bad, Unreadable(reason))]


def test_a_value_may_not_reach_over_the_end_of_its_line() -> None:
    upper, lower = TEXT.split(b',"payload":', 1)
    lines = [TEXT + upper + b',"payload":', lower]
    block = decoded(*lines)
    assert (common_rows(block), block.lines) == (0, 2)
    assert {odd.decoded for odd in block.odd} == {Unreadable(UnreadableReason.NOT_JSON)}


def test_objects_on_one_line_and_blank_lines_are_counted() -> None:
    block = decoded(TEXT + TEXT, b"", TEXT, b" \r")
    assert (block.lines, block.blank, common_rows(block)) == (5, 2, 1)
    assert [odd.place for odd in block.odd] == [0, 0]
