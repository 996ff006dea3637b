"""A headless Chromium of the system that reaches loopback only, driven by Playwright; or the reason there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # As for the tests themselves: nothing but loopback.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
_WIDTH, _HEIGHT = 1280, 800
_MILLISECONDS = 60_000
"""Far more than any step takes: two busy cores are slow, and nothing here is about speed."""


class NoBrowser(Exception):
    """Raised when Playwright or Chromium is missing; says which."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser with an empty profile, and end it.

    Raises:
        NoBrowser: The package `playwright` or the program `chromium` is not installed.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise NoBrowser("chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - where it is missing, the test is skipped
    except ImportError:
        raise NoBrowser("playwright") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def new_page(browser: Browser) -> Iterator[Page]:
    """Open a page that remembers nothing of other pages, and close it."""
    context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT}, timezone_id="UTC", locale="en-GB")
    context.set_default_timeout(_MILLISECONDS)
    try:
        yield context.new_page()
    finally:
        context.close()
