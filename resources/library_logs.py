"""What libraries would write into logs and must not: URLs with signatures, headers with tokens, alert URLs.

A filter holds where somebody's logging configuration sets the level anew, and where Dagster captures a root logger at
DEBUG. It has to hang on each logger by name, since a parent's filter does not see what its children log. Not here: what
this program itself says; it never has a secret in its words.
"""

from __future__ import annotations

import logging
from typing import Final

_TELLS_REQUESTS: Final = (
    # Full URLs at INFO, headers at DEBUG.
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    # Signed headers with the key id and the session's token; answers of S3, whose errors quote both.
    "botocore.auth",
    "botocore.endpoint",
    "botocore.handlers",
    "botocore.parsers",
    "botocore.utils",
)
_TELLS_ALERT_URLS: Final = (
    "apprise",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.util.retry",
)
"""A URL that cannot be read at ERROR, one that does not answer at WARNING; tokens stand in their paths."""


def keep_secrets_out_of_logs() -> None:
    """Let those loggers tell warnings only, or nothing. May be called any number of times."""
    for name in _TELLS_REQUESTS:
        logging.getLogger(name).addFilter(_is_a_warning)
    for name in _TELLS_ALERT_URLS:
        logging.getLogger(name).addFilter(_is_fatal)


def _is_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _is_fatal(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.CRITICAL
