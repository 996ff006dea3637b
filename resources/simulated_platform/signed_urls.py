"""Signed URLs of the storage that holds the hours' files: how they are made and how they are checked.

The form is that of Aliyun OSS, version 1, as every public sample shows it. What lies behind a URL is `hour_files.py`.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from urllib.parse import urlencode

URL_LIFETIME = timedelta(minutes=30)
"""How long a URL is good, as the documentation of 2021 says and three samples confirm."""

_KEY_ID = "simulated-key-id"
_KEY_SECRET = b"simulated-key-secret"


class Signature(Enum):
    """What the storage thinks of a URL."""

    VALID = auto()
    EXPIRED = auto()
    WRONG = auto()


def signed_query(path: str, now: datetime) -> str:
    """Return the query that opens the path for the next 30 minutes, without `?`."""
    expires = str(int(now.timestamp()) + int(URL_LIFETIME.total_seconds()))
    return urlencode({"Expires": expires, "OSSAccessKeyId": _KEY_ID, "Signature": _signature(path, expires)})


def check(path: str, query: Mapping[str, str], now: datetime) -> Signature:
    """Tell whether a path may be read with this query now."""
    expires = query.get("Expires", "")
    expected = _signature(path, expires).encode()
    is_ours = hmac.compare_digest(query.get("Signature", "").encode(), expected)
    if not is_ours or query.get("OSSAccessKeyId") != _KEY_ID:
        return Signature.WRONG
    return Signature.VALID if now.timestamp() <= int(expires) else Signature.EXPIRED


def _signature(path: str, expires: str) -> str:
    signed = f"GET\n\n\n{expires}\n/simulated-bucket{path}"
    return base64.b64encode(hmac.digest(_KEY_SECRET, signed.encode(), "sha1")).decode()
