from __future__ import annotations

import gzip
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path

import pytest

from assets.conversion.gzip_file import Damage, DamagedFile, inflate
from resources.limits import DEFAULT_LIMITS, Limits

CONTENT = b'{"a":1}\n{"a":2}\n'
SOUND = gzip.compress(CONTENT, mtime=0)
BAD_CHECKSUM = SOUND[:-8] + bytes([SOUND[-8] ^ 1]) + SOUND[-7:]
BAD_LENGTH = SOUND[:-4] + bytes([SOUND[-4] ^ 1]) + SOUND[-3:]
CORRUPT = SOUND[:10] + b"\xff\xff\xff" + SOUND[13:]


def inflated(file: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    return b"".join(inflate(BytesIO(file), "named", limits))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param(SOUND, CONTENT, id="one member"),
        pytest.param(SOUND + SOUND, CONTENT * 2, id="two members"),
        pytest.param(SOUND + bytes(9) + SOUND, CONTENT * 2, id="zeros between members"),
        pytest.param(SOUND + bytes(600_000), CONTENT, id="trailing zeros"),
        pytest.param(SOUND + gzip.compress(b""), CONTENT, id="an empty member"),
        pytest.param(gzip.compress(b""), b"", id="nothing inside"),
        pytest.param(gzip.compress(b'{"a"') + gzip.compress(b":1}"), b'{"a":1}', id="a line over two members"),
    ],
)
def test_a_sound_file_is_read_to_its_end(file: bytes, content: bytes) -> None:
    assert inflated(file) == content


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
def test_a_damaged_file_is_an_error_with_its_reason(file: bytes, reason: Damage) -> None:
    with pytest.raises(DamagedFile, match=r"^The file named .*\.$") as caught:
        inflated(file, Limits(max_inflated_bytes=1 << 19))
    assert caught.value.reason is reason


def test_a_file_cut_anywhere_is_never_taken_for_whole() -> None:
    for length in range(len(SOUND)):
        with pytest.raises(DamagedFile):
            inflated(SOUND[:length])


def test_a_decompression_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    bomb = zlib.compressobj(9, wbits=31)
    path.write_bytes(b"".join([*(bomb.compress(bytes(1 << 20)) for _ in range(80)), bomb.flush()]))
    tracemalloc.start()
    try:
        with pytest.raises(DamagedFile) as caught:
            for _ in inflate(BytesIO(path.read_bytes()), "named", DEFAULT_LIMITS):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.reason is Damage.SUSPICIOUS_RATIO
    assert peak < 40 << 20
