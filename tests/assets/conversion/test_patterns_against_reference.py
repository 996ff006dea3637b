"""The converter with patterns in use, however short the file, against the reference and against itself without them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion import decoding, lines, pattern_rows
from assets.conversion.columns import RowParts
from assets.conversion.known_patterns import KnownPatterns
from assets.conversion.lines import Block
from tests.assets.conversion.almost_usual import (
    TREE_CHANGES,
    almost_usual_line,
    encoded_line,
    put_doubtful_ext,
    set_beside_another,
    twin_lines,
    usual_line,
)
from tests.assets.conversion.changed_bytes import BYTES_CHANGES
from tests.assets.conversion.hours import IN_HOUR_MS, convert
from tests.assets.conversion.line_tree import STYLES, Object, Raw, tree_of
from tests.assets.conversion.test_against_reference import BLANK, RANDOMS, assert_agreement
from tests.assets.conversion.usual_lines import usual_document

PLAIN_TEXTS = ("hi", "", "西城区西便门桥 ", "a}{b } {", "see https://x/f?share-secret=S&a=1", "x" * 300)
PLAIN_EXTS = ("{}", "{}", '{"key1":"value1"}', '{"n":1.0}', '{"k":1,"k":2}', '{"msg":{"ext":{},"from":"a"},"to":"b"}')


def text_line(random: Random) -> bytes:
    """Return a line of a text message as the platform writes it, mostly of one of two patterns."""
    document = usual_document(random, "txt")
    document["payload"].pop("meta", None)
    if random.random() < 0.8:
        document |= {"chat_type": "chat", "direction": "outgoing", "timestamp": IN_HOUR_MS + random.randrange(3)}
        document["payload"]["bodies"][0]["msg"] = random.choice(PLAIN_TEXTS)
        if "ext" in document["payload"]:
            document["payload"]["ext"] = Raw(random.choice(PLAIN_EXTS))
    return encoded_line(tree_of(document), STYLES[0])


def almost_text_line(random: Random) -> bytes:
    """Return a line of a text message with one change."""
    tree = tree_of(usual_document(random, "txt"))
    assert isinstance(tree, Object)
    how = random.choice(("tree", "ext", "bytes"))
    if how == "tree":
        random.choice(TREE_CHANGES)(tree, random)
    elif how == "ext":
        put_doubtful_ext(tree, random)
    line = encoded_line(tree, STYLES[0])
    return random.choice((*BYTES_CHANGES, set_beside_another))(line, random) if how == "bytes" else line


TEXT_LINES = st.lists(st.builds(text_line, RANDOMS), min_size=4, max_size=24)
ODD_LINES = st.lists(
    st.builds(almost_text_line, RANDOMS)
    | st.builds(almost_usual_line, RANDOMS)
    | st.builds(usual_line, RANDOMS)
    | st.builds(twin_lines, RANDOMS)
    | BLANK,
    max_size=12,
)


class Share:
    """How many of all lines were taken by patterns."""

    def __init__(self) -> None:
        self.lines = 0
        self.taken = 0

    def rows_by_pattern(self, block: Block, position: int, patterns: KnownPatterns) -> RowParts | None:
        parts = pattern_rows.rows_by_pattern(block, position, patterns)
        self.lines += block.count
        self.taken += 0 if parts is None else parts.envelope.num_rows
        return parts


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Iterator[Share]:
    """Let patterns be used in the shortest blocks, and count."""
    share = Share()
    monkeypatch.setattr(pattern_rows, "FEWEST_LINES", 1)
    monkeypatch.setattr(decoding, "rows_by_pattern", share.rows_by_pattern)
    yield share
    assert share.taken > 0.08 * share.lines


def test_lines_of_patterns_among_others_become_what_the_reference_says(share: Share) -> None:
    @settings(max_examples=300)
    @given(TEXT_LINES, ODD_LINES, st.data())
    def agree(texts: list[bytes], others: list[bytes], data: st.DataObject) -> None:
        assert_agreement(b"\n".join(data.draw(st.permutations(texts + others))))

    agree()
    assert share.lines > 300 * 3


def test_patterns_learned_from_earlier_blocks_take_nothing_they_should_not(
    share: Share,
) -> None:
    # So short a file is one block.
    @settings(max_examples=100)
    @given(st.lists(st.tuples(TEXT_LINES, ODD_LINES), min_size=2, max_size=4))
    def agree(revisions: list[tuple[list[bytes], list[bytes]]]) -> None:
        assert_agreement(*{b"\n".join(texts + others) for texts, others in revisions})

    agree()
    assert share.lines > 100 * 3


@pytest.mark.usefixtures("share")
@pytest.mark.parametrize("threaded", [False, True])
def test_files_are_the_same_to_the_byte_with_patterns_and_without(*, threaded: bool) -> None:
    def files(contents: set[bytes], *, reverse: bool = False) -> list[bytes]:
        with TemporaryDirectory() as name:
            converted = convert(Path(name), *sorted(contents), reverse=reverse, threaded=threaded)
            paths = (converted.messages_path, converted.quarantine_path)
            return [path.read_bytes() if path.exists() else b"" for path in paths]

    @settings(max_examples=60)
    @given(TEXT_LINES, ODD_LINES, TEXT_LINES, st.sampled_from((1, 500, 2000)))
    def same(texts: list[bytes], others: list[bytes], more: list[bytes], block_bytes: int) -> None:
        contents = {b"\n".join(texts + others), b"\n".join(others + more)}
        with_patterns = files(contents)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lines, "_BLOCK_BYTES", block_bytes)
            assert files(contents, reverse=True) == with_patterns
            patch.setattr(pattern_rows, "FEWEST_LINES", 1 << 30)
            patch.setattr(decoding, "rows_by_pattern", pattern_rows.rows_by_pattern)
            assert files(contents) == with_patterns

    same()
