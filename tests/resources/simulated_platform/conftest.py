"""Platforms to visit: each on a port of its own, with a clock that the test turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from resources.simulated_platform import SimulatedApp, SimulatedPlatform, serve
from tests.fake_clock import FakeClock
from tests.resources.simulated_platform.visitor import FIXED_TOKEN, Visitor

NOON = datetime(2026, 11, 3, 12, 0, 20, tzinfo=UTC)

Visit = Callable[..., Visitor]


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Return a function that serves a platform with the given apps and returns a visitor of it."""
    with ExitStack() as stack:

        def start(*apps: SimulatedApp, **options: object) -> Visitor:
            clock = FakeClock(NOON)
            given = apps or (SimulatedApp("acme", "support"),)
            platform = SimulatedPlatform(given, clock, **{"accepted_tokens": {FIXED_TOKEN}, **options})  # type: ignore[arg-type]
            base_url = stack.enter_context(serve(platform))
            return stack.enter_context(Visitor(platform, clock, base_url))

        yield start


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """Return a visitor of a platform with the one app `acme#support`."""
    return visit()
