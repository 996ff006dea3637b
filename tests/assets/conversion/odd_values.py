"""JSON texts that a reader may misread: values for any place, values for one field, and what is no JSON at all.

Where they are put is `almost_usual.py`.
"""

from __future__ import annotations

from typing import Final

from tests.assets.conversion.line_tree import Raw

_ANYWHERE = r"""
null true false 0 -0 1 -1 5 1.0 -0.0 1.5 1e5 1E+2 1e-7 1e16 1e22 1e-400 0.1e1 3279 9007199254740993
2147483647 2147483648 -2147483649 9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616
-9223372036854775809 12345678901234567890 1234567890123456789012.5 1e308 1e400 -1e999
"" "1" "-1" "007" "1.0" "1e5" "3279" "2147483648" "9223372036854775808" "alice" "chat" "txt" "sub_combine"
"a?share-secret=S" "{\"secret\":\"S\"}" "{'aSecret':1}" "{\"secr\\u0065t\":1}" "SECRET" "S&#69;CRET"
"\u0000" "\ud83d\ude00" "\u0061lice" "\/"
[] {} [[]] [{}] {"":null} ["a"] [1,2] {"a":1,"b":[true,null]} {"secret":"S","n":1} {"width":1,"height":2}
{"msg":"hi","type":"txt"} [{"msg":"hi","type":"txt"}] [{"a":"1"},{"b":"2"}] {"a":"1","b":"2"}
{"thread":{"msg_parent_id":"9"}} {"thread":{}} {"url":"u?share-secret=S"} {"k":1,"k":1}
"""

_TEXTS = r'"" "5" 5 -0 1.0 true null "\u0061lice" "\ud83d\ude00" ["a"]'
_INTEGERS = r"""
0 -0 -1 1.0 1e5 1.5 true null "5" "05" "5.0" "-1" 2147483647 2147483648 -2147483648 -2147483649 "2147483648"
9007199254740992.0 9007199254740994.0 9223372036854775807 9223372036854775808 -9223372036854775809 18446744073709551616
"""
_DEGREES = r'0 -0 0.0 -0.0 39 39.0 true null "39.9053" "-1e-7" "nan" "\u00201" 9007199254740992 9007199254740993'
_BY_FIELD = {
    "msg_id": _TEXTS + " 12345678901234567890 123456789012345678901234567890",
    "timestamp": _INTEGERS + ' "1795392000123" 1795392000123.0 1795392000123 253402300799999 253402300800000',
    "chat_type": _TEXTS + ' "chat" "Chat" "recall"',
    "direction": _TEXTS,
    "from": _TEXTS + ' "alice"',
    "to": _TEXTS + ' "alice" "40659491815425"',
    "payload": r'{} [] null "hi" "a\u0053ecret" ["Secret"] {"bodies":[]} {"ext":null} {"ext":{}}',
    "bodies": r'[] {} null "hi" "a\u0053ECRET" ["x?SECRET"] [[]] [{}] [null] [{},{}] [{"secret":"S"}] [{"type":"txt"}]',
    "meta": r'{} null 1 {"thread":{}} {"thread":null} {"thread":{"msg_parent_id":"9"}} {"thread":{"msg_parent_id":9}}',
    "type": r'"txt" "combine" "img" "file" "custom" "TXT" "hologram" "t\u0078t" 5 null ["txt"]',
    "subType": r'"sub_combine" "sub" null 1',
    "msg": _TEXTS,
    "action": _TEXTS,
    "summary": _TEXTS,
    "addr": _TEXTS,
    "filename": _TEXTS,
    "customEvent": _TEXTS,
    "url": _TEXTS
    + r' "u?share-secret=a?b&c" "u?a&share%5Fsecret=" "u?share\u002dsecret=S" "u?share-secret"'
    + r' "u?a&amp;share-secret=S&amp;b" "u?u=h%3Fshare-secret%3DS%26b&c" "u?secr%65t=S" "u;thumbSecret=S"'
    + r' "u#secret=S&b" "u?a\\u0026secr\\u0065t\\u003dS" "u?%7B%22secret%22%3A1" "u?a=secr%45" "u%41"'
    + r' "u?a\\/secret&equals;S"',
    "thumb": _TEXTS + ' "u?share-secret=1&share-secret=2" "u#?share-secret=a#b"',
    "size": r'{} null 640 {"width":1} {"width":"1","height":2} {"height":1.0,"width":2,"d":3} {"secret":"S"} [1,2]',
    "secret": r"null {} 5",
    "file_length": _INTEGERS,
    "length": _INTEGERS,
    "width": _INTEGERS,
    "height": _INTEGERS,
    "lat": _DEGREES,
    "lng": _DEGREES,
}

