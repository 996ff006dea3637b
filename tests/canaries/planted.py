"""The secrets that are planted, the forms in which one may be found again, and where which of them may stand.

Not here: the sinks (`sinks.py`), and the runs between planting and searching (`runs.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

TOKEN: Final = "YWMtCanaryT0kenOfThePlatform7gGq"
CLIENT_ID: Final = "canary-client-id-Qm81"
CLIENT_SECRET: Final = "canary-client-secret-u4Vd"
APP_ID: Final = "c0ffee5ca1ab1e0c0ffee5ca1ab1e0aa"
APP_CERTIFICATE: Final = "ca9a41e5deadbeefca9a41e5deadbeef"
SIGNATURE: Final = "cAnArYs1gnature/of+the/URL="
OSS_KEY_ID: Final = "LTAIcanaryOSSAccessKeyId"
S3_KEY_ID: Final = "AKIACANARYKEYID93XZ"
S3_SECRET: Final = "canary/S3secret+access/key/zL0pQ"
S3_SESSION_TOKEN: Final = "canaryS3SessionToken//w8Jd=="
ALERT_TOKEN: Final = "canary-alert-token-x7Kp"
ATTACHMENT_SECRET: Final = "canaryAttachmentSecret_NF4Wn"
THUMBNAIL_SECRET: Final = "canaryThumbnailSecret_pL2Ra"
SHARE_SECRET: Final = "canaryShareSecret_8yTzB"
TEXT: Final = "canary words that two people said to each other"
PLATFORMS_WORDS: Final = "canary words of an error that the platform told"
CRASHING_FILE: Final = b"CRASH"
"""How a file begins that crashes whoever takes its bytes; see `at_debug.py`."""

CREDENTIALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token": TOKEN,
        "client id": CLIENT_ID,
        "client secret": CLIENT_SECRET,
        "app id": APP_ID,
        "app certificate": APP_CERTIFICATE,
        "signature of a URL": SIGNATURE,
        "OSSAccessKeyId": OSS_KEY_ID,
        "S3 access key id": S3_KEY_ID,
        "S3 secret access key": S3_SECRET,
        "S3 session token": S3_SESSION_TOKEN,
        "token in an alert URL": ALERT_TOKEN,
        "words of an error": PLATFORMS_WORDS,
    }
)
CONTENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attachment secret": ATTACHMENT_SECRET,
        "thumbnail secret": THUMBNAIL_SECRET,
        "share-secret": SHARE_SECRET,
        "message text": TEXT,
    }
)


class Sink(StrEnum):
    """Where something is written to, or shown."""

    TERMINAL = "stdout and stderr, tracebacks included"
    DAGSTER = "Dagster's databases, compute logs and all else in DAGSTER_HOME"
    STATE = "the folder that processes share, with the token cache"
    HOME = "the home directory"
    TEMPORARY = "the temporary folder, after runs that ended"
    LEFT_BY_A_KILL = "the temporary folder, after kill -9"
    RAW = "raw/ in S3"
    QUARANTINE = "quarantine/ in S3"
    MESSAGES = "messages/ in S3"
    DAILY = "messages_daily/ in S3"
    LEDGER = "ledger/ in S3"
    COVERAGE = "the coverage table and page in S3"
    ALERTS = "what alert services were sent"
    REPRS = "repr and str of settings, runtime, clients and all they hold"


_PEOPLES_WORDS: Final = frozenset({"message text"})
_EVERYTHING_PEOPLE_SENT: Final = frozenset(CONTENT)
ALLOWED: Final[Mapping[Sink, frozenset[str]]] = MappingProxyType(
    {
        Sink.RAW: _EVERYTHING_PEOPLE_SENT,  # the platform's bytes, unchanged
        Sink.QUARANTINE: _EVERYTHING_PEOPLE_SENT,  # lines as they came
        Sink.MESSAGES: _PEOPLES_WORDS,  # what the table is for
        Sink.DAILY: _PEOPLES_WORDS,  # likewise
        Sink.LEFT_BY_A_KILL: _EVERYTHING_PEOPLE_SENT,  # the hour's file, in a folder that only its user can read
    }
)
"""What may be found where, and so has to be; in every other sink nothing may."""


def forms_of(secret: str) -> Iterator[bytes]:
    """Yield the forms in which a secret may be found: as it is, for URLs, in hex, and in base64 at any place of it."""
    plain = secret.encode()
    yield plain
    yield quote(secret).encode()
    yield quote(secret, safe="").encode()
    yield plain.hex().encode()
    for before in range(3):
        # The first and last characters depend on what stands around.
        encoded = base64.b64encode(bytes(before) + plain)
        inner = encoded[4 if before else 0 : -4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def found_in(content: bytes, secrets: Mapping[str, str]) -> set[str]:
    """Return the names of the secrets that stand in some bytes, in any form."""
    return {name for name, secret in secrets.items() if any(form in content for form in forms_of(secret))}
