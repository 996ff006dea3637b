"""DuckDB's errors are told without what S3 repeats of a request, and without what people wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.query.errors import of_a_question, of_the_archive
from resources.duckdb_settings import duckdb_over_s3, open_duckdb
from resources.hours.hour import Hour
from resources.settings import ArchiveSettings

_SECRETS: Final = ("AKIATHEKEYID", "the-session-token", "Signature=")
_WORDS: Final = "what two people said"


@contextmanager
def s3_that_repeats_the_request(status: int) -> Iterator[str]:
    """Serve an S3 that refuses, and quotes the headers of the request in its answer, as some do; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = f"{self.headers['Authorization']} {self.headers['x-amz-security-token']}"
            body = f"<Error><Code>SignatureDoesNotMatch</Code><Message>{headers}</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [400, 403])
def test_of_s3s_answer_only_status_and_code_are_told(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", _SECRETS[0])
    monkeypatch.setenv("AWS_SESSION_TOKEN", _SECRETS[1])
    with s3_that_repeats_the_request(status) as endpoint:
        settings = ArchiveSettings(
            root="s3://bucket/history",
            endpoint_url=endpoint,
            region="us-east-1",
            first_hour=Hour.from_key("2026110100"),
        )
        with duckdb_over_s3(settings) as connection, pytest.raises(duckdb.Error) as caught:
            connection.execute("FROM read_parquet('s3://bucket/history/messages/messages.parquet')")
    assert all(secret in str(caught.value) for secret in _SECRETS)  # DuckDB's own words
    for told in (of_a_question(caught.value), of_the_archive(caught.value)):
        assert not any(secret in told for secret in _SECRETS)
        assert f"(HTTP {status}" in told
        assert "/bucket/history/messages/messages.parquet" in told
        assert "S3's code is SignatureDoesNotMatch. " in told


def test_what_people_wrote_is_told_only_to_whoever_asked_for_it(tmp_path: Path) -> None:
    no_utf_8 = pa.array([b"\xff" + _WORDS.encode()], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": no_utf_8}), tmp_path / "messages.parquet")
    with open_duckdb() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(f"SELECT text FROM '{tmp_path}/messages.parquet'")
    assert _WORDS in of_a_question(caught.value)
    told = of_the_archive(caught.value)
    assert _WORDS not in told
    assert "InvalidInputException" in told
    assert "chat-archive verify" in told


@pytest.mark.parametrize(
    "words", ["Footer length error in file '{}'", 'encoding found in Parquet file "{}": value "x"']
)
def test_the_object_that_cannot_be_read_is_named(words: str) -> None:
    key = "s3://bucket/history/messages/app=a__b/date=2026-11-20/hour=07/messages.parquet"
    assert f" at {key}. " in of_the_archive(duckdb.InvalidInputException(words.format(key)))


def test_what_a_file_system_says_is_told_whole(tmp_path: Path) -> None:
    with open_duckdb() as connection, pytest.raises(duckdb.IOException) as caught:
        connection.execute(f"COPY (SELECT 1) TO '{tmp_path}/absent/x.csv'")
    assert of_the_archive(caught.value) == str(caught.value)
