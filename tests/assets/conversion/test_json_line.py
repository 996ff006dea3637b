from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion.json_line import JsonLine, find_value, parse_line, to_json_text
from assets.conversion.unreadable import Unreadable, UnreadableReason

KEYS = st.sampled_from(["payload", "ext", "a", '"', "\\", "ключ", "{", "]", ""])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), ("\t,\r\n ", " :  ")])


@settings(deadline=None)
@given(VALUES, st.dictionaries(KEYS, VALUES, max_size=4), SEPARATORS, st.booleans(), st.randoms())
def test_a_value_is_found_to_the_letter(
    value: object, others: dict[str, Any], separators: tuple[str, str], ascii_only: bool, random: Any
) -> None:
    members = [*(others | {"ext": value}).items()]
    random.shuffle(members)
    document = {"a": others, "payload": dict(members), "b": value}
    text = json.dumps(document, separators=separators, ensure_ascii=ascii_only)
    encoded = text.encode()
    span = find_value(encoded, ("payload", "ext"))
    assert span is not None
    assert encoded[span].decode() == json.dumps(value, separators=separators, ensure_ascii=ascii_only)


@pytest.mark.parametrize(
    ("line", "ext"),
    [
        (b'{"payload":{"ext":{"n": 1.0,"u":"\\u4f60\\/" }}}', '{"n": 1.0,"u":"\\u4f60\\/" }'),
        (b'{"payload":{"ext":{"k":1,"k":2}}}', '{"k":1,"k":2}'),
        (b'{"payload":{"ext":' + b"9" * 300 + b"}}", "9" * 300),
        (b'{"payload":{"ext":' + b"[" * 1000 + b"]" * 1000 + b"}}", "[" * 1000 + "]" * 1000),
        (b'{"p\\u0061yload":{"\\u0065xt":"}"}}', '"}"'),
        (b'{"ext":1,"payload":{"bodies":[{"ext":2}],"ext": -3e1 }}', "-3e1"),
        (b'{"payload":{"ext":false}}', "false"),
    ],
)
def test_ext_keeps_its_text(line: bytes, ext: str) -> None:
    parsed = parse_line(line)
    assert isinstance(parsed, JsonLine)
    assert parsed.ext_text == ext
    assert "ext" not in parsed.document["payload"]


def test_a_null_ext_is_no_ext_and_is_not_forgotten() -> None:
    assert parse_line(b'{"payload":{"ext":null}}') == ({"payload": {"ext": None}}, None)


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**300, -1, 0])
def test_an_integer_of_any_size_stays_exact(number: int) -> None:
    line = f'{{"a":[{number}],"b":{number},"c": {number} }}'.encode()
    parsed = parse_line(line)
    assert parsed == ({"a": [number], "b": number, "c": number}, None)
    assert isinstance(parsed, JsonLine)
    assert json.loads(to_json_text(parsed.document)) == parsed.document


@pytest.mark.parametrize("number", ["1234567890123456789012.5", "12345678901234567890e3"])
def test_a_number_with_fraction_or_exponent_stays_a_float(number: str) -> None:
    assert parse_line(f'{{"a":{number}}}'.encode()) == ({"a": float(number)}, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b'{"a":1', "not_json"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":-Infinity}', "not_json"),
        (b'{"a":1,}', "not_json"),
        (b'{"a":"\x00"}', "not_json"),
        (b'{"a":1} x', "not_json"),
        (b'{"a":"\\"\\"\\"', "not_json"),
        (b"[1]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"a":"\xff"}', "bad_utf8"),
        (b'{"a":"\xed\xa0\xbd"}', "bad_utf8"),
        (b'{"a":"\\ud83d"}', "lone_surrogate"),
        (b'{"a":"\\ud83d","a":1}', "lone_surrogate"),
        (b'{"\\udc00":1}', "lone_surrogate"),
        (b'{"a":1e400}', "number_too_large"),
        (b'{"a":' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a":1,"a":1}', "duplicate_keys"),
        (b'{"a":1,"\\u0061":1}', "duplicate_keys"),
        (b'{"payload":{"ext":1,"ext":2}}', "duplicate_keys"),
        (b'{"payload":1,"payload":{"ext":2}}', "duplicate_keys"),
        (b'{"payload":{"ext":1},"payload":{"ext":2}}', "duplicate_keys"),
        (b'{"payload":{},"payload":{"ext":2}}', "duplicate_keys"),
        (b'{"a":' + b"[" * 250 + b"]" * 250 + b"}", "too_deep"),
        (b'{"a":' + b"[" * 1023 + b"]" * 1023 + b"}", "too_deep"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
        (b"[" * 100_000, "too_deep"),
    ],
)
def test_a_line_that_would_lose_something_is_unreadable(line: bytes, reason: str) -> None:
    assert parse_line(line) == Unreadable(UnreadableReason(reason))


def test_the_deepest_line_that_is_read_can_be_written() -> None:
    parsed = parse_line(b'{"a":' + b"[" * 249 + b"]" * 249 + b"}")
    assert isinstance(parsed, JsonLine)
    assert len(to_json_text(parsed.document)) == 504


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_a_line_that_is_read_keeps_its_value(document: dict[str, Any]) -> None:
    parsed = parse_line(json.dumps(document).encode())
    assert isinstance(parsed, JsonLine)
    if parsed.ext_text is not None:
        parsed.document["payload"]["ext"] = json.loads(parsed.ext_text)
    assert json.dumps(parsed.document, sort_keys=True) == json.dumps(document, sort_keys=True)
