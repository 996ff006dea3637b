"""One operated world and one browser for all tests of the pages, and a picture of how each test left its page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import NoBrowser, chromium, new_page
from tests.browser.dagster_pages import DagsterPages
from tests.browser.hostile_words import archive_hostile_hour
from tests.browser.operated_world import OperatedWorld, operated_world
from tests.left_out import leave_out

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES_VARIABLE = "BROWSER_PICTURES"
"""Names a folder in which a picture of each test's last page is kept."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser, or skip the tests with what is missing."""
    try:
        with chromium() as browser:
            yield browser
    except NoBrowser as missing:
        leave_out(str(missing))


@pytest.fixture(scope="module")
def world(browser: Browser) -> Iterator[OperatedWorld]:
    """Start the world, once there is a browser to look at it with."""
    del browser
    with operated_world(archive_hostile_hour) as world:
        yield world


@pytest.fixture
def pages(
    browser: Browser, world: OperatedWorld, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[DagsterPages]:
    """Open a fresh browser page; take a picture of it when the test is over, however it ended."""
    folder = Path(os.environ.get(PICTURES_VARIABLE, tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    with new_page(browser) as page:
        yield DagsterPages(page, world.url)
        page.screenshot(path=folder / f"{request.node.name}.png")
