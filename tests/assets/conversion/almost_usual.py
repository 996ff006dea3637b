"""Lines that are almost usual: a usual line with one thing about it changed, which a fast reader may overlook.

Also lines at the limits of nesting. All of it is made from a `Random`: a property test can shrink it, a command can
repeat it. Changes that know nothing of JSON are in `changed_bytes.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.assets.conversion.changed_bytes import BYTES_CHANGES
from tests.assets.conversion.line_tree import (
    STYLES,
    Object,
    Raw,
    Style,
    Value,
    escaped,
    objects_in,
    shuffled,
    tree_of,
    written,
)
from tests.assets.conversion.odd_values import (
    DOUBTFUL_EXTS,
    NOT_STRICT,
    ODD_KEYS,
    ODD_PARAMS,
    ODD_VALUES,
    VALUES_BY_FIELD,
)
from tests.assets.conversion.usual_lines import KINDS_WITHOUT_COMBINE, usual_document

TreeChange = Callable[[Object, Random], None]


def almost_usual_line(random: Random) -> bytes:
    """Return a usual line, mostly with one change."""
    line = tree_of(usual_document(random))
    assert isinstance(line, Object)
    how = random.choice(("as it is", "tree", "tree", "tree", "two in the tree", "bytes", "bytes", "bytes"))
    if how == "tree":
        random.choice(TREE_CHANGES + SPOILING_CHANGES)(line, random)
    elif how == "two in the tree":
        for _ in range(2):
            random.choice(TREE_CHANGES)(line, random)
    tree: Value = shuffled(line, random) if random.random() < 0.2 else line
    encoded = encoded_line(tree, random.choice(STYLES))
    return random.choice((*BYTES_CHANGES, set_beside_another))(encoded, random) if how == "bytes" else encoded


def usual_line(random: Random) -> bytes:
    """Return a line of the most usual forms, without any change."""
    document = usual_document(random, random.choice(KINDS_WITHOUT_COMBINE))
    document["payload"].pop("meta", None)
    return encoded_line(tree_of(document), STYLES[0])


def slightly_odd_line(random: Random) -> bytes:
    """Return a line that a reader may well take for a usual one."""
    line = tree_of(usual_document(random, random.choice(KINDS_WITHOUT_COMBINE), optional=0.3))
    assert isinstance(line, Object)
    random.choice((double_member, escape_key, put_doubtful_ext))(line, random)
    return encoded_line(line, STYLES[0])


def broken_and_joined_lines(random: Random) -> bytes:
    """Return lines of which one is broken in two and two are joined: as many lines as messages, but not the same."""
    documents = [usual_document(random, random.choice(("txt", "cmd", "custom")), optional=0.0) for _ in range(4)]
    broken, *others = (encoded_line(tree_of(document), STYLES[0]) for document in documents)
    before = random.choice((b"{", b"{", b'{[:,"'))
    place = random.choice([place for place, byte in enumerate(broken) if place and byte in before])
    parts = [broken[:place] + b"\n" + broken[place:], others[0] + others[1], others[2]]
    random.shuffle(parts)
    return b"\n".join(parts)


def twin_lines(random: Random) -> bytes:
    """Return one message on two lines that are written differently, at times with another value in one field."""
    line = tree_of(usual_document(random))
    assert isinstance(line, Object)
    if random.random() < 0.5:
        random.choice(TREE_CHANGES)(line, random)
    first = encoded_line(line, STYLES[0])
    if random.random() < 0.5:
        replace_telling_value(line, random)
    return first + b"\n" + encoded_line(shuffled(line, random), random.choice(STYLES[2:]))


def deep_line(random: Random) -> bytes:
    """Return a usual line with nesting around a limit, in `ext` or beside it."""
    document = usual_document(random)
    payload = document["payload"]
    place = random.choice(("ext", "ext", "top", "payload", "body"))
    if place == "ext":
        payload["ext"] = nested(random.choice((240, 250, 260, *range(1015, 1031))), random)
    elif place == "top":
        document["deep"] = nested(random.randrange(246, 254), random)
    elif place == "payload":
        payload["deep"] = nested(random.randrange(245, 253), random)
    else:
        payload["bodies"][0]["deep"] = nested(random.randrange(243, 251), random)
    return encoded_line(tree_of(document), random.choice(STYLES))


def encoded_line(tree: Value, style: Style) -> bytes:
    return written(tree, style).encode("utf-8", "surrogateescape")


def set_beside_another(line: bytes, random: Random) -> bytes:
    between = random.choice((b"", b"", b" ", b"\r", b"\t", b",", b"\x00", b"x", b"\n\n"))
    return line + between + encoded_line(tree_of(usual_document(random)), STYLES[0])


def nested(levels: int, random: Random) -> Raw:
    if random.random() < 0.5:
        return Raw("[" * levels + "]" * levels)
    return Raw('{"a":' * (levels - 1) + "{}" + "}" * (levels - 1))


def some_object(line: Object, random: Random) -> Object:
    objects = [found for found in objects_in(line) if found.members]
    return random.choice(objects) if objects else line


def add_member(line: Object, random: Random) -> None:
    container = random.choice(list(objects_in(line)))
    member = (random.choice(ODD_KEYS), random.choice(ODD_VALUES))
    container.members.insert(random.randrange(len(container.members) + 1), member)


def double_member(line: Object, random: Random) -> None:
    members = some_object(line, random).members
    key, value = random.choice(members)
    key = escaped(key, random) if random.random() < 0.3 and not isinstance(key, Raw) else key
    value = random.choice(ODD_VALUES) if random.random() < 0.5 else value
    members.insert(random.randrange(len(members) + 1), (key, value))


def put_doubtful_ext(line: Object, random: Random) -> None:
    for container in objects_in(line):
        if any(key == "bodies" for key, _ in container.members):
            container.members = [member for member in container.members if member[0] != "ext"]
            container.members.append(("ext", random.choice(DOUBTFUL_EXTS)))


def drop_member(line: Object, random: Random) -> None:
    members = some_object(line, random).members
    del members[random.randrange(len(members))]


def replace_value(line: Object, random: Random) -> None:
    replace_some_value(line, random, random.choice(ODD_VALUES))


def replace_telling_value(line: Object, random: Random) -> None:
    """Replace a field's value by one of those made for it, if there is such a field; custom extras both at once."""
    places = [
        (container.members, place)
        for container in objects_in(line)
        for place, (key, _) in enumerate(container.members)
        if key in VALUES_BY_FIELD or key == "customExts"
    ]
    if not places:
        return
    # The later half: what is inside the body rather than around it.
    members, place = random.choice(places if random.random() < 0.5 else places[len(places) // 2 :])
    key = members[place][0]
    if key == "customExts":
        legacy, newer = random.choice(ODD_PARAMS)
        members[:] = [member for member in members if member[0] not in (key, "v2:customExts")]
        members += [(key, legacy), ("v2:customExts", newer)]
    else:
        members[place] = (key, random.choice(VALUES_BY_FIELD[key]))


def replace_with_null(line: Object, random: Random) -> None:
    replace_some_value(line, random, Raw("null"))


def spoil_value(line: Object, random: Random) -> None:
    replace_some_value(line, random, Raw(random.choice(NOT_STRICT)))


def wrap_value(line: Object, random: Random) -> None:
    members = some_object(line, random).members
    place = random.randrange(len(members))
    key, value = members[place]
    members[place] = (key, random.choice(([value], [value, value], Object([("a", value)]), Raw(json_in_a_text(value)))))


def json_in_a_text(value: Value) -> str:
    return written(written(value))


def replace_some_value(line: Object, random: Random, value: Value) -> None:
    members = some_object(line, random).members
    place = random.randrange(len(members))
    members[place] = (members[place][0], value)


def escape_key(line: Object, random: Random) -> None:
    members = some_object(line, random).members
    place = random.randrange(len(members))
    key, value = members[place]
    if not isinstance(key, Raw):
        members[place] = (escaped(key, random), value)


def rename_key(line: Object, random: Random) -> None:
    members = some_object(line, random).members
    place = random.randrange(len(members))
    members[place] = (random.choice(ODD_KEYS), members[place][1])


def spoil_ext(line: Object, random: Random) -> None:
    for container in objects_in(line):
        if any(key == "bodies" for key, _ in container.members):
            container.members = [member for member in container.members if member[0] != "ext"]
            container.members.append(("ext", Raw(random.choice(NOT_STRICT))))


def add_body(line: Object, random: Random) -> None:
    for container in objects_in(line):
        for _, value in container.members:
            if isinstance(value, list):
                value.insert(random.randrange(len(value) + 1), random.choice(ODD_VALUES))


TREE_CHANGES: Final[tuple[TreeChange, ...]] = (
    add_member,
    double_member,
    drop_member,
    replace_value,
    replace_telling_value,
    replace_telling_value,
    replace_telling_value,
    replace_with_null,
    wrap_value,
    escape_key,
    rename_key,
    add_body,
)

SPOILING_CHANGES: Final[tuple[TreeChange, ...]] = (spoil_value, spoil_ext, spoil_ext)
"""Changes after which the line is mostly no message. Never two of them: one line, one fault, one reason."""
