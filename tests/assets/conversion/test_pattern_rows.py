"""Which lines a pattern takes, and that each becomes the row that the other ways make of it."""

from __future__ import annotations

import tracemalloc

import pytest

from assets.conversion import pattern_rows
from assets.conversion.known_patterns import KnownPatterns
from tests.assets.conversion.by_patterns import EXAMPLES, learned, read, taken_by_pattern, text_line
from tests.assets.conversion.test_decoding import ATTACHMENT, line

USUAL = [
    text_line("see }],ext: and ,from: {}", '{"a":{"b":[1,"}"]},"from":"x"}'),
    text_line("", None, sender="a:b", recipient="x|y"),
    text_line("中文 \U0001f600 \x7f", '{"n":1}', chat_type="groupchat", msg_id="5I02W-16"),
    text_line("x" * 31, "{ }", sender="n" * 31, recipient="m" * 32, msg_id="i" * 33),
    text_line("y" * 255, sender="n" * 300, recipient="m" * 300, msg_id="i" * 300),
    text_line("z" * 5000, '{"k":"' + "e" * 3000 + '"}', chat_type="chatroom"),
    text_line("one key twice in ext", '{"k":1,"k":2}', sender="", recipient=""),
    text_line(timestamp=1_000_000_000_000),
    text_line(timestamp=9_999_999_999_999, ext='{"deep":' + "[" * 300 + "]" * 300 + "}"),
]

