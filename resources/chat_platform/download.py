"""Fetching one file from its signed URL into a local file, bounded in bytes and time, by a client without credentials.

Not here: asking for the URL (`client.py`), and what the bytes hold (`assets/conversion`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from resources.chat_platform.deadline import OutOfTime, within
from resources.chat_platform.error_catalogue import look_up
from resources.chat_platform.errors import (
    DownloadFailed,
    DownloadInterrupted,
    DownloadTooLarge,
    DownloadUrlExpired,
    ErrorKind,
    WrongConfiguration,
)
from resources.chat_platform.http import transport_error
from resources.chat_platform.signed_url import SignedUrl
from resources.clock import Clock
from resources.digests import Digester, Digests

LONGEST_DOWNLOAD_SECONDS = 1500.0
"""A signed URL is good for 30 minutes; a download that takes longer than 25 is given up and begun anew."""

_OK = 200
_UNSIGNED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file that arrived whole.

    Attributes:
        path: Where it lies.
        digests: Of the bytes as they arrived.
    """

    path: Path
    digests: Digests


def download(
    client: httpx.Client,
    url: SignedUrl,
    path: Path,
    *,
    name: str,
    max_bytes: int,
    clock: Clock,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Digests:
    """Fetch a file once and return the digests of its bytes, computed while they come.

    The bytes are kept as they come: no Content-Encoding is undone, so a gzip file stays one whatever the storage says.

    Args:
        client: From `download_client`: no credentials, no redirects.
        url: Already checked against the allowed hosts; which addresses are good is the client's business.
        path: Where to; what is there is replaced. After an error it holds a part, which the caller throws away.
        name: How an error calls the file; holds no URL.
        max_bytes: More is refused.
        clock: Bounds the whole download.
        on_bytes: Called with the length of each piece, for progress.

    Raises:
        DownloadUrlExpired: The storage refuses the signature.
        DownloadInterrupted: Cut, stalled, too slow, or not of the announced length; or 5xx. Worth another try.
        DownloadTooLarge: More than `max_bytes`.
        DownloadForbidden: The host leads to an address that is not public.
        DownloadFailed: Anything else.
    """
    length, digester = 0, Digester()
    try:
        with (
            within(LONGEST_DOWNLOAD_SECONDS, clock),
            client.stream("GET", url.reveal()) as response,
            path.open("wb") as file,
        ):
            _check_status(response, url, name, clock)
            announced = _announced_length(response)
            if announced is not None and announced > max_bytes:
                raise _too_large(name, max_bytes)
            for chunk in response.iter_raw():  # as they come: gathering them first would hide a slow server
                length += len(chunk)
                if length > max_bytes:
                    raise _too_large(name, max_bytes)
                file.write(chunk)
                digester.update(chunk)
                on_bytes(len(chunk))
    except OutOfTime:
        raise DownloadInterrupted(f"{name} came too slowly.", "It is fetched again.") from None
    except httpx.HTTPError as error:
        failure = transport_error(error, name)
        if isinstance(failure, WrongConfiguration):
            raise DownloadFailed(failure.what_happened, failure.remedy) from None
        raise DownloadInterrupted(failure.what_happened, "It is fetched again.") from None
    except (httpx.InvalidURL, UnicodeError, OverflowError):  # the last two come from looking the host up
        raise DownloadFailed(f"{name} has a malformed URL.", "Report it to the platform.") from None
    if announced is not None and announced != length:
        raise DownloadInterrupted(
            f"{name} ended after {length:,} of {announced:,} bytes.",
            "It is fetched again.",
        )
    return digester.digests()


def _check_status(response: httpx.Response, url: SignedUrl, name: str, clock: Clock) -> None:
    status = response.status_code
    if status == _OK:
        return
    if status in _UNSIGNED:
        expires_at = url.expires_at
        known = expires_at is not None and clock.now() >= expires_at
        why = "its signature has ended" if known else "its signature is not accepted"
        raise DownloadUrlExpired(
            f"{name} was refused with status {status}: {why}.",
            "A new URL is asked for; if it stays, check this machine's clock and tell the platform's support.",
        )
    if look_up(status, None, None).kind in {ErrorKind.RETRY, ErrorKind.WAIT_FOR_RATE_WINDOW}:
        raise DownloadInterrupted(f"{name} was answered with status {status}.", "It is fetched again.")
    if response.is_redirect:
        raise DownloadFailed(
            f"{name} was answered with a redirect, which is not followed.",
            "Ask the platform's support why signed URLs redirect.",
        )
    raise DownloadFailed(
        f"{name} was answered with status {status}.",
        "It is looked at again later; if it stays, tell the platform's support.",
    )


def _announced_length(response: httpx.Response) -> int | None:
    header = response.headers.get("content-length", "")
    return int(header) if header.isascii() and header.isdigit() else None


def _too_large(name: str, max_bytes: int) -> DownloadTooLarge:
    return DownloadTooLarge(
        f"{name} is larger than {max_bytes:,} bytes.",
        "If the app really is that busy, raise max_download_bytes in the settings.",
    )
