"""The picture of coverage as one HTML page: a row a day, a cell an hour, nothing loaded from elsewhere.

State is a colour and a sign, volume the depth of the colour and the height of the sign, so that it is read without
colour and by colour-blind people. What is shown is decided in `hour_status.py`, how a state looks in `looks.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Final

from assets.coverage.hour_status import HourStatus
from assets.coverage.looks import LOOKS, busiest, sign_of, volume_level
from resources.hours.state import REASONS_IN_WORDS, HourState
from resources.printable import printable

DAYS_SHOWN: Final = 366
"""So many days an app; older ones are in the table. A page of a year is about a megabyte."""

_HOURS: Final = 24
_PALEST, _DEEPEST = 25, 100
_LEVELS: Final = 8

_NOTHING_BUT_STYLE: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Should a word ever get past the escaping, a browser neither runs nor loads anything."""

_STYLE: Final = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --faint: #666; --line: #ddd }
@media (prefers-color-scheme: dark) { :root { --paper: #161616; --ink: #eee; --faint: #aaa; --line: #333 } }
body { font: 15px/1.5 system-ui, sans-serif; background: var(--paper); color: var(--ink); margin: 2rem auto;
       max-width: 62rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin-bottom: 0 } h2 { font-size: 1.1rem; margin: 2.2rem 0 .3rem }
p, dl { color: var(--faint); margin: .2rem 0 } p.loss { color: var(--ink); font-weight: 600 }
table { border-collapse: separate; border-spacing: 2px; font-variant-numeric: tabular-nums }
th { font-weight: 400; color: var(--faint); font-size: .75rem; text-align: center } th[scope=row] { text-align: right;
     padding-right: .6rem; white-space: nowrap }
td { width: 1.55rem; height: 1.35rem; text-align: center; border-radius: 3px; font-size: .85rem; line-height: 1;
     cursor: default }
td.sum { width: auto; padding-left: .8rem; text-align: right; color: var(--faint) }
tr.month th, tr.month td { padding-top: .5rem }
ul { list-style: none; padding: 0; display: grid; grid-template-columns: max-content max-content 1fr;
     gap: .15rem .9rem }
li { display: contents } li b { display: inline-block; width: 1.4rem; text-align: center; border-radius: 3px }
"""


def coverage_page(statuses: Sequence[HourStatus], now: datetime) -> str:
    """Return the page.

    Args:
        statuses: Every hour of every app, in order.
        now: When this was known.
    """
    apps: dict[str, list[HourStatus]] = defaultdict(list)
    for status in statuses:
        apps[status.app].append(status)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_BUT_STYLE}">',
            f"<title>Coverage of the chat archive</title><style>{_STYLE}{_style_of_states()}</style></head><body>",
            "<h1>Coverage of the chat archive</h1>",
            f"<p>As of {now:%Y-%m-%d %H:%M} UTC. A row is a day, a cell an hour, in UTC; point at one for more.</p>",
            _legend(),
            *(part for app, hours in apps.items() for part in _app(app, hours)),
            "</body></html>",
        ]
    )


def _style_of_states() -> str:
    rules = []
    for state, look in LOOKS.items():
        for level in range(_LEVELS if state is HourState.ARCHIVED else 1):
            share = _PALEST + (_DEEPEST - _PALEST) * level // (_LEVELS - 1)
            depth = f"{share}%" if state is HourState.ARCHIVED else "100%" if look.loud else "45%"
            rules.append(
                f".{_name(state, level)} {{ background: color-mix(in srgb, {look.colour} {depth}, transparent) }}"
            )
        if look.loud:
            rules.append(f".{_name(state)} {{ color: #fff; font-weight: 700 }}")
    return "\n".join(rules)


def _name(state: HourState, level: int = 0) -> str:
    """Return the short name of a cell's style: a page has thousands of cells, and no two states begin alike."""
    return f"{state.value[:2]}{level}"


def _legend() -> str:
    items = "".join(
        f'<li><b class="{_name(state, 4 if state is HourState.ARCHIVED else 0)}">{look.sign}</b>'
        f"<span>{state.value}</span><span>{escape(look.meaning)}</span></li>"
        for state, look in LOOKS.items()
    )
    return f"<ul>{items}</ul>"


def _app(app: str, hours: Sequence[HourStatus]) -> Iterator[str]:
    counts = Counter(status.state for status in hours)
    messages = sum(status.rows or 0 for status in hours)
    days: dict[str, dict[int, HourStatus]] = defaultdict(dict)
    for status in hours:
        days[status.hour[:8]][int(status.hour[8:])] = status
    shown = sorted(days)[-DAYS_SHOWN:]
    most = busiest(hours)
    yield f"<h2>{escape(app)}</h2>"
    yield f"<p>{messages:,} messages in {len(hours):,} hours: {_counts_in_words(counts)}.</p>"
    lost = [status for status in hours if status.state is HourState.EXPIRED]
    if lost:
        unknown = sum(status.acknowledged is None for status in lost)
        yield (
            f'<p class="loss">{LOOKS[HourState.EXPIRED].sign} {len(lost):,} lost for ever, {unknown:,} of them not '
            f"acknowledged; the last is {_day_and_hour(lost[-1])}.</p>"
        )
    doubtful = [status for status in hours if status.doubt is not None]
    if doubtful:
        yield (
            f'<p class="loss">{len(doubtful):,} archived or empty, and not complete; the last is '
            f"{_day_and_hour(doubtful[-1])}. Point at it for the reason.</p>"
        )
    if len(shown) < len(days):
        yield f"<p>The latest {len(shown)} of {len(days)} days; coverage.parquet has them all.</p>"
    heads = "".join(f'<th scope="col">{hour:02d}</th>' for hour in range(_HOURS))
    yield f'<table><thead><tr><th scope="col">UTC</th>{heads}<th scope="col">messages</th></tr></thead><tbody>'
    for day in reversed(shown):
        yield _day(day, days[day], most)
    yield "</tbody></table>"


def _counts_in_words(counts: Mapping[HourState, int]) -> str:
    return ", ".join(f"{counts[state]:,} {state.value}" for state in LOOKS if counts.get(state))


def _day(day: str, hours: Mapping[int, HourStatus], most: int) -> str:
    cells = "".join(_cell(hours[hour], most) if hour in hours else "<td></td>" for hour in range(_HOURS))
    messages = sum(status.rows or 0 for status in hours.values())
    month = ' class="month"' if day.endswith("01") else ""
    return (
        f'<tr{month}><th scope="row">{day[:4]}-{day[4:6]}-{day[6:]}</th>{cells}<td class="sum">{messages:,}</td></tr>'
    )


def _cell(status: HourStatus, most: int) -> str:
    level = volume_level(status, most) if status.state is HourState.ARCHIVED else 0
    told = f"{_day_and_hour(status)} {status.state.value}"
    if status.rows is not None:
        told += f", {status.rows:,} messages"
    if not status.complete:
        told += f". {REASONS_IN_WORDS[status.doubt or status.reason]}"
    if status.acknowledged is not None:
        told += f" Acknowledged: {printable(status.acknowledged)}"
    return f'<td class="{_name(status.state, level)}" title="{escape(told)}">{sign_of(status, most)}</td>'


def _day_and_hour(status: HourStatus) -> str:
    return f"{status.hour[:4]}-{status.hour[4:6]}-{status.hour[6:8]} {status.hour[8:]}:00"
