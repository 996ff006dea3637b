"""The archive that the page is tested with, made once, and a DuckDB with the views of `chat-archive sql` over it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.query.views import define_views
from resources.duckdb_settings import open_duckdb
from tests.docs.archive import LocalArchive, build_archive


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> LocalArchive:
    return build_archive(tmp_path_factory.mktemp("history"))


@pytest.fixture
def views(archive: LocalArchive) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_duckdb() as connection:
        define_views(connection, coverage=str(archive.coverage), quarantine=archive.quarantine)
        yield connection
