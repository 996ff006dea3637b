"""A signed URL: a credential for one file, for a short while. It can be used, but not shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx

from resources.chat_platform.errors import DownloadForbidden

_REMEDY = "If the platform has moved its files, add the new host to download_hosts in the settings."
_DEFAULT_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*|[0-9a-f:]+", re.ASCII)


class SignedUrl:
    """Where the platform says an hour's file lies. `str` and `repr` show the host only."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def reveal(self) -> str:
        """Return the URL itself, to be given to the HTTP client and nothing else."""
        return self._url

    @property
    def host(self) -> str:
        """The host it points to, in lower case; "?" when it points nowhere, or to no plain host name or address."""
        try:
            host = urlsplit(self._url).hostname or ""
        except ValueError:
            return "?"
        return host if _HOST.fullmatch(host) else "?"

    @property
    def expires_at(self) -> datetime | None:
        """When the signature ends: `Expires` in the query, in Unix seconds (Aliyun OSS), or None."""
        try:
            seconds = int(parse_qs(urlsplit(self._url).query)["Expires"][0])
            return datetime.fromtimestamp(seconds, UTC)
        except (KeyError, ValueError, OverflowError, OSError):
            return None

    def check(self, allowed_hosts: tuple[str, ...], *, allow_http: bool) -> None:
        """Refuse a URL that points anywhere but where this app's files lie.

        Args:
            allowed_hosts: Host names; `*.example.com` stands for every name below example.com.
            allow_http: Plain http and any port are acceptable: a simulated platform on loopback.

        Raises:
            DownloadForbidden: Scheme, host, port or form are not allowed. No connection has been made.
        """
        try:
            parts = urlsplit(self._url)
            port = parts.port
            asked = httpx.URL(self._url)  # the HTTP client's own reading, which must not lead anywhere else
        except (ValueError, httpx.InvalidURL):
            raise DownloadForbidden("The platform gave a download URL that is malformed.", _REMEDY) from None
        if (asked.scheme, asked.raw_host.decode("ascii"), asked.port or port) != (parts.scheme, self.host, port):
            raise DownloadForbidden("The platform gave a download URL that is malformed.", _REMEDY)
        if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
            raise DownloadForbidden(f"The platform gave a download URL on {self.host} that is not https.", _REMEDY)
        if parts.username is not None or parts.password is not None:
            raise DownloadForbidden(f"The platform gave a download URL on {self.host} with a user in it.", _REMEDY)
        if port not in {None, _DEFAULT_PORTS[parts.scheme]} and not allow_http:
            raise DownloadForbidden(f"The platform gave a download URL on {self.host} with a port.", _REMEDY)
        if not any(_matches(self.host, allowed) for allowed in allowed_hosts):
            raise DownloadForbidden(
                f"The platform gave a download URL on {self.host[:100]!r}, which download_hosts does not allow.",
                _REMEDY,
            )

    def __repr__(self) -> str:
        return f"SignedUrl(host={self.host!r})"


def _matches(host: str, allowed: str) -> bool:
    if allowed.startswith("*."):
        return host.endswith(allowed[1:]) and host != allowed[1:]
    return host == allowed
