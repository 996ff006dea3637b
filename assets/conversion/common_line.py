"""The usual form of a line, declared for msgspec: what nearly every line looks like, and nothing else.

A line of this form is held by the columns whole: nothing of it is left for `extra`. Any other line, however slightly it
differs, is refused here and read by `message.py`, which knows every form; so a form that is missing here costs time
and never a field. Forms are those of the platform's message documentation (history and webhook pages, 2021 to 2026).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType, field
from msgspec.json import Decoder

from assets.conversion.schema import LAST_TIMESTAMP_MS

_Int32 = Annotated[int, Meta(ge=-(1 << 31), le=(1 << 31) - 1)]
_Int64 = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_MaybeText: TypeAlias = str | UnsetType


class _Strict(Struct, forbid_unknown_fields=True, gc=False):
    """No field that is not declared, no null, no other type. It has no cycles for the garbage collector to find."""


class Size(_Strict):
    """Pixels."""

    height: _Int32
    width: _Int32


class _Body(_Strict, tag_field="type"):
    """One element of `payload.bodies`."""


class TextBody(_Body, tag="txt"):
    """A text."""

    msg: str


class _Attachment(_Body, kw_only=True):
    """What a body with a file has. Secrets are read to be left out."""

    file_length: _Int64
    filename: str
    url: str
    secret: _MaybeText = UNSET


class ImageBody(_Attachment, tag="img", kw_only=True):
    """An image."""

    size: Size | UnsetType = UNSET
    thumb: _MaybeText = UNSET
    thumb_secret: _MaybeText = UNSET


class AudioBody(_Attachment, tag="audio", kw_only=True):
    """A voice message; `length` in seconds."""

    length: _Int32


class VideoBody(_Attachment, tag="video", kw_only=True):
    """A video; `length` in seconds, `size` and `thumb` of its thumbnail."""

    length: _Int32
    size: Size | UnsetType = UNSET
    thumb: _MaybeText = UNSET
    thumb_secret: _MaybeText = UNSET


class FileBody(_Attachment, tag="file", kw_only=True):
    """Any other file."""


class LocationBody(_Body, tag="loc"):
    """A place, in degrees."""

    addr: str
    lat: float
    lng: float


class CommandBody(_Body, tag="cmd"):
    """A command to the other side's app."""

    action: str


class CustomBody(_Body, tag="custom"):
    """A custom message, its parameters in the newer form and the older one at once, as recent SDKs send it."""

    custom_event: str = field(name="customEvent")
    legacy_params: list[dict[str, str]] = field(name="customExts")
    params: dict[str, str] = field(name="v2:customExts")


Body: TypeAlias = TextBody | ImageBody | AudioBody | VideoBody | FileBody | LocationBody | CommandBody | CustomBody

BODY_KINDS: Final = (TextBody, ImageBody, AudioBody, VideoBody, FileBody, LocationBody, CommandBody, CustomBody)
"""All of them, in one order."""


class Payload(_Strict, kw_only=True):
    """What was said: exactly one body."""

    bodies: tuple[Body]
    ext: Raw | UnsetType = UNSET
    sender: str = field(name="from")
    recipient: str = field(name="to")


class CommonLine(_Strict, kw_only=True):
    """One line."""

    chat_type: Literal["chat", "groupchat", "chatroom"]
    direction: Literal["outgoing", "incoming"]
    outer_sender: str = field(name="from")
    msg_id: Annotated[str, Meta(min_length=1)]
    payload: Payload
    timestamp: Annotated[int, Meta(ge=0, le=LAST_TIMESTAMP_MS)]
    outer_recipient: str = field(name="to")


COMMON_LINE: Final = Decoder(CommonLine)
"""Reads one line, or several with line feeds between them; raises for anything that is not of the usual form."""

REFUSALS: Final = (MsgspecError, UnicodeDecodeError, RecursionError)
"""What it raises then."""
