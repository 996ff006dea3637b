from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion.lines import (
    Damage,
    DamagedFile,
    FileInspection,
    Limits,
    Line,
    inspect_file,
    read_lines,
    split_lines,
)

CONTENT = b'{"a":1}\n{"a":2}\n'
SOUND = gzip.compress(CONTENT, mtime=0)
BAD_CHECKSUM = SOUND[:-8] + bytes([SOUND[-8] ^ 1]) + SOUND[-7:]
BAD_LENGTH = SOUND[:-4] + bytes([SOUND[-4] ^ 1]) + SOUND[-3:]
CORRUPT = SOUND[:10] + b"\xff\xff\xff" + SOUND[13:]


def contents(lines: Iterable[Line]) -> list[bytes]:
    return [line.content for line in lines]


@pytest.mark.parametrize(
    ("file", "inspection"),
    [
        pytest.param(SOUND, FileInspection(2, 0, 16), id="one member"),
        pytest.param(SOUND + SOUND, FileInspection(4, 0, 32), id="two members"),
        pytest.param(SOUND + bytes(9) + SOUND, FileInspection(4, 0, 32), id="zeros between members"),
        pytest.param(SOUND + bytes(200_000), FileInspection(2, 0, 16), id="trailing zeros"),
        pytest.param(SOUND + gzip.compress(b""), FileInspection(2, 0, 16), id="an empty member"),
        pytest.param(gzip.compress(b""), FileInspection(0, 0, 0), id="nothing inside"),
        pytest.param(gzip.compress(b'{"a"') + gzip.compress(b":1}"), FileInspection(1, 0, 7), id="line over members"),
        pytest.param(gzip.compress(b"\n \t\r\n{}\n\n"), FileInspection(4, 3, 9), id="blank lines"),
        pytest.param(gzip.compress(b"{}{} {}\n[]"), FileInspection(4, 0, 10), id="several objects on a line"),
    ],
)
def test_a_sound_file_is_read_to_its_end(file: bytes, inspection: FileInspection, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(file)
    assert inspect_file(path) == inspection


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", Damage.ZERO_BYTES),
        (b"<html>502 Bad Gateway</html>", Damage.NOT_GZIP),
        (bytes(20), Damage.NOT_GZIP),
        (CONTENT, Damage.NOT_GZIP),
        (SOUND[:1], Damage.TRUNCATED),
        (SOUND[:10], Damage.TRUNCATED),
        (SOUND[:-8], Damage.TRUNCATED),
        (SOUND[:-1], Damage.TRUNCATED),
        (SOUND + SOUND[:-1], Damage.TRUNCATED),
        (BAD_CHECKSUM, Damage.BAD_CHECKSUM),
        (BAD_LENGTH, Damage.BAD_LENGTH),
        (CORRUPT, Damage.CORRUPT),
        (SOUND + b"\x00\x00garbage", Damage.TRAILING_GARBAGE),
        (SOUND + b"\x1f", Damage.TRAILING_GARBAGE),
        (gzip.compress(bytes(1 << 20)), Damage.TOO_LARGE),
    ],
)
def test_a_damaged_file_is_an_error_with_its_reason(file: bytes, reason: Damage, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(file)
    with pytest.raises(DamagedFile, match=r"^The file file .*\.$") as caught:
        inspect_file(path, Limits(max_inflated_bytes=1 << 19))
    assert caught.value.reason is reason


def test_a_file_cut_anywhere_is_never_taken_for_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for length in range(len(SOUND)):
        path.write_bytes(SOUND[:length])
        with pytest.raises(DamagedFile):
            inspect_file(path)


def test_a_decompression_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    bomb = zlib.compressobj(9, wbits=31)
    path.write_bytes(b"".join([*(bomb.compress(bytes(1 << 20)) for _ in range(80)), bomb.flush()]))
    tracemalloc.start()
    try:
        with pytest.raises(DamagedFile) as caught:
            inspect_file(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.reason is Damage.SUSPICIOUS_RATIO
    assert peak < 40 << 20


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"{}\r\n{}\r\n", [b"{}\r", b"{}\r"]),
        (b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}", [b"{}", b"{}"]),
        ('{"a":"\u2028\u0085\x0b"}\n'.encode(), ['{"a":"\u2028\u0085\x0b"}'.encode()]),
        (b"{}\r{}\n", [b"{}", b"{}"]),
        (b'{"a":"}{"}\n', [b'{"a":"}{"}']),
        (b'{"a":{"b":[1]}} \t{"c":"\\"}{"} \n', [b'{"a":{"b":[1]}}', b'{"c":"\\"}{"}']),
        (b"{}{\n", [b"{}{"]),
        (b"{},{}{}\n", [b"{},{}{}"]),
        (b"x{}{}\n", [b"x{}{}"]),
        (b"{}{}x\n", [b"{}{}x"]),
        (b"[]{}{}\n", [b"[]{}{}"]),
        (b'"a"{}{}\n', [b'"a"{}{}']),
        (b'{"a}{}\n', [b'{"a}{}']),
        (b"}{\n", [b"}{"]),
        (b"{}\x00{}{}\n", [b"{}\x00{}{}"]),
    ],
)
def test_only_a_line_feed_or_a_row_of_whole_objects_parts_lines(content: bytes, lines: list[bytes]) -> None:
    assert contents(split_lines([content])) == lines


def test_objects_on_one_line_share_its_number() -> None:
    assert list(split_lines([b"\n{}{}\n{}"])) == [Line(1, b""), Line(2, b"{}"), Line(2, b"{}"), Line(3, b"{}")]


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"{}", b"\n", b"x", b"\r", b" ", b"abcdef", b"\xef\xbb\xbf"])), st.integers(1, 5))
def test_lines_do_not_depend_on_where_pieces_end(tokens: list[bytes], size: int) -> None:
    content = b"".join(tokens)
    limits = Limits(max_line_bytes=8, long_line_kept_bytes=5)
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert list(split_lines(pieces, limits)) == list(split_lines([content], limits))


def test_of_a_line_that_is_too_long_only_the_beginning_is_held(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b'{"a":"' + bytes(30 << 20) + b'"}\n{}\n', compresslevel=1))
    limits = Limits(max_line_bytes=1 << 20, long_line_kept_bytes=10)
    tracemalloc.start()
    try:
        lines = list(read_lines(path, limits))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == [Line(1, b'{"a":"' + bytes(4), too_long=True), Line(2, b"{}")]
    assert not lines[0].blank
    assert peak < 10 << 20


def test_a_line_of_exactly_the_limit_is_not_too_long() -> None:
    limits = Limits(max_line_bytes=4, long_line_kept_bytes=2)
    assert list(split_lines([b"1234\n12345\n"], limits)) == [Line(1, b"1234"), Line(2, b"12", too_long=True)]
