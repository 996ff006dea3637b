"""What is wrong with a run's machine: it dies at the step it is told to, its disk fills up, its troubles are seeded."""

from __future__ import annotations

import errno
import os
import signal
from datetime import timedelta
from random import Random

import pytest

from tests.chaos.machine import death_at, disk_full_after
from tests.chaos.troubles import trouble


def test_a_run_dies_at_its_step_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *arguments: killed.append(arguments))
    hook = death_at(2)
    hook("http.client.send", ())
    hook("import", ())  # no step outside the process
    assert not killed
    hook("os.rename", ())
    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_a_full_disk_takes_no_new_file_and_can_still_be_read() -> None:
    hook = disk_full_after(1)
    hook("open", ("/a", "w", os.O_WRONLY | os.O_CREAT))
    hook("open", ("/a", "r", os.O_RDONLY))
    with pytest.raises(OSError, match="No space left") as refused:
        hook("open", ("/b", "w", os.O_WRONLY | os.O_CREAT))
    assert refused.value.errno == errno.ENOSPC


def test_every_trouble_happens_and_most_runs_have_none() -> None:
    drawn = [trouble(Random(number)) for number in range(2000)]
    assert drawn == [trouble(Random(number)) for number in range(2000)]
    assert any(each.dies_at_step == 1 for each in drawn)
    assert any(each.killed_after is not None for each in drawn)
    assert any(each.largest_file == 0 for each in drawn)
    assert any(each.full_after_files is not None for each in drawn)
    skews = [each.skew for each in drawn if each.skew]
    assert min(map(abs, skews)) >= timedelta(minutes=1)  # less would change nothing, and be counted
    assert min(skews) < timedelta(hours=-1) < timedelta(hours=1) < max(skews)
    assert sum(each == type(each)() for each in drawn) > len(drawn) / 2
