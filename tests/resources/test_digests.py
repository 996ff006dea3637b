"""Digests: of all bytes, however they come, and the same as hashlib's."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.digests import _PIECE, Digester, Digests, digests_of


def digests_by_hashlib(content: bytes) -> Digests:
    md5 = hashlib.md5(content).digest()  # noqa: S324 - a check of S3's, and no secret
    return Digests(len(content), hashlib.sha256(content).hexdigest(), base64.b64encode(md5).decode())


@given(pieces=st.lists(st.binary(max_size=50)))
def test_the_digests_are_hashlibs_however_the_bytes_come(pieces: list[bytes]) -> None:
    digester = Digester()
    for piece in pieces:
        digester.update(piece)
    assert digester.digests() == digests_by_hashlib(b"".join(pieces))


@pytest.mark.parametrize("length", [_PIECE - 1, _PIECE, _PIECE + 1, 3 * _PIECE + 7])
def test_no_byte_is_lost_between_the_pieces_that_are_hashed(length: int) -> None:
    content = bytes(range(251)) * (length // 251 + 1)
    digester = Digester()
    for start in range(0, length, 1000):
        digester.update(content[start : min(start + 1000, length)])
    assert digester.digests() == digests_by_hashlib(content[:length])


def test_more_bytes_may_come_after_the_digests_were_asked_for() -> None:
    digester = Digester()
    digester.update(b"one")
    assert digester.digests() == digests_by_hashlib(b"one")
    digester.update(b"two")
    assert digester.digests() == digests_by_hashlib(b"onetwo")


def test_a_file_is_digested_from_where_it_stands() -> None:
    content = bytes(3 * _PIECE + 1)
    file = BytesIO(b"head" + content)
    file.seek(4)
    assert digests_of(file) == digests_by_hashlib(content)
