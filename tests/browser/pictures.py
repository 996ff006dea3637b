"""`python -m tests.browser.pictures` takes the pictures of docs/operating.md and writes them into docs/pictures/.

What is on them is the world of the tests, so they are as true as the tests are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.browser.chromium import NoBrowser, chromium, new_page
from tests.browser.dagster_pages import DagsterPages
from tests.browser.operated_world import APP, SLUG, OperatedWorld, operated_world

_FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
_NAVIGATION = 240
"""So many pixels on the left are the same on every page."""

_LIST, _HEAD = 262, 156
"""The list of hours on the left, and the tabs above it."""

_ABOVE_THE_TRACE = 432
"""What stands below it in a failed run's events are the folders of the machine that takes the picture."""

_WIDTH = 1280
_SETTLE = 1500
"""Milliseconds until Dagster's pages have stopped moving; a picture has no element to wait for."""


@dataclass(frozen=True)
class Photographer:
    """Opens pages of one world and takes pictures of them.

    Attributes:
        pages: Dagster's pages in a browser.
        world: What is on them.
    """

    pages: DagsterPages
    world: OperatedWorld

    def take(self, name: str, *, left: int = _NAVIGATION, top: int = 0, width: int | None = None, height: int) -> None:
        """Take a picture of the page as it is now, without what stands left of `left` and above `top`."""
        page = self.pages.page
        page.mouse.move(0, 0)
        page.wait_for_timeout(_SETTLE)
        clip = {"x": left, "y": top, "width": width or _WIDTH - left, "height": height}
        page.screenshot(path=_FOLDER / f"{name}.png", clip=clip)  # type: ignore[arg-type] # a TypedDict

    def size(self, height: int, width: int = _WIDTH) -> None:
        """Make the window large enough for the page that comes."""
        self.pages.page.set_viewport_size({"width": width, "height": height})

    def graph(self) -> None:
        """All assets."""
        for app in self.world.made_up.platform.apps:
            for asset in ("raw_history", "messages"):
                self.evaluate(f"{app.org}__{app.app}/{asset}")
        self.size(1080, width=1640)
        self.pages.open_graph()
        self.take("graph", left=_NAVIGATION, width=1400, height=1080)

    def hours(self) -> None:
        """The hours of an app, one of them failed, and what is known of an archived one."""
        self.size(800)
        self.pages.open_hour(f"{SLUG}/raw_history", self.world.archived_hour_before(self.world.failed_hour.plus(-3)))
        self.pages.value("state").wait_for()
        self.take("hours", left=0, height=800)

    def messages(self) -> None:
        """What is known of an hour's messages."""
        self.size(1720)
        self.pages.open_hour(f"{SLUG}/messages", self.world.archived_hour)
        self.pages.value("body_types").wait_for()
        self.take("hour-messages", left=_NAVIGATION + _LIST, top=_HEAD, height=1300)

    def lost(self) -> None:
        """A lost hour."""
        self.size(720)
        self.pages.open_hour(f"{SLUG}/raw_history", self.world.lost_hour)
        self.pages.value("state").wait_for()
        self.take("hour-lost", height=720)

    def failed(self) -> None:
        """Why an hour failed."""
        self.size(760)
        self.pages.open_hour(f"{SLUG}/raw_history", self.world.failed_hour)
        self.pages.page.get_by_text("View logs").click()
        told = self.pages.page.get_by_text(f"Hour {self.world.failed_hour} of {APP} is failed.").first
        told.wait_for()
        self.pages.page.wait_for_timeout(_SETTLE)
        self.take("hour-failed", left=0, height=_ABOVE_THE_TRACE)

    def launch(self) -> None:
        """A range of hours that is about to be rerun."""
        self.size(640)
        dialog = self.pages.open_backfill_dialog(
            f"archive_{SLUG}", self.world.archived_hour.plus(-5), self.world.archived_hour
        )
        dialog.get_by_text("6 partitions").wait_for()
        self.take("launch", left=0, height=640)

    def evaluate(self, asset: str) -> None:
        """Evaluate the checks of an asset now."""
        self.pages.open_asset(asset, "checks")
        self.pages.page.get_by_role("button", name="Execute all").click()
        self.pages.wait_for_success(self.pages.launched_run())

    def check(self) -> None:
        """A check that fails."""
        self.size(640)
        self.evaluate(f"{SLUG}/raw_history")
        self.pages.open_check(f"{SLUG}/raw_history", "hours_lost")
        self.pages.value("which").wait_for()
        self.take("check", height=600)

    def coverage(self) -> None:
        """Coverage, on Dagster's page and as the page in S3."""
        self.size(860)
        self.pages.wait_for_success(self.pages.rebuild_coverage())
        self.pages.open_asset("coverage", "events")
        self.pages.value("latest_days").wait_for()
        self.take("coverage-in-dagster", height=800)
        self.size(740, width=1100)
        self.pages.page.set_content(self.world.coverage_page)
        self.take("coverage-page", left=0, width=1100, height=740)

    def automation(self) -> None:
        """The schedules and the sensor."""
        self.size(680)
        self.pages.page.goto(f"{self.pages.url}/automation")
        self.pages.page.get_by_text("tell_people").wait_for()
        self.take("automation", height=670)


def main() -> int:
    """Take all pictures, or those that are named."""
    _FOLDER.mkdir(exist_ok=True)
    try:
        with chromium() as browser, operated_world() as world:
            for picture in _chosen(sys.argv[1:]):
                with new_page(browser) as page:
                    picture(Photographer(DagsterPages(page, world.url), world))
    except NoBrowser as missing:
        sys.stderr.write(f"There is no {missing} on this machine; `make servers` installs Chromium.\n")
        return 1
    return 0


def _chosen(names: list[str]) -> list[Callable[[Photographer], None]]:
    everything = {
        "hours": Photographer.hours,
        "messages": Photographer.messages,
        "lost": Photographer.lost,
        "failed": Photographer.failed,
        "launch": Photographer.launch,
        "check": Photographer.check,
        "coverage": Photographer.coverage,
        "automation": Photographer.automation,
        "graph": Photographer.graph,  # last, so that its checks are evaluated and coverage is there
    }
    return [everything[name] for name in names or everything]


if __name__ == "__main__":
    sys.exit(main())
