"""What the columns hold of each kind of body of the usual form, a text aside. The kinds are `common_line.py`'s."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from msgspec import UNSET

from assets.conversion.common_line import (
    AudioBody,
    CommandBody,
    CustomBody,
    FileBody,
    ImageBody,
    LocationBody,
    VideoBody,
)

_Values = dict[str, list[Any]]


def _attachment(bodies: Sequence[Any]) -> _Values:
    return {
        "file_name": [body.filename for body in bodies],
        "file_url": [body.url for body in bodies],
        "file_size": [body.file_length for body in bodies],
    }


def _picture(bodies: Sequence[Any]) -> _Values:
    sizes = [body.size for body in bodies]
    return {
        "thumbnail_url": [None if body.thumb is UNSET else body.thumb for body in bodies],
        "width": [None if size is UNSET else size.width for size in sizes],
        "height": [None if size is UNSET else size.height for size in sizes],
    }


def _duration(bodies: Sequence[Any]) -> _Values:
    return {"duration": [body.length for body in bodies]}


def _location(bodies: Sequence[Any]) -> _Values:
    return {
        "latitude": [body.lat for body in bodies],
        "longitude": [body.lng for body in bodies],
        "address": [body.addr for body in bodies],
    }


def _custom(bodies: Sequence[Any]) -> _Values:
    return {
        "custom_event": [body.custom_event for body in bodies],
        "custom_params": [orjson.dumps(body.params).decode() for body in bodies],
    }


VALUES_OF_BODIES: Final[dict[type, Callable[[Sequence[Any]], _Values]]] = {
    ImageBody: lambda bodies: _attachment(bodies) | _picture(bodies),
    AudioBody: lambda bodies: _attachment(bodies) | _duration(bodies),
    VideoBody: lambda bodies: _attachment(bodies) | _picture(bodies) | _duration(bodies),
    FileBody: _attachment,
    LocationBody: _location,
    CommandBody: lambda bodies: {"action": [body.action for body in bodies]},
    CustomBody: _custom,
}
"""What the columns hold of each kind of body; a text is in the envelope."""
