"""The stories of the daemon, each told once on each kind of database that its tests name and this machine has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

import pytest

from tests.daemon.power_cut import PowerCut, cut_the_power
from tests.daemon.production import SHIPPED, Place
from tests.daemon.story import Story, tell
from tests.left_out import leave_out
from tests.servers.postgres import missing_programs, postgres_server


def missing_for_postgres() -> str:
    """Name what Dagster on PostgreSQL needs and this machine lacks; empty if it lacks nothing."""
    if find_spec("dagster_postgres") is None:
        return "dagster-postgres"
    return "postgresql" if missing_programs() else ""


@pytest.fixture(scope="module", params=sorted(SHIPPED))
def database(request: pytest.FixtureRequest) -> str:
    """Name a kind of database, or skip it with what is missing."""
    name: str = request.param
    if name == "PostgreSQL" and (missing := missing_for_postgres()):
        leave_out(missing)
    return name


@pytest.fixture(scope="module")
def place(database: str, s3_endpoint: str, s3_client: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return where a story is told: that database, which is empty, an empty bucket, an empty folder."""
    bucket_name = f"test-{uuid4().hex}"
    s3_client.create_bucket(Bucket=bucket_name)
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if database == "PostgreSQL" else None
        variables = server.environment if server else {}
        yield Place(database, variables, s3_endpoint, bucket_name, tmp_path_factory.mktemp(database))


@pytest.fixture(scope="module")
def story(place: Place) -> Story:
    """Tell what the daemon does on an ordinary day."""
    return tell(place)


@pytest.fixture(scope="module")
def power_cut(place: Place) -> PowerCut:
    """Tell what it does with what a power cut has left behind."""
    return cut_the_power(place)
