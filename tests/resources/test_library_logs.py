"""Libraries may set their loggers to anything: what tells secrets stays silent."""

from __future__ import annotations

import logging

import pytest

from resources.library_logs import keep_secrets_out_of_logs


@pytest.mark.parametrize(
    ("name", "levels_told"),
    [
        ("httpx", {logging.WARNING, logging.CRITICAL}),
        ("httpcore.http11", {logging.WARNING, logging.CRITICAL}),
        ("botocore.auth", {logging.WARNING, logging.CRITICAL}),
        ("botocore.endpoint", {logging.WARNING, logging.CRITICAL}),
        ("botocore.parsers", {logging.WARNING, logging.CRITICAL}),
        ("urllib3.connectionpool", {logging.CRITICAL}),
        ("apprise", {logging.CRITICAL}),
        ("botocore.credentials", {logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL}),
    ],
)
def test_a_logger_set_to_debug_tells_no_more_than_this(
    caplog: pytest.LogCaptureFixture, name: str, levels_told: set[int]
) -> None:
    keep_secrets_out_of_logs()
    with caplog.at_level(logging.DEBUG, logger=name):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL):
            logging.getLogger(name).log(level, "words")
    assert {record.levelno for record in caplog.records} == levels_told
