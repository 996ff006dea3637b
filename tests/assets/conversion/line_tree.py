"""A line as a tree in which every token's text can be chosen, and written in more than one way.

Python's own objects would not do: a key cannot stand twice in a dict, and 1.0 and 1e0 are one float.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, TypeAlias


class Raw(str):
    """JSON text that is written as it stands; a byte that is not UTF-8 stands as its surrogate escape."""

    __slots__ = ()


@dataclass
class Object:
    """A JSON object: keys with their values, in any order and number."""

    members: list[tuple[str, Value]]


Value: TypeAlias = "str | Raw | list[Value] | Object"


class Style(NamedTuple):
    """How a tree is written.

    Attributes:
        comma: Stands between members, and between elements.
        colon: Stands between a key and its value.
        ascii_only: Whether all other characters are written as escapes.
    """

    comma: str = ","
    colon: str = ":"
    ascii_only: bool = False


STYLES = (
    Style(),
    Style(),
    Style(", ", ": "),
    Style(", ", ": ", ascii_only=True),
    Style(" ,\t", " :  "),
    Style("\r,", ":"),
)


def tree_of(value: Any) -> Value:
    """Return the tree of a Python value."""
    if isinstance(value, dict):
        return Object([(key, tree_of(inner)) for key, inner in value.items()])
    if isinstance(value, list):
        return [tree_of(inner) for inner in value]
    return value if isinstance(value, str) else Raw(json.dumps(value))


def written(tree: Value, style: Style = STYLES[0]) -> str:
    """Return the tree's JSON text."""
    if isinstance(tree, Raw):
        return str(tree)
    if isinstance(tree, str):
        return json.dumps(tree, ensure_ascii=style.ascii_only)
    if isinstance(tree, list):
        return "[" + style.comma.join(written(inner, style) for inner in tree) + "]"
    members = (written(key, style) + style.colon + written(value, style) for key, value in tree.members)
    return "{" + style.comma.join(members) + "}"


def objects_in(tree: Value) -> Iterator[Object]:
    """Yield every object of a tree, outermost first."""
    if isinstance(tree, Object):
        yield tree
        for _, value in tree.members:
            yield from objects_in(value)
    elif isinstance(tree, list):
        for inner in tree:
            yield from objects_in(inner)


def shuffled(tree: Value, random: Random) -> Value:
    """Return the tree with the members of every object in another order."""
    if isinstance(tree, list):
        return [shuffled(inner, random) for inner in tree]
    if not isinstance(tree, Object):
        return tree
    members = [(key, shuffled(value, random)) for key, value in tree.members]
    random.shuffle(members)
    return Object(members)


def escaped(key: str, random: Random) -> Raw:
    """Return a key's JSON text with one of its characters as an escape."""
    if not key:
        return Raw('""')
    place = random.randrange(len(key))
    parts = [json.dumps(part)[1:-1] for part in (key[:place], key[place + 1 :])]
    return Raw(f'"{parts[0]}\\u{ord(key[place]):04x}{parts[1]}"')
