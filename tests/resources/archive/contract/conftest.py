"""Every test in this folder runs once on each S3 server; the fixtures below stand in for those of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.resources.archive.contract.backends import Backend, Capability, ceph_backend, moto_backend
from tests.servers.ceph import CephServer
from tests.servers.s3_client import s3_client_of


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
    with s3_client_of(backend.endpoint) as client:
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
