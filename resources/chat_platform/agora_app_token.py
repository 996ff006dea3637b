"""Agora's AccessToken2 for REST: built from App ID and App Certificate, without a request.

The layout follows Agora's public Python builder (AgoraIO/Tools, `AccessToken2`, `ChatTokenBuilder2`), which is not
published as a package with Chat support; the test vectors were made with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import zlib

VERSION = "007"
_CHAT_SERVICE = 5
_APP_PRIVILEGE = 2
_HEX_32 = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)


def build_app_token(app_id: str, app_certificate: str, *, issued_at: int, valid_for: int, salt: int) -> str:
    """Return a token with app privileges.

    Args:
        app_id: 32 hex digits.
        app_certificate: 32 hex digits.
        issued_at: Unix seconds.
        valid_for: Seconds; the platform accepts at most 24 hours.
        salt: 1 to 99,999,999, different for each token.

    Raises:
        ValueError: App ID or App Certificate are not 32 hex digits (the vendor's builder returns an empty token).
    """
    for name, value in (("App ID", app_id), ("App Certificate", app_certificate)):
        if not _HEX_32.fullmatch(value):
            raise ValueError(f"The {name} is not 32 hex digits. Copy it again from the Agora console.")
    body = (
        _string(app_id.encode())
        + struct.pack("<III", issued_at, valid_for, salt)
        + struct.pack("<H", 1)  # one service
        + struct.pack("<H", _CHAT_SERVICE)
        + struct.pack("<H", 1)  # one privilege
        + struct.pack("<HI", _APP_PRIVILEGE, valid_for)
        + _string(b"")  # no user
    )
    key = _hmac(struct.pack("<I", issued_at), app_certificate.encode())
    key = _hmac(struct.pack("<I", salt), key)
    return VERSION + base64.b64encode(zlib.compress(_string(_hmac(key, body)) + body)).decode()


def _string(content: bytes) -> bytes:
    return struct.pack("<H", len(content)) + content


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
