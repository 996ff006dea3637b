"""What many tests stand on: a clean environment, an S3 server on loopback, and a small world around a runtime."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from botocore.loaders import create_loader

from resources.archive.objects import ArchiveBucket
from resources.hours.hour import Hour
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.in_order import turn_of
from tests.left_out import leave_out, was_left_out
from tests.servers.ceph import CephServer, ceph_server, missing_programs
from tests.servers.moto import moto_server
from tests.servers.s3_client import s3_client_of
from tests.world import AWS_ENVIRONMENT, World, start_world

MakeWorld = Callable[..., World]

_NEEDS_A_SERVER = frozenset({"s3_endpoint", "ceph", "redis_url"})

hypothesis.settings.register_profile("no_stopwatch", deadline=None)
hypothesis.settings.load_profile("no_stopwatch")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `make test-all` says."""
    parser.addoption("--everything", action="store_true", help="a test that this machine cannot run is an error")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test that was left out into a failed one, where everything was asked for."""
    report = yield
    if item.config.getoption("--everything") and was_left_out(report):
        assert isinstance(report.longrepr, tuple)
        report.outcome, report.longrepr = "failed", f"{item.nodeid} was left out. {report.longrepr[2]}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need an S3 or Redis server, and put all into their order."""
    for item in items:
        if _NEEDS_A_SERVER.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)
    items.sort(key=turn_of)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the machine's own settings out of the tests, and the tests out of the machine's folders."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "DAGSTER_", "CHAT_ARCHIVE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in AWS_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("CHAT_ARCHIVE_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(scope="session", autouse=True)
def _botocore_reads_its_models_once() -> Iterator[None]:
    """Each new session would read S3's description again: most of the time of a small test."""
    loader = create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda *_: loader)
        yield


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """Serve S3 on loopback. It is moto's: it takes any credentials, but keeps the conditions of puts."""
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephServer]:
    """Run a real S3 server where this machine has one; its user has the keys of `AWS_ENVIRONMENT`."""
    if missing := missing_programs():
        leave_out(f"Ceph, of which there is no {' and no '.join(missing)}")
    keys = AWS_ENVIRONMENT["AWS_ACCESS_KEY_ID"], AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]
    with ceph_server(tmp_path_factory.mktemp("ceph"), access_key=keys[0], secret_key=keys[1]) as server:
        yield server


@pytest.fixture(scope="session")
def s3_endpoint(moto_endpoint: str) -> str:
    """Return the S3 server that tests use unless they ask for another."""
    return moto_endpoint


@pytest.fixture(scope="session")
def s3_client(s3_endpoint: str) -> Iterator[Any]:
    """Return a boto3 client for what happens behind the archive's back."""
    with s3_client_of(s3_endpoint) as client:
        yield client


@pytest.fixture
def bucket_name(s3_client: Any) -> str:
    """Make a bucket for one test."""
    name = f"test-{uuid4().hex}"
    s3_client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def bucket_settings(s3_endpoint: str, bucket_name: str) -> ArchiveSettings:
    """Return settings of an archive in the test's bucket."""
    return ArchiveSettings(
        root=f"s3://{bucket_name}/history",
        endpoint_url=s3_endpoint,
        region="us-east-1",
        first_hour=Hour(datetime(2026, 11, 1, tzinfo=UTC)),
    )


@pytest.fixture
def bucket(bucket_settings: ArchiveSettings) -> ArchiveBucket:
    """Return the archive's side of the test's bucket."""
    return ArchiveBucket(bucket_settings, FakeClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC)))


@pytest.fixture
def make_world(
    s3_endpoint: str,
    bucket_name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MakeWorld]:
    """Return a function that starts a simulated platform and a runtime that archives it; see `start_world`."""
    # A world speaks plain HTTP, and reading certificates takes longer than most of what its tests do.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
    with ExitStack() as stack:

        def make(**options: object) -> World:
            world = start_world(stack, s3_endpoint, bucket_name, tmp_path, **options)  # type: ignore[arg-type]
            for name, value in world.secrets.items():
                monkeypatch.setenv(name, value)
            return world

        yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Return a world with the one app `acme/support`."""
    return make_world()
