"""The views hold everything once, read from days where there are days, and know their columns also when empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import duckdb
import pytest

from assets.conversion.schema import MESSAGES_SCHEMA
from assets.coverage.publish_coverage import publish_coverage
from pipelines.query.views import VIEWS, NoCoverage, connect
from resources.archive.errors import ArchiveRefused
from resources.duckdb_settings import NoCredentials
from tests.pipelines.query.archives import small_archive
from tests.world import World


@pytest.fixture
def connection(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    small_archive(world)
    with closing(connect(world.runtime)) as connection:
        yield connection


def test_messages_are_there_once_from_days_and_hours(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute("SELECT app, date::VARCHAR, hour, msg_id FROM messages ORDER BY msg_id").fetchall()
    assert rows == [
        ("acme__support", "2026-11-20", 7, "1"),
        ("acme__support", "2026-11-20", 7, "2"),
        ("acme__support", "2026-11-20", 7, "3"),
        ("acme__support", "2026-11-20", 8, "4"),
        ("acme__support", "2026-11-21", 1, "5"),
    ]


def test_messages_have_all_columns_in_their_order(connection: duckdb.DuckDBPyConnection) -> None:
    names = [name for name, *_ in connection.execute("DESCRIBE messages").fetchall()]
    assert names == ["app", "date", "hour", *MESSAGES_SCHEMA.names]


def test_coverage_joins_messages(connection: duckdb.DuckDBPyConnection) -> None:
    counts = connection.execute(
        "SELECT c.hour, c.rows, count(m.msg_id) FROM coverage c LEFT JOIN messages m USING (app, date, hour) "
        "WHERE c.rows > 0 GROUP BY ALL ORDER BY 1"
    ).fetchall()
    assert counts == [(1, 1, 1), (7, 3, 3), (8, 1, 1)]


def test_quarantined_lines_can_be_asked_for(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute("SELECT app, date::VARCHAR, hour, reason, line FROM quarantine").fetchall()
    assert rows == [("acme__support", "2026-11-20", 7, "not_json", b"no message")]


def test_a_filter_on_the_date_keeps_other_days_from_being_opened(connection: duckdb.DuckDBPyConnection) -> None:
    plan = connection.execute("EXPLAIN ANALYZE SELECT text FROM messages WHERE date = '2026-11-21'").fetchall()[0][1]
    assert "Scanning Files: 1/1" in plan or "Total Files Read: 1" in plan


def test_an_archive_without_messages_has_empty_views_with_all_columns(world: World) -> None:
    publish_coverage(world.runtime)
    with closing(connect(world.runtime)) as connection:
        for view in ("messages", "quarantine"):
            assert connection.execute(f"SELECT count(*) FROM {view}").fetchall() == [(0,)]
        names = [name for name, *_ in connection.execute("DESCRIBE messages").fetchall()]
        assert names == ["app", "date", "hour", *MESSAGES_SCHEMA.names]
        types = dict(row[:2] for row in connection.execute("DESCRIBE messages").fetchall())
        assert types["timestamp"] == "TIMESTAMP WITH TIME ZONE"


def test_an_analyst_who_may_not_list_the_quarantine_has_the_other_views(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_archive(world)
    monkeypatch.setattr(world.runtime.bucket, "keys", _refused)
    with closing(connect(world.runtime)) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchall() == [(5,)]
        with pytest.raises(duckdb.CatalogException, match="quarantine"):
            connection.execute("SELECT count(*) FROM quarantine")


def _refused(*_: object) -> None:
    raise ArchiveRefused("LIST failed: S3 answered 403 AccessDenied.", "Grant this process s3:ListBucket.")


def test_without_a_coverage_table_it_is_said_how_to_get_one(world: World) -> None:
    with pytest.raises(NoCoverage, match="Run chat-archive coverage"):
        connect(world.runtime)


def test_without_credentials_it_is_said_which_to_set(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_coverage(world.runtime)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NoCredentials, match="AWS_ACCESS_KEY_ID"):
        connect(world.runtime)


def test_each_view_is_explained() -> None:
    assert set(VIEWS) == {"messages", "coverage", "quarantine"}