TRAPS = {
    "a quote in a text": text_line('a"b'),
    "a backslash in a text": text_line("a\\"),
    "an escape in a text": text_line("a\nb"),
    "an escape in a name": text_line(sender="\t"),
    "an escaped colon in an ext": text_line(ext=r'{"a\u003a":1}'),
    "a line feed in a text": text_line().replace(b"hi", b"h\ni"),
    "a carriage return in a text": text_line().replace(b"hi", b"h\ri"),
    "a nul in a text": text_line().replace(b"hi", b"\0"),
    "a nul in both names": text_line(sender="ali\x01").replace(b"\\u0001", b"\0"),
    "a nul at the line's end": text_line() + b"\0",
    "a nul in a run": text_line().replace(b'"ext"', b'"ex\0"'),
    "a control byte in an ext": text_line(ext='{"a":"\x01"}'),
    "not UTF-8 in a text": text_line().replace(b"hi", b"\xff"),
    "half a character at a text's end": text_line().replace(b"hi", b"\xe4\xb8"),
    "half a character at an id's end": text_line().replace(b'616"', b'616\xe4"'),
    "not UTF-8 in an ext": text_line(ext='{"a":"?"}').replace(b"?", b"\xed\xa0\xbd"),
    "another sender in the payload": text_line().replace(b'"from":"alice"', b'"from":"alicf"', 1),
    "a longer sender in the payload": text_line().replace(b'"from":"alice"', b'"from":"ali"', 1),
    "another recipient in the payload": text_line().replace(b'"to":"bob"', b'"to":"bod"', 1),
    "a longer recipient on the line": text_line().replace(b'"to":"bob"}', b'"to":"bobo"}')[:-1],
    "names that run over their ends": text_line(sender='a","msg_id":"').replace(b"\\", b""),
    "no message id": text_line(msg_id=""),
    "an unknown chat type": text_line(chat_type="chatter"),
    "another chat type in capitals": text_line(chat_type="CHAT"),
    "an unknown direction": text_line(direction="outgoinG"),
    "a time of twelve digits": text_line(timestamp=999_999_999_999),
    "a time of fourteen digits": text_line(timestamp=10_000_000_000_000),
    "a time that begins with 0": text_line(timestamp=1_000_000_000_000).replace(b":1000", b":0000"),
    "a time that is hexadecimal": text_line().replace(b"1795392000123", b"0x17953920001"),
    "a negative time": text_line().replace(b"1795392000123", b"-179539200012"),
    "a time with an exponent": text_line().replace(b"1795392000123", b"17953920001e2"),
    "a time with a point": text_line().replace(b"1795392000123", b"17953920001.0"),
    "a time with spaces": text_line().replace(b"1795392000123", b"  17953920001"),
    "a time with digits that are not ASCII": text_line().replace(b"1795392000123", "179539200\uff11".encode() + b"1"),
    "an ext that is null": text_line(ext="null"),
    "an ext that is an array": text_line(ext="[1]"),
    "an ext that is a text": text_line(ext='"{}"'),
    "an ext that is a number": text_line(ext="1"),
    "an ext that is missing behind its key": text_line(ext=""),
    "an ext that is half there": text_line(ext="{"),
    "an ext that does not close": text_line(ext='{"a":{}'),
    "an ext that closes what it has not opened": text_line(ext="{}}"),
    "an ext of two objects": text_line(ext='{"a":1}{"b":2}'),
    "an ext that stands twice": text_line(ext='{},"ext":{}'),
    "an ext with a space before it": text_line(ext=" {}"),
    "an ext with a space behind it": text_line(ext="{} "),
    "a sender behind the ext that stands twice": text_line(ext='{"a":1},"from":"alice"'),
    "a field behind the ext": text_line(ext='{},"meta":{}'),
    "an ext that is no JSON": text_line(ext='{"a":01}'),
    "an ext with half an emoji": text_line(ext=r'{"a":"\ud83d"}'),
    "an ext with too large a number": text_line(ext='{"a":1e400}'),
    "an ext with too many digits": text_line(ext='{"a":' + "9" * 400 + "}"),
    "an ext that is too deep": text_line(ext='{"a":' + "[" * 1100 + "]" * 1100 + "}"),
    "a line that ends in its ext": text_line(ext='{"a":1}').partition(b',"from":"alice","to"')[0],
    "two bodies": text_line().replace(b'"txt"}', b'"txt"},{"msg":"b","type":"txt"}'),
    "another type": text_line().replace(b'"txt"', b'"cmd"'),
    "a picture": line({**ATTACHMENT, "type": "img"}),
    "an unknown field at the end": text_line(x=1),
    "a key that stands twice at the end": text_line().replace(b'"to":"bob"}', b'"to":"bob","to":"bob"}')[:-1],
    "a comma at the end": text_line()[:-1] + b",}",
    "a byte order mark": b"\xef\xbb\xbf" + text_line(),
    "a carriage return at the end": text_line() + b"\r",
    "a carriage return at the end of a line without ext": text_line(ext=None) + b"\r",
    "a space at the end": text_line() + b" ",
    "a space at the end of a line without ext": text_line(ext=None) + b" ",
    "a word at the end of a line without ext": text_line(ext=None) + b"null",
    "a space at the beginning": b" " + text_line(),
    "two objects": text_line() + text_line(),
    "two objects without ext": text_line(ext=None) * 2,
    "a line feed between two keys": text_line().replace(b',"ext"', b',\n"ext"'),
    "nothing": b"",
    "a space": b" ",
    "a line shorter than any run": b"{",
}

BYTES_SET = b'\x00\x01\t\r "\\{}[],:0x\x7f\x80\xff'


@pytest.fixture(autouse=True)
def however_few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_rows, "FEWEST_LINES", 1)


def assert_read_the_same(content: bytes) -> None:
    assert read(content, learned()) == read(content, None)


@pytest.mark.parametrize("place", range(len(USUAL)))
def test_a_text_message_is_taken_whatever_it_says(place: int) -> None:
    content = b"\n".join([EXAMPLES[0], USUAL[place], EXAMPLES[1]])
    assert taken_by_pattern(content, learned()) == [0, 1, 2]
    assert_read_the_same(content)


