"""Every test in this folder runs once on each S3 server; the fixtures below stand in for those of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.resources.archive.contract.backends import Backend, Capability, ceph_backend, moto_backend
from tests.servers.ceph import CephServer
from tests.world import AWS_ENVIRONMENT


@pytest.fixture(scope="session", params=["moto", "ceph"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Return an S3 server."""
    if request.param == "moto":
        return moto_backend(request.getfixturevalue("moto_endpoint"))
    return ceph_backend(request.getfixturevalue("ceph"))


@pytest.fixture(scope="session")
def s3_endpoint(backend: Backend) -> str:
    return backend.endpoint


@pytest.fixture(scope="session")
def s3_client(backend: Backend) -> Iterator[Any]:
    """Return a boto3 client for what happens behind the archive's back."""
    client = boto3.client(
        "s3",
        endpoint_url=backend.endpoint,
        region_name="us-east-1",
        aws_access_key_id=AWS_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )
    with closing(client):
        yield client


@pytest.fixture
def operated(backend: Backend) -> CephServer:
    """Return a server that a test may harm, and must mend."""
    backend.needs(Capability.OPERATED)
    assert backend.server is not None
    return backend.server


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 try again at once."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