_PARAMS = r"""
[{"n":1}]|{"n":1} [{"n":1.0}]|{"n":1} [{"n":true}]|{"n":1} [{"n":"1"}]|{"n":1} [{"n":-0}]|{"n":0}
[{"n":-0.0}]|{"n":0.0} [{"a":"1"},{"b":"2"}]|{"a":"1","b":"2"} [{"b":"2"},{"a":"1"}]|{"a":"1","b":"2"}
[{"a":"1","b":"2"}]|{"a":"1","b":"2"} [{"a":"1"},{"a":"1"}]|{"a":"1"} [{"a":"1"},{"a":"2"}]|{} []|{} {}|{}
{"a":"1"}|{"a":"1"} {"a":"1"}|null ["a"]|{"a":"1"} [{"a":{"x":1,"y":2}}]|{"a":{"x":1,"y":2}}
[{"a":{"y":2,"x":1}}]|{"a":{"x":1,"y":2}} [{"a":"\u0031"}]|{"a":"1"} [{"a":[]},{}]|{"a":[]}
[{"n":123456789012345678901}]|{"n":123456789012345678901} [{"a":null}]|{"a":null} []|null [{"a":"1"}]|[{"a":"1"}]
[]|"a" [{"secret":"S"}]|{"secret":"S"} [{"n":1e2}]|{"n":100.0}
"""

ODD_VALUES: Final = (
    *map(Raw, _ANYWHERE.split()),
    Raw("9" * 308),
    Raw("9" * 309),
    Raw("-" + "9" * 25),
    Raw('"' + "9" * 400 + '"'),
)
"""Values of every type, many at a border of some column."""

VALUES_BY_FIELD: Final = {field: tuple(map(Raw, texts.split())) for field, texts in _BY_FIELD.items()}
"""For each field, values that its column reads in another way than it seems."""

ODD_PARAMS: Final = tuple(tuple(map(Raw, pair.split("|"))) for pair in _PARAMS.split())
"""Custom extras: what `customExts` is, and what `v2:customExts` is beside it."""

ODD_KEYS: Final = (
    *VALUES_BY_FIELD,
    *("ext", "thread", "msg_parent_id", "thumb_secret", "file_name", "title", "customExts", "v2:customExts"),
    *("Secret", "thumbSecret", "share-secret", "secr%65t", "u?secret=S"),
    *("Type", "MSG_ID", "msgId", "__proto__", "is_broadcast", "uuid"),
)

TEXTS_WITH_ESCAPED_COLONS: Final = tuple(map(Raw, (r'"\u003a"', r'"a\u003Ab"', r'"\u003a\u003A:"', r'"\\u003a"')))

DOUBTFUL_EXTS: Final = tuple(
    map(
        Raw,
        (
            *("null", "1e400", "-1.5E+309", '{"a":[1e999]}', '"1e400"', '{"a":1e40}', "9" * 308, "9" * 309, "0" * 309),
            *("1" + "0" * 308, "1e-999", "[" * 1023 + "]" * 1023, "[" * 1022 + "]" * 1022, '{"a":' * 1023 + "}" * 1023),
            *(
                '"\udcff"',
                '{"\udcff":1}',
                '"\udce4\udcbd"',
                '"\udced\udca0\udcbd"',
                '{"k":1,"k":{"k":1}}',
                r'"\ud83d\ude00"',
            ),
        ),
    )
)
"""For `ext`, of which a fast reader keeps the text without looking into it."""

NOT_STRICT: Final = (
    '{"a":NaN}',
    '{"a":-Infinity}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":0x1}',
    '{"a":1,}',
    "{'a':1}",
    "{a:1}",
    '{"a":tru}',
    '{"a":True}',
    '{"a":"\\x41"}',
    '{"a":"\\u12"}',
    '{"a":"\x01"}',
    '{"a":"\t"}',
    '{"a":"\udcff"}',
    '{"a":"\udced\udca0\udcbd"}',
    '{"a":"\udcc0\udc80"}',
    '{"a":"\\ud83d"}',
    '{"a":"\\ude00\\ud83d"}',
    '{"a":"\\ud83dabcdefgh"}',
    '{"a":"\\ud83d\\u0041"}',
    '{"a":"\\ud83d\\udbff"}',
    '{"a":"\\ud83d\\\\ude00"}',
    '{"\\udc00":1}',
    '{"a":1e400}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{"a":[1}',
    '{"a":1}}',
    '{"a":/*c*/1}',
    "nul",
    "",
)
"""What stands in place of a value and is no strict JSON, or nothing that a row can hold."""