@pytest.mark.parametrize("name", TRAPS)
def test_a_line_that_only_looks_like_it_is_left_and_costs_its_neighbours_nothing(name: str) -> None:
    trap = TRAPS[name]
    is_utf8 = trap.decode(errors="replace").encode() == trap
    content = b"\n".join([*EXAMPLES, trap, *EXAMPLES])
    neighbours = {*range(len(EXAMPLES)), *range(content.count(b"\n") + 1 - len(EXAMPLES), content.count(b"\n") + 1)}
    assert set(taken_by_pattern(content, learned())) == (neighbours if is_utf8 else set())
    assert_read_the_same(content)


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_seen_at_either_end_of_a_block_and_alone(name: str) -> None:
    for lines in ([TRAPS[name], *USUAL], [*USUAL, TRAPS[name]], [TRAPS[name]], [TRAPS[name]] * 3):
        if content := b"\n".join(lines):
            assert_read_the_same(content)


@pytest.mark.parametrize("with_ext", [True, False])
def test_every_beginning_and_every_end_of_a_line_is_read_the_same(with_ext: bool) -> None:
    whole = text_line("some text", '{"a":"b"}' if with_ext else None)
    parts = [part for place in range(1, len(whole)) for part in (whole[:place], whole[place:])]
    assert_read_the_same(b"\n".join(parts))
    assert_read_the_same(b"\n".join(line for part in parts for line in (whole, part)))


@pytest.mark.parametrize("byte", BYTES_SET)
@pytest.mark.parametrize("ext", ['{"a":"b"}', None])
def test_a_line_with_any_byte_changed_is_read_the_same(byte: int, ext: str | None) -> None:
    whole = text_line("some text", ext)
    changed = [whole[:place] + bytes([byte]) + whole[place + 1 :] for place in range(len(whole))]
    assert_read_the_same(b"\n".join(changed))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_line_with_bytes_missing_is_read_the_same(count: int) -> None:
    whole = text_line("some text", '{"a":{}}')
    assert_read_the_same(b"\n".join(whole[:place] + whole[place + count :] for place in range(len(whole))))


def test_exts_that_are_json_only_together_are_not_json() -> None:
    content = b"\n".join(
        [text_line(ext='{"a":{}'), text_line(ext="{}}"), text_line(ext='{"x":"}'), text_line(ext='{"}')]
    )
    assert taken_by_pattern(content, learned()) == []
    assert_read_the_same(content)


def test_lines_are_taken_at_the_very_ends_of_a_block() -> None:
    for lines in ([EXAMPLES[0]], [EXAMPLES[3]], [EXAMPLES[3], EXAMPLES[0]]):
        assert taken_by_pattern(b"\n".join(lines), learned()) == list(range(len(lines)))


def test_a_pattern_of_another_order_takes_its_lines() -> None:
    def reordered(text: str) -> bytes:
        payload = f'{{"to":"b", "ext" : {{}} , "bodies":[ {{"type":"txt","msg":"{text}"}}],"from":"a"}}'
        beginning = f'{{"to":"b","timestamp":1795392000123,"payload":{payload},"msg_id":"1","from":"a",'
        return f'{beginning}"direction":"incoming","chat_type":"chat"}}'.encode()

    content = b"\n".join([reordered("one"), EXAMPLES[0], reordered("two"), reordered('"'), reordered("three")])
    assert taken_by_pattern(content, learned(reordered("x"))) == [0, 2, 4]
    assert taken_by_pattern(content, learned(reordered("x"), EXAMPLES[0])) == [0, 1, 2, 4]
    assert read(content, learned(reordered("x"))) == read(content, None)


def test_lines_too_short_for_a_pattern_are_not_looked_at() -> None:
    content = b"\n" * 600_000 + EXAMPLES[0] + b"\n{" * 1000
    tracemalloc.start()
    try:
        assert taken_by_pattern(content, learned()) == [600_000]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 << 20


def test_a_block_of_few_lines_is_not_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_rows, "FEWEST_LINES", 3)
    assert taken_by_pattern(b"\n".join(EXAMPLES[:2]), learned()) == []
    assert taken_by_pattern(b"\n".join(EXAMPLES[:3]), learned()) == [0, 1, 2]


def test_the_first_block_teaches_its_own_patterns() -> None:
    assert taken_by_pattern(b"\n".join(EXAMPLES), KnownPatterns()) == list(range(len(EXAMPLES)))
