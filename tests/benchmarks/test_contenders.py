from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resources.hours.hour import Hour
from tests.benchmarks.agreement import LINES, PEERS, message_ids, missing_packages
from tests.benchmarks.generator import FileOrder, generated
from tests.benchmarks.measure import REPOSITORY, Failed, Job, Measurement, interleaved, job_of, measure


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated(FileOrder(LINES, Hour.from_key("2026112012")), tmp_path_factory.mktemp("raw"))


@pytest.mark.parametrize("contender", PEERS)
def test_a_contender_writes_the_same_messages_and_repeats_none(contender: str, raw: Path) -> None:
    if missing := missing_packages(contender):
        pytest.skip(f"{' and '.join(missing)} not installed; `make bench` installs what it needs")
    theirs = message_ids(contender, raw)
    assert theirs == message_ids("ours", raw)
    assert set(theirs.values()) == {1}
    assert len(theirs) < LINES, "some lines are repeats"


def test_processes_side_by_side_are_added_up(raw: Path) -> None:
    one, two = measure([job_of("ours", raw)]), measure([job_of("ours", raw)] * 2)
    assert two.rows == 2 * one.rows
    assert two.size == 2 * one.size
    assert two.peak_sum > two.peak


def test_a_small_process_is_not_taken_for_as_large_as_its_parent(tmp_path: Path) -> None:
    held = bytearray(os.urandom(1 << 20) * 300)
    command = [sys.executable, "-c", "pass"]
    launcher = [sys.executable, "-m", "tests.benchmarks.launcher", json.dumps({str(tmp_path / "0"): command})]
    printed = subprocess.run(launcher, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - ours
    assert json.loads(printed)["usages"][0]["peak"] < len(held) / 4


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(Failed, match=r"No module named .*nobody"):
        measure([Job("tests.benchmarks.run_one", ("nobody", "{output}", "nothing"))])


def test_contenders_take_turns_and_a_failed_one_is_left_out() -> None:
    order: list[str] = []
    measurement = Measurement(wall=1, cpu=1, peak=1, peak_sum=1, size=1, rows=1)

    def succeeds() -> Measurement:
        order.append("sound")
        return measurement

    def fails() -> Measurement:
        order.append("broken")
        raise Failed("it broke")

    results = interleaved({"sound": succeeds, "broken": fails}, 3, lambda _: None)
    assert order == ["sound", "broken", "sound", "sound"]
    assert results["sound"].runs == (measurement,) * 3
    assert (results["broken"].runs, results["broken"].failure) == ((), "failed")
