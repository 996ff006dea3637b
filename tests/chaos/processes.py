"""Starting runs side by side, killing those that are to be killed, and telling how each ended."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from typing import Final

from tests.chaos.orders import RunOrder, RunReport
from tests.chaos.run import run

LONGEST_RUN_SECONDS: Final = 120.0
"""A run that takes longer hangs: it is killed, and the campaign fails for it."""

_FORK_SERVER: Final = multiprocessing.get_context("forkserver")
_FORK_SERVER.set_forkserver_preload(["tests.chaos.run"])


@dataclass(frozen=True, slots=True)
class OrderedRun:
    """A run, and the moment at which it is killed from outside.

    Attributes:
        order: What it does.
        killed_after: Seconds after its start; None lets it come to its end.
    """

    order: RunOrder
    killed_after: float | None = None


@dataclass(frozen=True, slots=True)
class EndedRun:
    """How a run ended.

    Attributes:
        order: What it was to do.
        report: What it told, or None when it was killed.
        killed_at_step: It ended itself at the step its order names.
        killed_at_moment: It was killed from outside.
        exit_code: Of its process.
        hung: It had to be killed because it did not end.
    """

    order: RunOrder
    report: RunReport | None
    killed_at_step: bool
    killed_at_moment: bool
    exit_code: int | None
    hung: bool

    @property
    def killed(self) -> bool:
        """Whether it was killed as its order, or the campaign, wanted it."""
        return self.killed_at_step or self.killed_at_moment


@dataclass(slots=True)
class _Running:
    run: OrderedRun
    process: ForkServerProcess
    receiver: Connection
    started: float
    was_killed: bool = False

    @property
    def ends_at(self) -> float:
        longest = LONGEST_RUN_SECONDS if self.run.killed_after is None else self.run.killed_after
        return self.started + longest


def run_all(runs: Sequence[OrderedRun], side_by_side: int) -> Iterator[EndedRun]:
    """Run them in their order, some at a time, and yield each as it ends."""
    waiting = deque(runs)
    running: list[_Running] = []
    while waiting or running:
        while waiting and len(running) < side_by_side:
            running.append(_start(waiting.popleft()))
        next_kill = min((each.ends_at for each in running if not each.was_killed), default=None)
        timeout = None if next_kill is None else max(0.0, next_kill - time.monotonic())
        wait([each.process.sentinel for each in running], timeout)
        for each in tuple(running):
            if each.process.exitcode is not None:
                running.remove(each)
                yield _ended(each)
            elif not each.was_killed and time.monotonic() >= each.ends_at:
                each.process.kill()
                each.was_killed = True


def _start(ordered: OrderedRun) -> _Running:
    receiver, sender = _FORK_SERVER.Pipe(duplex=False)
    process = _FORK_SERVER.Process(target=run, args=(ordered.order, sender), daemon=True)
    process.start()
    sender.close()  # the run's own end is the only one: when it dies, the pipe ends
    return _Running(ordered, process, receiver, time.monotonic())


def _ended(running: _Running) -> EndedRun:
    running.process.join()
    exit_code = running.process.exitcode
    try:
        report = running.receiver.recv() if running.receiver.poll() else None
    except EOFError:
        report = None
    running.receiver.close()
    running.process.close()
    by_kill = exit_code == -signal.SIGKILL
    return EndedRun(
        running.run.order,
        report,
        killed_at_step=by_kill and not running.was_killed and running.run.order.dies_at_step is not None,
        killed_at_moment=by_kill and running.was_killed and running.run.killed_after is not None,
        exit_code=exit_code,
        hung=by_kill and running.was_killed and running.run.killed_after is None,
    )
