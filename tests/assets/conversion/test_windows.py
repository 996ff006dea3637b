from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.conversion.windows import Windows

CONTENTS = st.binary(max_size=80) | st.lists(st.sampled_from([b'"', b"\0", b"x" * 31, b"y" * 300])).map(b"".join)
PLACES = st.lists(st.integers(-40, 400), max_size=12)


def integers(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


@given(CONTENTS, st.binary(min_size=1, max_size=20), PLACES, st.data())
def test_a_run_is_where_it_is(content: bytes, run: bytes, places: list[int], data: st.DataObject) -> None:
    if content and data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(content) - 1))
        run = content[start : start + 20]
        places.append(start)
    found = Windows(content).equal(integers(*places), run).tolist()
    assert found == [place >= 0 and content[place : place + len(run)] == run for place in places]


@given(CONTENTS, PLACES, PLACES, st.booleans())
def test_the_first_and_the_last_of_a_byte_are_found(
    content: bytes, starts: list[int], stops: list[int], far: bool
) -> None:
    spans = [(start, max(start, stop)) for start, stop in zip(starts, stops, strict=False)]
    firsts, lasts = integers(*(start for start, _ in spans)), integers(*(stop for _, stop in spans))
    windows = Windows(content)
    after = windows.first(ord('"'), firsts, lasts, far=far).tolist()
    before = windows.after_last(ord('"'), firsts, lasts).tolist()
    for (start, stop), first, last in zip(spans, after, before, strict=True):
        place = content.find(b'"', max(start, 0), max(stop, 0))
        assert first == place if place >= 0 else first >= stop
        place = content.rfind(b'"', max(start, 0), max(stop, 0))
        assert last == place + 1 if place >= 0 else last <= start


def test_a_run_is_not_taken_for_a_shorter_one_with_a_nul() -> None:
    windows = Windows(b"ab\0\0\0\0\0\0\0\0\0\0")
    assert windows.equal(integers(0, 0, 0), b"ab\0").all()
    assert not windows.equal(integers(0), b"abc").any()


@pytest.mark.parametrize(("places", "valid"), [((1,), True), ((1, 0), True), ((2,), False), ((-1, 1), False)])
def test_digits_outside_the_text_are_none(places: tuple[int, ...], valid: bool) -> None:
    assert (Windows(b"0123").digits(integers(*places), 3).max() < 10) == valid
