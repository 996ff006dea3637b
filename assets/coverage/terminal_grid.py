"""The coverage grid in a terminal: a row a day, a cell an hour, readable without colour and by colour-blind people.

Its signs and colours are those of `looks.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assets.coverage.hour_status import HourStatus
from assets.coverage.looks import LOOKS, busiest, sign_of
from resources.hours.state import HourState

_HOURS = 24


def coverage_grid(statuses: Sequence[HourStatus]) -> RenderableType:
    """Return one grid an app, with a legend that counts the states."""
    apps: dict[str, list[HourStatus]] = defaultdict(list)
    for status in statuses:
        apps[status.app].append(status)
    parts: list[RenderableType] = []
    for app, hours in apps.items():
        parts += [Text(f"\n{app}", style="bold"), _grid(hours)]
    return Group(*parts, Text(), _legend(Counter(status.state for status in statuses)))


def _grid(statuses: Sequence[HourStatus]) -> Table:
    days: dict[str, dict[int, HourStatus]] = defaultdict(dict)
    most = busiest(statuses)
    for status in statuses:
        days[status.hour[:8]][int(status.hour[8:])] = status
    grid = Table(box=None, padding=(0, 1), pad_edge=False)
    grid.add_column("UTC", style="dim", no_wrap=True)
    # A label every third hour: two figures would not fit above every cell of an 80-column terminal.
    grid.add_column("".join(f"{hour:02d}    " for hour in range(0, _HOURS, 3)).rstrip(), no_wrap=True)
    grid.add_column("messages", justify="right", no_wrap=True)
    for day, hours in sorted(days.items()):
        cells = Text()
        for hour in range(_HOURS):
            cells.append_text(_cell(hours.get(hour), most))
        rows = sum(status.rows or 0 for status in hours.values())
        grid.add_row(f"{day[:4]}-{day[4:6]}-{day[6:]}", cells, f"{rows:,}")
    return grid


def _cell(status: HourStatus | None, most: int) -> Text:
    if status is None:
        return Text("  ")
    return Text(f"{sign_of(status, most)} ", style=LOOKS[status.state].style)


def _legend(counts: Counter[HourState]) -> Table:
    legend = Table.grid(padding=(0, 1))
    for state, look in LOOKS.items():
        legend.add_row(
            Text(look.sign, style=look.style),
            Text(state.value, style=look.style),
            Text(f"{counts[state]:,}"),
            Text(look.meaning, style="dim"),
        )
    return legend
