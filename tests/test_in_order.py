"""The files that are known to take long are there, so that none is renamed and then runs out of its turn."""

from __future__ import annotations

from tests.in_order import FOLDER, LONG


def test_each_long_file_is_there_and_named_once() -> None:
    assert [name for name in LONG if not (FOLDER / name).is_file()] == []
    assert len(set(LONG)) == len(LONG)
