"""The coverage grid in a terminal: a row a day, a cell an hour, readable without colour and by colour-blind people.

How it looks only; what it shows comes from `status.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.status import HourStatus
from resources.hours.state import HourState


@dataclass(frozen=True, slots=True)
class _Look:
    """How a state looks: a sign that needs no colour, and a colour from the Okabe-Ito palette for colour-blind eyes."""

    sign: str
    style: str
    meaning: str


LOOKS = {
    HourState.ARCHIVED: _Look("■", "#009e73", "kept, byte for byte"),
    HourState.EMPTY: _Look("·", "#56b4e9", "nobody spoke: the platform said so"),
    HourState.PENDING: _Look("○", "#f0e442", "not there yet; asked again"),
    HourState.FAILED: _Look("!", "bold #cc79a7", "the last look failed; asked again"),
    HourState.EXPIRED: _Look("✗", "bold #d55e00", "lost: the platform has deleted it"),
}
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
            cells.append_text(_cell(hours.get(hour)))
        rows = sum(status.rows or 0 for status in hours.values())
        grid.add_row(f"{day[:4]}-{day[4:6]}-{day[6:]}", cells, f"{rows:,}")
    return grid


def _cell(status: HourStatus | None) -> Text:
    if status is None:
        return Text("  ")
    look = LOOKS[status.state]
    return Text(f"{look.sign} ", style=look.style)


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
