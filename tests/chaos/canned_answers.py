"""What a fault answers instead of the server: the words of the platform, of its storage, of S3, and of gateways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from resources.simulated_platform.error_bodies import (
    FORBIDDEN,
    RATE_LIMIT,
    TOKEN_EXPIRED,
    gateway_page,
    storage_page,
)
from tests.chaos.fault_kinds import Fault, Place

_RETRY_AFTER: Final = ("2", "30", "86400", "-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT")
_CAPTIVE_PORTAL: Final = b"<html><head><title>Welcome</title></head><body>Please accept our terms of use.</body></html>"
_STATUS: Final[Mapping[Fault, int]] = {
    Fault.TOO_MANY_REQUESTS: 429,
    Fault.TOO_MANY_REQUESTS_WAIT: 429,
    Fault.SERVER_ERROR: 500,
    Fault.BAD_GATEWAY: 502,
    Fault.UNAVAILABLE: 503,
    Fault.UNAVAILABLE_WAIT: 503,
    Fault.GATEWAY_TIMEOUT: 504,
    Fault.UNAUTHORIZED: 401,
    Fault.FORBIDDEN: 403,
    Fault.CLOCK_REFUSED: 403,
    Fault.NOT_FOUND: 404,
    Fault.CONFLICT: 409,
    Fault.HTML_PAGE: 200,
}
_S3_CODES: Final[Mapping[Fault, str]] = {
    Fault.SERVER_ERROR: "InternalError",
    Fault.UNAVAILABLE: "SlowDown",
    Fault.UNAVAILABLE_WAIT: "SlowDown",
    Fault.FORBIDDEN: "AccessDenied",
    Fault.CLOCK_REFUSED: "RequestTimeTooSkewed",
    Fault.CONFLICT: "ConditionalRequestConflict",
}
_API_ERRORS: Final = {
    Fault.TOO_MANY_REQUESTS: RATE_LIMIT,
    Fault.TOO_MANY_REQUESTS_WAIT: RATE_LIMIT,
    Fault.UNAUTHORIZED: TOKEN_EXPIRED,
    Fault.FORBIDDEN: FORBIDDEN,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as a proxy handles it.

    Attributes:
        status: The status code.
        headers: All headers but those about the connection and the body's length, names as they came.
        body: The whole body, not chunked.
        length: What Content-Length says, where that is not the body's length: the answer to a HEAD.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    length: int | None = None


def canned(fault: Fault, place: Place, random: Random, now: datetime) -> Answer | None:
    """Return what a fault answers instead of the server, or None when it is of another kind.

    Args:
        fault: The fault.
        place: Whose words it uses.
        random: Chooses the `Retry-After`.
        now: By the platform's clock; its errors tell the time.
    """
    status = _STATUS.get(fault)
    if status is None:
        return None
    content_type, body = _body(fault, status, place, now)
    headers = [("Content-Type", content_type)]
    if fault in {Fault.TOO_MANY_REQUESTS_WAIT, Fault.UNAVAILABLE_WAIT}:
        headers.append(("Retry-After", random.choice(_RETRY_AFTER)))
    return Answer(status, tuple(headers), body)


def _body(fault: Fault, status: int, place: Place, now: datetime) -> tuple[str, bytes]:
    if fault is Fault.HTML_PAGE:
        return "text/html", _CAPTIVE_PORTAL
    if place is Place.API and fault in _API_ERRORS:
        return "application/json", _API_ERRORS[fault].body(now)
    if place is Place.S3 and fault in _S3_CODES:
        return "application/xml", storage_page(_S3_CODES[fault], "No.")
    if fault is Fault.FORBIDDEN:
        return "application/xml", storage_page("AccessDenied", "Request has expired.")
    return "text/html", gateway_page(status)
