"""Words that a browser would obey, planted wherever somebody else's words reach a page, and the search for their deeds.

Not here: the world they are planted in (`operated_world.py`), and the pages (`dagster_pages.py`).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson

from pipelines.demo.world import World
from resources.hours.hour import Hour
from resources.simulated_platform import ScriptedAnswer
from tests.browser.operated_world import APP, run_command
from tests.pipelines.query.archives import message

if TYPE_CHECKING:
    from playwright.sync_api import Page

MARK = "evil.test"
"""Stands in each of them, and nowhere else."""

_HOSTILE_HOURS_AGO = 40

NAMES = (
    f"`|<img src=//{MARK}/a.png onerror=\"obeyed='{MARK}'\">",
    f"</script><script>obeyed='{MARK}'</script>",
    f"`|[a link](https://{MARK}/b) ![an image](//{MARK}/c.png)",
    f"`|[a link](javascript:obeyed='{MARK}')",
)
"""HTML and Markdown that break out of a code span, a cell and a script; short enough to be told of as names."""

HOSTILE = "'\"></td>" + " ".join(NAMES)
"""All of them, breaking out of an attribute as well."""

SHOWN = ("img·src", "·script·obeyed", "link](https", "link](javascript")
"""What is left of each name in a table of Dagster's."""

_MADE_OF_THEM = """mark => [...document.querySelectorAll('*')].filter(element =>
  [...element.attributes].some(({name, value}) => value.includes(mark)
    && (name.startsWith('on') || ['href', 'xlink:href', 'src', 'srcset', 'action', 'style'].includes(name)))
  || (element.tagName === 'SCRIPT' && element.textContent.includes(mark))
).map(element => element.outerHTML)"""


def hostile_hour(made_up: World) -> Hour:
    """Return the hour that `archive_hostile_hour` archives: old enough to be settled by one look."""
    return made_up.last_due_hour.plus(-_HOSTILE_HOURS_AGO)


def archive_hostile_hour(made_up: World) -> None:
    """Archive an hour of messages that have each name as a type and as a field, while nobody else asks for files."""
    hour = hostile_hour(made_up)
    lines = [_line(number, hour, name) for number, name in enumerate(NAMES)]
    made_up.platform.script("file", ScriptedAnswer(200, gzip.compress(b"\n".join(lines), mtime=0)))
    run_command(made_up, 0, "catch-up", "--app", APP, "--hours", hour.key)


def _line(number: int, hour: Hour, name: str) -> bytes:
    message_of_hour = message(number, hour, "ann", "bob", HOSTILE)
    message_of_hour["payload"]["bodies"][0]["type"] = name
    return orjson.dumps(message_of_hour | {name: HOSTILE})


def acknowledge_with_hostile_words(made_up: World, hour: Hour) -> None:
    """Acknowledge the loss of an hour with them as the reason."""
    run_command(made_up, 0, "acknowledge", "--app", APP, "--hours", hour.key, "--reason", HOSTILE)


@contextmanager
def nothing_is_obeyed(page: Page) -> Iterator[None]:
    """Hold that the page that is opened inside the block makes no element, no script and no request of them."""
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    yield
    assert page.evaluate(_MADE_OF_THEM, MARK) == []
    assert page.evaluate("window.obeyed") is None
    assert [url for url in asked_for if MARK in url] == []
