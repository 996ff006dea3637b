from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion.gzip_file import DamagedFile
from assets.conversion.lines import Block, blocks_of, count_lines, json_texts_of
from resources.limits import Limits

SMALL = Limits(max_line_bytes=8, long_line_kept_bytes=5)
PIECES = st.lists(st.sampled_from([b"{}", b"\n", b"x", b"\r", b" ", b"abcdef", b"123456789", b"\xef\xbb\xbf"]))


def numbered(blocks: Iterable[Block]) -> list[tuple[int, bytes, bool]]:
    """Return every line with its number, and whether it is only the beginning of one that is too long."""
    return [
        (block.first + place, line, block.too_long)
        for block in blocks
        for place, line in enumerate(block.content.split(b"\n"))
    ]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"{}", [b"{}"]),
        (b"{}\n", [b"{}"]),
        (b"{}\n\n", [b"{}", b""]),
        (b"{}\r\n{}\r\n", [b"{}\r", b"{}\r"]),
        ('{"a":"\u2028\u0085\x0b"}\n'.encode(), ['{"a":"\u2028\u0085\x0b"}'.encode()]),
    ],
)
def test_lines_end_at_line_feeds_only(content: bytes, lines: list[bytes]) -> None:
    assert [line for _, line, _ in numbered(blocks_of([content]))] == lines


@settings(deadline=None)
@given(PIECES, st.integers(1, 9))
def test_lines_do_not_depend_on_where_pieces_end(tokens: list[bytes], size: int) -> None:
    content = b"".join(tokens)
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    expected = [
        (number, line[:5] if len(line) > 8 else line, len(line) > 8)
        for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), start=1)
    ]
    assert numbered(blocks_of(pieces, SMALL)) == (expected if content else [])


@given(PIECES)
def test_a_block_knows_where_its_line_feeds_are(tokens: list[bytes]) -> None:
    for block in blocks_of(tokens, SMALL):
        assert block.feeds.tolist() == [place for place, byte in enumerate(block.content) if byte == ord("\n")]
        assert block.count == block.content.count(b"\n") + 1


def test_of_a_line_that_is_too_long_only_the_beginning_is_held() -> None:
    pieces = [b'{"a":"', *(bytes(1 << 20) for _ in range(30)), b'"}\n{}\n']
    limits = Limits(max_line_bytes=1 << 20, long_line_kept_bytes=10)
    tracemalloc.start()
    try:
        lines = numbered(blocks_of(iter(pieces), limits))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == [(1, b'{"a":"' + bytes(4), True), (2, b"{}", False)]
    assert peak < 10 << 20


def test_a_line_of_exactly_the_limit_is_not_too_long() -> None:
    limits = Limits(max_line_bytes=4, long_line_kept_bytes=2)
    assert numbered(blocks_of([b"1234\n12345\n"], limits)) == [(1, b"1234", False), (2, b"12", True)]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        (b"\xef\xbb\xbf{}", [b"{}"]),
        (b"{}\r{}", [b"{}", b"{}"]),
        (b'{"a":"}{"}', [b'{"a":"}{"}']),
        (b'{"a":{"b":[1]}} \t{"c":"\\"}{"} ', [b'{"a":{"b":[1]}}', b'{"c":"\\"}{"}']),
        (b"{}{", [b"{}{"]),
        (b"{},{}{}", [b"{},{}{}"]),
        (b"x{}{}", [b"x{}{}"]),
        (b"{}{}x", [b"{}{}x"]),
        (b"[]{}{}", [b"[]{}{}"]),
        (b'"a"{}{}', [b'"a"{}{}']),
        (b'{"a}{}', [b'{"a}{}']),
        (b"}{", [b"}{"]),
        (b"{}\x00{}{}", [b"{}\x00{}{}"]),
    ],
)
def test_only_a_row_of_whole_objects_is_taken_apart(line: bytes, texts: list[bytes]) -> None:
    assert json_texts_of(line) == texts


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", 0),
        (b"\n \t\r\n{}\n\n", 1),
        (b"{}{} {}\n[]", 2),
        (b"  {}\n\r\n\t\n x", 2),
        (b"\xef\xbb\xbf \n\xef\xbb\xbf{}", 1),
        (b"123456789\n\n", 1),
    ],
)
def test_lines_are_counted_that_are_not_blank(content: bytes, lines: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content))
    assert count_lines(path, SMALL) == lines


def test_no_lines_are_counted_of_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b"{}\n")[:-1])
    with pytest.raises(DamagedFile):
        count_lines(path)
