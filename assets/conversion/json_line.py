"""One line of bytes as a JSON object from which nothing was lost, with the text of `payload.ext` beside it.

orjson is the judge of what JSON is; this module adds what it leaves out: integers of any size, duplicate keys, and
the unchanged text of one value. What the fields mean is `message.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from assets.conversion.unreadable import Unreadable, UnreadableReason
from resources.limits import DEEPEST

_MAX_DEPTH_READ = 1024
_EXT_PATH = ("payload", "ext")

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_WHOLE_STRING = re.compile(_STRING, re.DOTALL)
_STRING_OR_BRACKET = re.compile(_STRING + rb'|["\[\]{}]', re.DOTALL)
_STRING_AND_COLON = re.compile(_STRING + rb"[ \t\r\n]*+(:?)", re.DOTALL)
_MEMBER = re.compile(rb"[ \t\r\n,]*+(" + _STRING + rb")[ \t\r\n]*+:[ \t\r\n]*+", re.DOTALL)
_SCALAR = re.compile(rb"[^ \t\r\n,\]}]++")
# Nineteen digits may pass 2^63. Matching inside a text as well only costs that line the slower parser.
_LARGE_INTEGER = re.compile(rb"[\[:, \t\r\n]-?[0-9]{19,}+(?![.eE])")


class JsonLine(NamedTuple):
    """A line's JSON object.

    Attributes:
        document: The object, integers exact. Its `payload.ext`, when ext_text is given, has been taken out.
        ext_text: The JSON text of `payload.ext`, unchanged; None where there is none or it is null.
    """

    document: dict[str, Any]
    ext_text: str | None


def parse_line(line: bytes, max_depth: int = DEEPEST) -> JsonLine | Unreadable:
    """Read one line, nested at most so deep outside `payload.ext`. Never raises, whatever the bytes."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Unreadable(_why_refused(line))
    if not isinstance(document, dict):
        return Unreadable(UnreadableReason.NOT_AN_OBJECT)

    rest = line
    ext_text = None
    payload = document.get("payload")
    if isinstance(payload, dict) and payload.get("ext") is not None:
        span = find_value(line, _EXT_PATH)
        if span is None:
            return Unreadable(UnreadableReason.DUPLICATE_KEYS)
        # From here on ext is a text: its numbers, keys and depth are the app's own and stay as they are.
        ext_text = line[span].decode()
        rest = line[: span.start] + b"null" + line[span.stop :]
        payload["ext"] = None

    keys, depth = _measure(document)
    if depth > max_depth:
        return Unreadable(UnreadableReason.TOO_DEEP)
    if keys != _STRING_AND_COLON.findall(rest).count(b":"):
        return Unreadable(UnreadableReason.DUPLICATE_KEYS)
    if _LARGE_INTEGER.search(rest):
        document = json.loads(rest.decode())
    if ext_text is not None:
        del document["payload"]["ext"]
    return JsonLine(document, ext_text)


def to_json_text(value: object, *, sort_keys: bool = False) -> str:
    """Write a JSON value without spaces, integers of any size as integers."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else 0).decode()
    except TypeError:
        # The only thing orjson cannot write of what it has read: an integer beyond 64 bits.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)


def find_value(text: bytes, path: tuple[str, ...]) -> slice | None:
    """Return where the value under a path of keys stands in the text of a JSON object.

    Args:
        text: A JSON object that a parser has accepted; nothing else may be asked about.
        path: Keys from the outermost inwards. Where an object has a key twice, the first counts.
    """
    start = text.index(b"{")
    for key in path:
        value = next((value for name, value in members_of(text, start) if name == key), None)
        if value is None:
            return None
        start = value
    return slice(start, end_of_value(text, start))


def members_of(text: bytes, start: int) -> Iterator[tuple[str, int]]:
    """Yield each key and where its value begins, of the object that begins there; nothing of any other value.

    Args:
        text: Some JSON that a parser has accepted.
        start: Where a value in it begins.
    """
    if text[start : start + 1] != b"{":
        return
    position = start + 1
    while member := _MEMBER.match(text, position):
        yield orjson.loads(member[1]), member.end()
        position = end_of_value(text, member.end())


def end_of_value(text: bytes, start: int) -> int:
    """Return where the value that begins there ends, of some JSON that a parser has accepted."""
    first = text[start : start + 1]
    if first not in (b"{", b"["):
        match = (_WHOLE_STRING if first == b'"' else _SCALAR).match(text, start)
        return match.end() if match else start
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text, start):
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return token.end()
    raise AssertionError("a parser accepted brackets that do not close")


def _measure(document: dict[str, Any]) -> tuple[int, int]:
    """Count all keys and the levels of nesting. A loop, because recursion ends at Python's own limit."""
    keys = depth = 0
    level: list[Any] = [document]
    while level:
        depth += 1
        below: list[Any] = []
        for container in level:
            if isinstance(container, dict):
                keys += len(container)
                below.extend(value for value in container.values() if isinstance(value, dict | list))
            else:
                below.extend(value for value in container if isinstance(value, dict | list))
        level = below
    return keys, depth


def _why_refused(line: bytes) -> UnreadableReason:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return UnreadableReason.BAD_UTF8
    if _deeper_than_read(line):
        return UnreadableReason.TOO_DEEP
    try:
        # A more forgiving parser than orjson: what it accepts shows what orjson minded. Objects as lists of pairs, so
        # that a key that stands twice does not drop the value in question.
        value = json.loads(text, parse_int=float, parse_constant=_refuse, object_pairs_hook=list)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return UnreadableReason.LONE_SURROGATE
    except (ValueError, RecursionError):
        return UnreadableReason.NOT_JSON
    return UnreadableReason.NUMBER_TOO_LARGE


def _deeper_than_read(line: bytes) -> bool:
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(line):
        if token[0] in (b"{", b"["):
            depth += 1
            if depth > _MAX_DEPTH_READ:
                return True
        elif token[0] in (b"}", b"]"):
            depth -= 1
        elif token[0] == b'"':
            # A text that never closes. Looking on from here could take the square of the line's length.
            return False
    return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)
