from __future__ import annotations

from assets.conversion.known_patterns import KnownPatterns
from assets.conversion.pattern import Beginning, Pattern, pattern_of
from tests.assets.conversion.by_patterns import text_line
from tests.assets.conversion.test_decoding import USUAL

OTHERS = USUAL[1:] * 8
"""Lines that are no texts."""


def learned_from(line: bytes) -> tuple[Beginning, Pattern]:
    learned = pattern_of(line)
    assert learned is not None
    return learned


def test_lines_of_one_pattern_may_begin_in_several_ways() -> None:
    patterns = KnownPatterns()
    lines = [text_line(chat_type=name) for name in ("groupchat", "chat", "groupchat", "chatroom", "groupchat", "chat")]
    patterns.learn([*lines, text_line(ext=None), *OTHERS[:10]])
    first, second = patterns.known.items()
    assert [beginning.chat_type for beginning in first[1]] == ["groupchat", "chat", "chatroom"]
    assert second == (learned_from(text_line(ext=None))[1], (learned_from(text_line(ext=None))[0],))


def test_what_is_seldom_is_not_learned() -> None:
    patterns = KnownPatterns()
    patterns.learn([text_line(), *OTHERS])
    assert not patterns.known
    patterns.learn([text_line(), text_line(), *OTHERS])
    assert len(patterns.known) == 1


def test_what_is_not_seen_any_more_is_forgotten() -> None:
    patterns = KnownPatterns()
    patterns.learn([text_line(), text_line(ext=None)])
    patterns.learn([text_line(ext=None, chat_type="groupchat")])
    assert patterns.known == {
        learned_from(text_line(ext=None))[1]: (learned_from(text_line(chat_type="groupchat"))[0],)
    }


def test_no_more_than_a_few_patterns_are_known() -> None:
    lines = [text_line().replace(b',"to"', b" " * count + b',"to"') for count in range(20)]
    patterns = KnownPatterns()
    patterns.learn(lines)
    assert len(patterns.known) == 8


def test_blocks_teach_ever_more_seldom() -> None:
    patterns = KnownPatterns()
    assert [number for number in range(1, 70) if patterns.is_time_to_learn()] == [1, 2, 4, 8, 16, 32, 64]
