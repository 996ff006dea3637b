"""The picture of coverage: every hour, by sign and by colour, nothing loaded from elsewhere, nothing obeyed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.coverage.looks import LOOKS, VOLUME_SIGNS, busiest, sign_of, volume_level
from assets.coverage.page import coverage_page
from resources.hours.hour import Hour
from resources.hours.state import HourState
from tests.assets.coverage.hours import status

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
FIRST = Hour.from_key("2026110100")


class Cells(HTMLParser):
    """Gathers what each cell of an hour is called and shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.titles: list[str] = []
        self.signs: list[str] = []
        self._in_hour = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        title = dict(attrs).get("title")
        self._in_hour = tag == "td" and title is not None
        if self._in_hour:
            self.titles.append(title or "")

    def handle_data(self, data: str) -> None:
        if self._in_hour:
            self.signs.append(data)
            self._in_hour = False


def test_every_hour_is_a_cell_that_tells_its_state_in_words() -> None:
    states = list(LOOKS)
    cells = Cells(coverage_page([status(FIRST.plus(n).key, state) for n, state in enumerate(states)], NOW))
    assert [title.split(" ")[2].rstrip(".,") for title in cells.titles] == [state.value for state in states]
    assert cells.signs == ["█", "·", "○", "!", "✗"]


def test_states_differ_without_colour_and_by_colours_for_colour_blind_eyes() -> None:
    signs = {look.sign for look in LOOKS.values()}
    assert len(signs) == len({look.colour for look in LOOKS.values()}) == len(HourState)
    assert not signs - {"▅"} & set(VOLUME_SIGNS)


@given(rows=st.integers(0, 10**9), most=st.integers(0, 10**9))
def test_volume_grows_from_the_lowest_sign_to_the_highest(rows: int, most: int) -> None:
    hour = status(FIRST.key, rows=rows)
    level = volume_level(hour, most)
    assert 0 <= level < len(VOLUME_SIGNS)
    assert volume_level(status(FIRST.key, rows=rows + 1), most) >= level
    if most:
        assert volume_level(status(FIRST.key, rows=most), most) == len(VOLUME_SIGNS) - 1


def test_the_busiest_hour_of_a_silent_app_is_0() -> None:
    silent = [status(FIRST.key, HourState.EMPTY)]
    assert busiest(silent) == 0
    assert sign_of(silent[0], 0) == "·"


def test_each_state_has_a_style_of_its_own() -> None:
    states = list(LOOKS)
    page = coverage_page([status(FIRST.plus(n).key, state) for n, state in enumerate(states)], NOW)
    classes = re.findall(r'<td class="(\w+)" title', page)
    colours = {name: re.search(rf"\.{name} {{ background: color-mix\(in srgb, (#\w+)", page) for name in classes}
    assert [match[1] for match in colours.values() if match] == [LOOKS[state].colour for state in states]


def test_a_loss_is_told_above_the_grid() -> None:
    hours = [status(FIRST.key, HourState.EXPIRED), status(FIRST.plus(1).key, HourState.EXPIRED, acknowledged="outage")]
    page = coverage_page(hours, NOW)
    assert "2 lost for ever, 1 of them not acknowledged; the last is 2026-11-01 01:00" in page
    assert "Acknowledged: outage" in page
    assert "lost for ever" not in coverage_page([status(FIRST.key)], NOW)


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = coverage_page([status(FIRST.key)], NOW)
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onclick='x"])
def test_what_a_person_wrote_is_shown_and_not_obeyed(words: str) -> None:
    page = coverage_page([status(FIRST.key, HourState.EXPIRED, acknowledged=words)], NOW)
    assert words not in page
    assert Cells(page).titles[0].endswith(f"Acknowledged: {words}")


def test_what_turns_the_direction_of_writing_is_replaced() -> None:
    page = coverage_page([status(FIRST.key, HourState.EXPIRED, acknowledged="a\u202eb\x1b[31m")], NOW)
    assert Cells(page).titles[0].endswith("Acknowledged: a\ufffdb\ufffd[31m")


def test_a_browser_is_told_to_run_nothing() -> None:
    assert "default-src 'none'; style-src 'unsafe-inline'" in coverage_page([status(FIRST.key)], NOW)


def test_a_long_archive_shows_its_latest_days_and_says_where_the_others_are() -> None:
    hours = [status(FIRST.plus(24 * day).key) for day in range(400)]
    page = coverage_page(hours, NOW)
    assert "The latest 366 of 400 days; coverage.parquet has them all." in page
    assert len(Cells(page).titles) == 366
    assert FIRST.plus(24 * 399).start.date().isoformat() in page
