"""The fork server, one for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.fork_server import ForkServer, fork_server


@pytest.fixture(scope="session")
def server() -> Iterator[ForkServer]:
    """Return a server that forks victims."""
    with fork_server() as running:
        yield running
