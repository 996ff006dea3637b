"""The converter against the slow and plain one of `reference.py`, over lines made to part them."""

from __future__ import annotations

import json
from itertools import filterfalse
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.limits import DEFAULT_LIMITS, Limits
from tests.assets.conversion.agreement import HOUR_START_MS, differences
from tests.assets.conversion.almost_usual import (
    almost_usual_line,
    broken_and_joined_lines,
    deep_line,
    slightly_odd_line,
    twin_lines,
    usual_line,
)
from tests.assets.conversion.every_value import (
    lines_with_each_key_twice,
    lines_with_each_pair_of_params,
    lines_with_each_value,
)
from tests.assets.conversion.hours import convert, line_of, revision_of
from tests.assets.conversion.reference import convert_slowly
from tests.assets.conversion.usual_lines import KINDS

RANDOMS = st.randoms(use_true_random=False)
ALMOST_USUAL = st.builds(almost_usual_line, RANDOMS)
USUAL = st.builds(usual_line, RANDOMS)
SLIGHTLY_ODD = st.builds(slightly_odd_line, RANDOMS)
BROKEN_AND_JOINED = st.builds(broken_and_joined_lines, RANDOMS)
TWINS = st.builds(twin_lines, RANDOMS)
DEEP = st.builds(deep_line, RANDOMS)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
ODD_FIELDS = st.dictionaries(
    st.sampled_from(["msg_id", "timestamp", "chat_type", "from", "to", "payload", "x"]), ANY_JSON, max_size=3
)
ODD_MESSAGES = st.builds(lambda fields: line_of(**{"msg_id": "o"} | fields), ODD_FIELDS)
BLANK = st.sampled_from([b"", b"", b" ", b"\r", b"\t \r", b"\xef\xbb\xbf", b"\x0b"])
ODDMENTS = BLANK | st.binary(max_size=12) | ANY_JSON.map(lambda value: json.dumps(value).encode()) | ODD_MESSAGES
LINE_FEEDS = st.sampled_from([b"\n", b"\n", b"\r\n"])


def is_utf8(line: bytes) -> bool:
    return line.decode(errors="replace").encode() == line


def assert_agreement(*contents: bytes, limits: Limits = DEFAULT_LIMITS) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        converted = convert(directory, *contents, limits=limits)
        reference = convert_slowly(
            [revision_of(directory, content).path.read_bytes() for content in contents],
            hour_start_ms=HOUR_START_MS,
            max_line_bytes=limits.max_line_bytes,
            long_line_kept_bytes=limits.long_line_kept_bytes,
        )
        assert not differences(converted, reference)


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_with_any_value_becomes_what_the_reference_says(kind: str) -> None:
    lines = list(lines_with_each_value(kind))
    # Apart, since a reader may look more closely at all lines when one of them is not UTF-8.
    for some in (filterfalse(is_utf8, lines), filter(is_utf8, lines)):
        assert_agreement(b"\n".join(some))


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_stands_twice_is_never_overlooked(kind: str) -> None:
    assert_agreement(b"\n".join(lines_with_each_key_twice(kind)))


def test_custom_extras_of_any_two_forms_become_what_the_reference_says() -> None:
    assert_agreement(b"\n".join(lines_with_each_pair_of_params()))


@settings(max_examples=300)
@given(st.lists(ALMOST_USUAL, min_size=1, max_size=8))
def test_almost_usual_lines_become_what_the_reference_says(lines: list[bytes]) -> None:
    assert_agreement(b"\n".join(lines))


@settings(max_examples=200)
@given(st.lists(USUAL, max_size=12), st.lists(SLIGHTLY_ODD, max_size=2) | st.lists(ALMOST_USUAL, max_size=1), st.data())
def test_an_odd_line_among_usual_ones_is_not_overlooked(
    usual: list[bytes], odd: list[bytes], data: st.DataObject
) -> None:
    assert_agreement(b"\n".join(data.draw(st.permutations(usual + odd))))


@settings(max_examples=100)
@given(BROKEN_AND_JOINED)
def test_a_message_that_reaches_over_a_line_feed_is_not_read_as_one(content: bytes) -> None:
    assert_agreement(content)


@settings(max_examples=100)
@given(st.lists(DEEP, min_size=1, max_size=3))
def test_nesting_is_read_as_deep_as_the_reference_reads_it(lines: list[bytes]) -> None:
    assert_agreement(b"\n".join(lines))


@settings(max_examples=200)
@given(st.lists(ODDMENTS | ALMOST_USUAL, max_size=8), LINE_FEEDS)
def test_a_file_of_oddments_becomes_what_the_reference_says(lines: list[bytes], line_feed: bytes) -> None:
    assert_agreement(b"".join(line + line_feed for line in lines))


@settings(max_examples=200)
@given(st.lists(TWINS | ALMOST_USUAL, min_size=1, max_size=4), st.lists(TWINS | BLANK, max_size=3), st.data())
def test_duplicates_and_conflicts_are_those_of_the_reference(
    shared: list[bytes], others: list[bytes], data: st.DataObject
) -> None:
    first = data.draw(st.permutations(shared + others))
    second = data.draw(st.lists(st.sampled_from(shared), max_size=6))
    assert_agreement(*{b"\n".join(first), b"\n".join(second)})


@settings(max_examples=100)
@given(st.lists(ALMOST_USUAL | BLANK, min_size=1, max_size=5), st.data())
def test_lines_around_the_limit_are_those_of_the_reference(lines: list[bytes], data: st.DataObject) -> None:
    longest = max(1, len(data.draw(st.sampled_from(lines))) + data.draw(st.integers(-1, 1)))
    kept = data.draw(st.integers(0, longest))
    assert_agreement(b"\n".join(lines), limits=Limits(max_line_bytes=longest, long_line_kept_bytes=kept))
