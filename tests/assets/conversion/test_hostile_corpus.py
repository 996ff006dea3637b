"""Everything hostile there is, tried in a process of its own: a crash there is a failed test here."""

from __future__ import annotations

import sys

import pytest

from tests.assets.conversion.hostile_corpus import Report, run_trials, try_all
from tests.assets.conversion.hostile_files import BOMBS, HOSTILE_FILES
from tests.assets.conversion.hostile_lines import HOSTILE_LINES
from tests.assets.conversion.hostile_trial import GENERATED_FILES, GENERATED_LINES, NAMED, Outcome

DIES_AT_THE_SECOND = """
import json, os, sys
for place, name in enumerate(sys.stdin.read().splitlines()):
    if name == "second":
        os.abort()
    print(json.dumps({"name": name}), flush=True)
"""


@pytest.fixture(scope="module")
def report() -> Report:
    return try_all()


def test_no_hostile_input_ends_the_process(report: Report) -> None:
    assert not report.crashed


@pytest.mark.parametrize("name", NAMED)
def test_a_named_case_becomes_what_is_expected(name: str, report: Report) -> None:
    assert report.surprises.get(name) is None
    assert name in report.outcomes


@pytest.mark.parametrize("name", GENERATED_LINES + GENERATED_FILES)
def test_generated_input_becomes_what_the_reference_says(name: str, report: Report) -> None:
    assert report.surprises.get(name) is None
    assert name in report.outcomes


def test_thousands_of_inputs_are_tried(report: Report) -> None:
    assert report.tried(tuple(NAMED)) > 250
    assert report.tried(GENERATED_LINES) >= 20_000
    assert report.tried(GENERATED_FILES) >= 2_000


def test_a_bomb_is_refused_in_bounded_memory(report: Report) -> None:
    assert 0 < report.bomb_peak_mib < 300


def test_every_case_has_a_name_of_its_own() -> None:
    assert len(NAMED) == len(BOMBS) + len(HOSTILE_FILES) + len(HOSTILE_LINES)


def test_a_process_that_dies_is_counted_and_the_next_one_goes_on() -> None:
    report = Report()
    run_trials(("first", "second", "third"), report, (sys.executable, "-c", DIES_AT_THE_SECOND))
    assert set(report.outcomes) == {"first", "third"}
    assert list(report.crashed) == ["second"]


@pytest.mark.parametrize(
    "report_of_one",
    [
        Report(outcomes={"x": Outcome("x", lost=1)}),
        Report(outcomes={"x": Outcome("x", unbalanced=1)}),
        Report(outcomes={"x": Outcome("x", surprise="what")}),
        Report(crashed={"x": "ended with -11"}),
    ],
)
def test_anything_unexpected_fails_the_command(report_of_one: Report) -> None:
    assert report_of_one.failed
    assert "1 |" in report_of_one.as_table()


def test_nothing_unexpected_lets_the_command_pass() -> None:
    assert not Report(outcomes={"x": Outcome("x")}).failed
