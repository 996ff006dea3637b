"""One line's JSON for the reference converter, read by the standard library. Slow, and nothing of the product's.

What JSON is, `json` says; what it lets pass although something would be lost is refused here. What the fields mean is
`reference_row.py`.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MAX_DEPTH = 1024
MAX_DEPTH_OUTSIDE_EXT = 250
SPACES = " \t\r\n"


class Refused(Exception):
    """Raised for a line that is not a message, with the reason it is quarantined for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_object(line: bytes) -> tuple[dict[str, Any], str | None]:
    """Read one line's object.

    Returns:
        The object without `payload.ext`, and that field's JSON text, unchanged. An ext that is null is no ext: then it
        stays in the object, and the text is None.

    Raises:
        Refused: The line is not one JSON object, or something of it would be lost.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("bad_utf8") from None
    if deepest(text) > MAX_DEPTH:
        raise Refused("too_deep")
    value, _ = strictly_read(text)
    if not isinstance(value, dict):
        raise Refused("not_an_object")

    start, end = place_of_ext(text)
    ext_text = text[start:end]
    if ext_text in ("", "null"):
        document, has_duplicate_keys = strictly_read(text)
        depth = deepest(text)
    else:
        outside_ext = text[:start] + "null" + text[end:]
        document, has_duplicate_keys = strictly_read(outside_ext)
        depth = deepest(outside_ext)
    if depth > MAX_DEPTH_OUTSIDE_EXT:
        raise Refused("too_deep")
    if has_duplicate_keys:
        raise Refused("duplicate_keys")
    if ext_text in ("", "null"):
        return document, None
    del document["payload"]["ext"]
    return document, ext_text


def strictly_read(text: str) -> tuple[Any, bool]:
    """Return the value of a JSON text, integers exact, and whether any object in it names a key twice.

    Raises:
        Refused: It is not strict JSON, or holds half of a UTF-16 pair or a number that is infinite as a float.
    """
    too_large = False
    has_duplicate_keys = False

    def read_number(digits: str) -> float:
        nonlocal too_large
        number = float(digits)
        too_large = too_large or math.isinf(number)
        return number

    def read_integer(digits: str) -> int:
        # Python refuses to read integers of thousands of digits: those are too large anyhow.
        return 0 if math.isinf(read_number(digits)) else int(digits)

    def read_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_duplicate_keys
        has_duplicate_keys = has_duplicate_keys or len(dict(members)) < len(members)
        return dict(members)

    with room_to_recurse():
        try:
            with_every_member = json.loads(text, object_pairs_hook=list, parse_int=str, parse_constant=refuse_constant)
            value = json.loads(text, object_pairs_hook=read_members, parse_int=read_integer, parse_float=read_number)
        except ValueError:
            raise Refused("not_json") from None
        try:
            json.dumps(with_every_member, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise Refused("lone_surrogate") from None
    if too_large:
        raise Refused("number_too_large")
    return value, has_duplicate_keys


def refuse_constant(constant: str) -> None:
    """Refuse NaN and Infinity, which `json` takes for numbers."""
    raise ValueError(constant)


@contextmanager
def room_to_recurse() -> Iterator[None]:
    """Let `json` go as deep as a line may be: by itself it gives up before a depth of 1,000."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 2 * MAX_DEPTH)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def brackets(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """Yield each bracket and brace outside of strings, with its place. A string that never ends swallows the rest."""
    place = start
    while place < len(text):
        if text[place] == '"':
            place = end_of_string(text, place)
        else:
            if text[place] in "[]{}":
                yield place, text[place]
            place += 1


def end_of_string(text: str, start: int) -> int:
    """Return the place after a string's closing quote."""
    place = start + 1
    while place < len(text) and text[place] != '"':
        place += 2 if text[place] == "\\" else 1
    return place + 1


def deepest(text: str) -> int:
    """Return how many brackets are open at once where most are."""
    depth = most = 0
    for _, bracket in brackets(text):
        depth += 1 if bracket in "[{" else -1
        most = max(most, depth)
    return most


def end_of_brackets(text: str, start: int) -> int | None:
    """Return the place after the bracket that closes the one at start, None where it never closes."""
    depth = 0
    for place, bracket in brackets(text, start):
        depth += 1 if bracket in "[{" else -1
        if depth == 0:
            return place + 1
    return None


def place_of_ext(text: str) -> tuple[int, int]:
    """Return where the value of `payload.ext` begins and ends in an object's JSON text; an empty place for none."""
    payload, _ = place_of_member(text, text.index("{"), "payload")
    if payload is None or text[payload] != "{":
        return 0, 0
    start, end = place_of_member(text, payload, "ext")
    return (0, 0) if start is None else (start, end)


def place_of_member(text: str, start_of_object: int, wanted: str) -> tuple[int | None, int]:
    """Return where the value under a key begins and ends; of several with that key the first."""
    place = after_spaces(text, start_of_object + 1)
    while text[place] != "}":
        end_of_key = end_of_string(text, place)
        key = json.loads(text[place:end_of_key])
        colon = after_spaces(text, end_of_key)
        start = after_spaces(text, colon + 1)
        end = end_of_value(text, start)
        if key == wanted:
            return start, end
        place = after_spaces(text, end)
        if text[place] == ",":
            place = after_spaces(text, place + 1)
    return None, 0


def after_spaces(text: str, place: int) -> int:
    """Return the place of the next character that is no space."""
    while text[place] in SPACES:
        place += 1
    return place


def end_of_value(text: str, start: int) -> int:
    """Return the place after a JSON value."""
    if text[start] == '"':
        return end_of_string(text, start)
    if text[start] in "[{":
        end = end_of_brackets(text, start)
        assert end is not None
        return end
    end = start
    while text[end] not in ",]}" + SPACES:
        end += 1
    return end
