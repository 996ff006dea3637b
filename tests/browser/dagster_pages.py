"""What lies where on Dagster's pages: the one place that knows their addresses, buttons and tables.

By roles and by the words a person reads; Dagster's class names change with every release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from resources.hours.hour import Hour

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@dataclass(frozen=True)
class DagsterPages:
    """Dagster's pages in one browser page.

    Attributes:
        page: The browser page.
        url: Where Dagster is, without a slash at the end.
    """

    page: Page
    url: str

    def open_graph(self) -> None:
        """Open the graph of all assets, with every group unfolded."""
        self.page.goto(f"{self.url}/asset-groups")
        self.node("coverage").wait_for()
        self.page.keyboard.press("Alt+e")
        self.node("messages_daily").wait_for()

    def node(self, name: str) -> Locator:
        """The first node, or folded group, of that name in the graph."""
        return self.nodes(name).first

    def nodes(self, name: str) -> Locator:
        """All nodes of that name in the graph, which is an SVG with HTML in it."""
        return self.page.locator("foreignObject").get_by_text(name, exact=True)

    def left_edge(self, name: str) -> float:
        """How far to the right the first node of that name begins, in pixels."""
        box = self.node(name).bounding_box()
        assert box is not None
        return box["x"]

    def open_asset(self, asset: str, view: str, **query: str) -> None:
        """Open a tab of an asset's page: overview, partitions, events, checks or lineage."""
        self.page.goto(f"{self.url}/assets/{asset}?{urlencode({'view': view, **query})}")
        self.page.get_by_role("tab", name=view.capitalize(), exact=True).wait_for()

    def open_hour(self, asset: str, hour: Hour) -> None:
        """Open an hour on an asset's tab of partitions."""
        self.open_asset(asset, "partitions", partition=hour.key)
        self.page.get_by_text("Latest materialization").wait_for()
        self.counted("Materialized").wait_for()

    def open_check(self, asset: str, check: str) -> None:
        """Open a check on an asset's tab of checks."""
        self.open_asset(asset, "checks", checkDetail=check)
        self.page.get_by_text("Latest execution").wait_for()

    def open_run(self, short_id: str) -> None:
        """Open a run from the list of runs."""
        self.page.goto(f"{self.url}/runs")
        self.page.get_by_role("link", name=short_id).first.click()
        self.page.wait_for_url("**/runs/*")

    def counted(self, state: str) -> Locator:
        """The box that says how many partitions are in one of Dagster's states, such as `Failed (1)`."""
        return self.page.get_by_text(re.compile(rf"^{state} \(\d+\)$"))

    def value(self, name: str) -> Locator:
        """The value of an entry of metadata: the cell beside the one with its name."""
        row = self.page.get_by_role("row").filter(has=self.page.get_by_role("cell", name=name, exact=True))
        return row.first.get_by_role("cell").nth(1)

    def open_launch_dialog(self) -> Locator:
        """Click on Materialize on the page of an asset with partitions; the partition that is open is chosen."""
        self.page.get_by_role("button", name="Materialize").first.click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Launch 1 run").wait_for()
        return dialog

    def open_backfill_dialog(self, job: str, first: Hour, last: Hour) -> Locator:
        """Click on Materialize on a job's page, and choose the hours from first to last."""
        self.page.goto(f"{self.url}/locations/chat_history_archive/jobs/{job}")
        self.page.get_by_role("button", name="Materialize").first.click()
        dialog = self.page.get_by_role("dialog")
        chosen = dialog.get_by_role("textbox").first
        chosen.fill(f"[{first.key}...{last.key}]")
        chosen.press("Enter")
        dialog.get_by_role("button", name="Launch backfill").wait_for()
        return dialog

    def rebuild_coverage(self) -> str:
        """Click on Materialize on the page of `coverage`, which has no partitions, and return the run's short id."""
        self.open_asset("coverage", "events")
        self.page.get_by_role("button", name="Materialize").first.click()
        # Dagster asks whether this is meant while it knows of no compacted day, as after a catch-up.
        confirm = self.page.get_by_role("button", name="Confirm")
        confirm.or_(self._launched()).first.wait_for()
        if confirm.is_visible():
            confirm.click()
        return self.launched_run()

    def _launched(self) -> Locator:
        return self.page.get_by_text(re.compile(r"Launched run [0-9a-f]{8}"))

    def launched_run(self) -> str:
        """Return the short id of the run that was launched just now, from the note that Dagster shows."""
        found = re.search(r"[0-9a-f]{8}", self._launched().first.inner_text())
        assert found is not None
        return found[0]

    def wait_for_success(self, short_id: str) -> None:
        """Open a run, and wait until it has ended well."""
        self.open_run(short_id)
        self.page.get_by_text("Success", exact=True).first.wait_for()
