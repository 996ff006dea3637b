"""Why a line is not a message. The words only; the rules are in `json_line.py` and `message.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnreadableReason(StrEnum):
    """The reason a quarantined line is stored with."""

    NOT_JSON = "not_json"
    """Not one strict JSON value: NaN and Infinity are refused too."""

    BAD_UTF8 = "bad_utf8"
    """Not UTF-8."""

    LONE_SURROGATE = "lone_surrogate"
    """Half of a UTF-16 pair, as when a client cuts an emoji in two: no Unicode text can hold it."""

    NUMBER_TOO_LARGE = "number_too_large"
    """A number beyond 1.8e308."""

    NOT_AN_OBJECT = "not_an_object"
    """JSON, but not an object."""

    DUPLICATE_KEYS = "duplicate_keys"
    """One object names a key twice, so a reader would have to drop a value. Inside `payload.ext` it is no matter."""

    TOO_DEEP = "too_deep"
    """Nested deeper outside `payload.ext` than the limit, which is 250 levels at the most, or than 1,024 at all."""

    TOO_LONG = "too_long"
    """Longer than the limit; only the beginning is in the quarantine."""

    NO_MSG_ID = "no_msg_id"
    """No `msg_id`, or none that is a text or an integer."""

    NO_TIMESTAMP = "no_timestamp"
    """No `timestamp`, or none between the years 1970 and 9999 in milliseconds."""

    SECRET_IN_TEXT = "secret_in_text"  # noqa: S105 - a reason, not a secret
    """A text, in place of a payload or body or inside one, with an attachment secret that cannot be cut out of it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is not a message."""

    reason: UnreadableReason
