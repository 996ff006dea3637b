"""Lines with one change, for every field there is: where chance would seldom meet the one that matters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

from tests.assets.conversion.almost_usual import encoded_line
from tests.assets.conversion.line_tree import STYLES, Object, Raw, objects_in, tree_of
from tests.assets.conversion.odd_values import (
    NOT_STRICT,
    ODD_PARAMS,
    ODD_VALUES,
    TEXTS_WITH_ESCAPED_COLONS,
    VALUES_BY_FIELD,
)
from tests.assets.conversion.usual_lines import usual_document


def lines_with_each_value(kind: str) -> Iterator[bytes]:
    """Yield a line for each field of a message with all fields, and each value there is for that field."""
    random = Random(kind)
    line = tree_of(usual_document(random, kind, optional=1.0))
    for container in list(objects_in(line)):
        usual_members = container.members
        for place, (key, _) in enumerate(usual_members):
            before, after = usual_members[:place], usual_members[place + 1 :]
            for value in (*VALUES_BY_FIELD.get(key, ()), *ODD_VALUES, *map(Raw, NOT_STRICT)):
                container.members = [*before, (key, value), *after]
                yield encoded_line(line, STYLES[0])
        container.members = usual_members


def lines_with_each_pair_of_params() -> Iterator[bytes]:
    """Yield a custom message for each pair of custom extras."""
    document = usual_document(Random(0), "custom")
    for legacy, newer in ODD_PARAMS:
        document["payload"]["bodies"][0] |= {"customExts": legacy, "v2:customExts": newer}
        yield encoded_line(tree_of(document), STYLES[0])


def lines_with_each_key_twice(kind: str) -> Iterator[bytes]:
    """Yield a line for each key of a message, with that key twice; and the same with an escaped colon in each text.

    A reader that counts colons to find keys that stand twice must not be misled by one that is written as an escape.
    """
    line = tree_of(plain_document(kind))
    assert isinstance(line, Object)
    for container in list(objects_in(line)):
        usual_members = container.members
        for member in usual_members:
            container.members = [*usual_members, member]
            yield encoded_line(line, STYLES[0])
            yield from lines_with_each_text_changed(line)
        container.members = usual_members


def lines_with_each_text_changed(line: Object) -> Iterator[bytes]:
    for container in list(objects_in(line)):
        usual_members = container.members
        for place, (key, value) in enumerate(usual_members):
            if isinstance(value, Raw) or not isinstance(value, str):
                continue
            for text in TEXTS_WITH_ESCAPED_COLONS:
                container.members = [*usual_members[:place], (key, text), *usual_members[place + 1 :]]
                yield encoded_line(line, STYLES[0])
        container.members = usual_members


def plain_document(kind: str) -> dict[str, Any]:
    """Return a message without optional fields, and with no secret in it."""
    documents = (usual_document(Random(seed), kind, optional=0.0) for seed in count())
    return next(document for document in documents if "secre" not in str(document).lower())
