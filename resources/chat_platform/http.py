"""The two HTTP clients and what both must do: bounded bodies, no URL in a log, no credentials where they do not belong.

Not here: what is asked (`client.py`, `token_request.py`, `download.py`).
"""

from __future__ import annotations

import ssl
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import orjson

from resources.chat_platform.addresses import is_loopback, is_public
from resources.chat_platform.checked_transport import CheckedTransport
from resources.chat_platform.deadline import OutOfTime, bounded, within
from resources.chat_platform.errors import PlatformError, TemporaryFailure, UnexpectedAnswer, WrongConfiguration
from resources.clock import Clock
from resources.library_logs import keep_secrets_out_of_logs
from resources.settings import AppSettings

_LARGEST_ANSWER = 4 * 1024 * 1024
_LONGEST_ANSWER_SECONDS = 120.0
_TIMEOUT = httpx.Timeout(connect=10, read=60, write=30, pool=10)
_EARLIEST_PLAUSIBLE = datetime(2001, 9, 9, tzinfo=UTC)  # earlier, a number counted seconds instead of milliseconds
_LATEST_PLAUSIBLE = datetime(2286, 11, 20, tzinfo=UTC)


keep_secrets_out_of_logs()


def _certificates() -> ssl.SSLContext:
    """Return which certificates are trusted: those of the environment, as SSL_CERT_FILE and SSL_CERT_DIR name them.

    Raises:
        WrongConfiguration: They cannot be read.
    """
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise WrongConfiguration(
            f"The trusted certificates cannot be read: {type(error).__name__}.",
            "Correct the variables SSL_CERT_FILE and SSL_CERT_DIR, or remove them.",
        ) from None


def api_client(app: AppSettings) -> httpx.Client:
    """Return a client for the platform's REST API. It follows no redirect, and keeps no token and no cookie.

    Where it connects to is not checked: `rest_url` is this company's own word, and may lie in its own network.
    """
    client = httpx.Client(
        base_url=f"{app.rest_url}/{app.org}/{app.app}/",
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        cookies=_no_cookies(),
        verify=_certificates(),
        timeout=_TIMEOUT,
        follow_redirects=False,
        trust_env=not app.allow_http,  # loopback is not reached through a proxy
    )
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - it found its proxies itself
        if isinstance(transport, httpx.HTTPTransport):
            bounded(transport)
    return client


def download_client(app: AppSettings) -> httpx.Client:
    """Return a client for the storage behind signed URLs: no credentials, no cookies, no redirect, no decoding.

    URLs are the platform's word, so it connects to public addresses only; for a simulated platform to loopback only.
    """
    return httpx.Client(
        transport=CheckedTransport(
            is_loopback if app.allow_http else is_public, tls=_certificates(), through_proxy=not app.allow_http
        ),
        headers={"Accept": "*/*", "Accept-Encoding": "identity"},
        cookies=_no_cookies(),
        timeout=_TIMEOUT,
        follow_redirects=False,
    )


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the platform answered. Its `repr` leaves the body out, which may hold a token or a signed URL.

    Attributes:
        status: The HTTP status.
        body: The JSON object of the body, or None when it is none (a gateway's HTML page, for example).
        platform_time: The platform's own clock: `timestamp` in the body, else the `Date` header, else None.
        retry_after: The raw `Retry-After` header, or None.
    """

    status: int
    body: dict[str, Any] | None = field(repr=False)
    platform_time: datetime | None
    retry_after: str | None

    @property
    def error(self) -> str | None:
        """The body's `error` code."""
        return self._text("error")

    @property
    def description(self) -> str | None:
        """The body's `error_description`. It may hold anything: recognise it, never show it."""
        return self._text("error_description")

    def _text(self, key: str) -> str | None:
        value = self.body.get(key) if self.body else None
        return value if isinstance(value, str) else None


def call(client: httpx.Client, request: httpx.Request, name: str, clock: Clock) -> ApiAnswer:
    """Send a request to the API and return its answer, whatever its status.

    Args:
        client: From `api_client`.
        request: What to send.
        name: How an error calls the request; holds no secret.
        clock: Bounds the whole exchange.

    Raises:
        TemporaryFailure: No whole answer came, in time.
        UnexpectedAnswer: The answer is larger than any the platform gives.
        WrongConfiguration: The server's certificate is not to be trusted, or its address is none.
    """
    content = bytearray()
    try:
        with within(_LONGEST_ANSWER_SECONDS, clock), closing(client.send(request, stream=True)) as response:
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > _LARGEST_ANSWER:
                    raise UnexpectedAnswer(
                        f"{name} was answered with more than {_LARGEST_ANSWER // 2**20} MiB.",
                        "Check that rest_url is the platform's REST API host.",
                    )
    except OutOfTime:
        raise TemporaryFailure(f"{name} was answered too slowly.", "It is asked again later.") from None
    except httpx.HTTPError as error:
        raise transport_error(error, name) from None
    except (httpx.InvalidURL, UnicodeError, OverflowError):  # the last two come from looking the host up
        raise WrongConfiguration(
            f"{name} was not sent: rest_url is no address.", "Correct it in the settings."
        ) from None
    body = _json_object(bytes(content))
    return ApiAnswer(
        status=response.status_code,
        body=body,
        platform_time=_time_in(body) or _plausible(http_date(response.headers.get("date"))),
        retry_after=response.headers.get("retry-after"),
    )


def transport_error(error: httpx.HTTPError, name: str) -> PlatformError:
    """Say what went wrong below HTTP. httpx's own text is not used: it may hold the URL."""
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error).upper():
        return WrongConfiguration(
            f"{name} was not sent: the server's TLS certificate is not to be trusted.",
            "Check the host name in the settings, and this machine's clock and certificates.",
        )
    return TemporaryFailure(
        f"{name} failed: {type(error).__name__}.",
        "It is asked again later; if it stays, check the network and rest_url.",
    )


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _time_in(body: dict[str, Any] | None) -> datetime | None:
    milliseconds = body.get("timestamp") if body else None
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return _plausible(datetime.fromtimestamp(milliseconds / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _plausible(moment: datetime | None) -> datetime | None:
    return moment if moment is not None and _EARLIEST_PLAUSIBLE <= moment <= _LATEST_PLAUSIBLE else None


def http_date(header: str | None) -> datetime | None:
    """Read a date as HTTP headers write it; None when there is none or it is garbage. Without a zone it is UTC."""
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
