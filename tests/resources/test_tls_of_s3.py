"""Case 47, towards S3: boto3 and DuckDB prove who answers, unless somebody has vouched for it openly."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from resources.archive.errors import ArchiveUnreachable
from resources.archive.objects import ArchiveBucket
from resources.duckdb_settings import duckdb_over_s3
from resources.hours.hour import Hour
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.resources.chat_platform.tls_server import tls_server
from tests.world import NOW

QUESTION = "SELECT content FROM read_text('s3://bucket/history/x')"


def settings_for(port: int) -> ArchiveSettings:
    return ArchiveSettings(
        root="s3://bucket/history",
        endpoint_url=f"https://127.0.0.1:{port}",
        region="us-east-1",
        first_hour=Hour.from_key("2026110100"),
    )


def test_case_47_boto3_refuses_a_certificate_that_nobody_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore's own pauses
    with tls_server(tmp_path) as server:
        with pytest.raises(ArchiveUnreachable, match=r"certificate is not to be trusted.*AWS_CA_BUNDLE"):
            ArchiveBucket(settings_for(server.port), FakeClock(NOW)).read("x")
        assert server.requests == []


@pytest.mark.parametrize("client", ["default", "curl", "httplib"])
def test_case_47_duckdb_refuses_it_with_either_of_its_http_clients(tmp_path: Path, client: str) -> None:
    with tls_server(tmp_path) as server:
        with duckdb_over_s3(settings_for(server.port)) as connection:
            connection.execute(f"SET httpfs_client_implementation = '{client}'")
            with pytest.raises(duckdb.Error, match="SSL"):
                connection.execute(QUESTION)
        assert server.requests == []


def test_case_47_an_authority_of_ones_own_is_named_once_for_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_server(tmp_path) as server:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(server.certificate))
        stored = ArchiveBucket(settings_for(server.port), FakeClock(NOW)).read("x")
        assert stored is not None
        assert stored[0] == b"{}"
        with duckdb_over_s3(settings_for(server.port)) as connection:
            assert connection.execute(QUESTION).fetchall() == [("{}",)]
