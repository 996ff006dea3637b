"""One run of the campaign, in a process of its own that can be killed at any moment.

A new interpreter takes two seconds to import the archive. So Python's own fork server (`multiprocessing`, start method
`forkserver`) imports this module once, and each run is a fork of it, started in some ten milliseconds: a process with
its own memory, connections, temporary folder and log, which `kill -9` ends like any other.

A run calls the functions that the Dagster assets and `chat-archive catch-up` call, in their order; Dagster would only
add its own bookkeeping. Its clock stands where the order says and its pauses take no time. Not here: which runs there
are (`campaign.py`), how they are started and killed (`processes.py`), what is wrong with their machine (`machine.py`).
"""

from __future__ import annotations

import errno
import logging
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from random import Random
from typing import Final

from assets.capture import capture_hour
from assets.coverage.publish_coverage import publish_coverage
from assets.daily.compaction import CompactionFailed
from assets.daily.publish_daily import DayNotClosed, publish_daily
from assets.publish_messages import ConversionFailed, NotCaptured, publish_messages
from pipelines.days_due import days_due
from pipelines.due_now import due_now
from pipelines.planner import PlannedTask, in_order
from resources.archive.errors import ArchiveError
from resources.hours.due import Task
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.settings_file import read_settings
from tests.chaos.machine import make_room, prepare
from tests.chaos.orders import RunOrder, RunReport
from tests.fake_clock import FakeClock

_DECLARED: Final = (ArchiveError, ConversionFailed, NotCaptured, DayNotClosed, CompactionFailed)
"""What a step may fail with: Dagster shows its words, and a later run goes on."""

_DISK_IS_FULL: Final = frozenset({errno.EFBIG, errno.ENOSPC})
_UNFINISHED: Final = frozenset({HourState.PENDING, HourState.FAILED})
_MOST_SURPRISES: Final = 5
_MOST_TOLD: Final = 4_000
"""A report has to fit into the pipe: it is read when the run has ended."""


def run(order: RunOrder, sender: Connection) -> None:
    """Do what the order says and send a `RunReport`; the process's whole life."""
    report = RunReport()
    prepare(order, report)
    try:
        _work(order, report)
    except Exception:  # noqa: BLE001 - reported, and the campaign fails for it
        report.surprises.append(traceback.format_exc())
    if order.largest_file is not None:
        make_room()
    report.surprises = [surprise[-_MOST_TOLD:] for surprise in report.surprises[:_MOST_SURPRISES]]
    sender.send(report)


def _work(order: RunOrder, report: RunReport) -> None:
    clock = FakeClock(order.now)
    settings = read_settings(order.settings_file)
    app = settings.app_named(order.app)
    with closing(Runtime(settings, clock, Random(order.number), order.state)) as runtime:
        steps = _Steps(runtime, app, order, report)
        for task in steps.plan() if order.tasks is None else _planned(order.tasks, app):
            steps.take(f"{task.task} {task.hour}", lambda task=task: steps.do(task))  # type: ignore[misc]
        if order.compacts:
            steps.take("compact", steps.compact)
        if order.covers:
            steps.take("cover", steps.cover)


def _planned(tasks: tuple[tuple[Task, str], ...], app: AppSettings) -> list[PlannedTask]:
    hours = ((task, Hour.from_key(key)) for task, key in tasks)
    return [PlannedTask(app, hour, task, app.policy.deadline(hour)) for task, hour in hours]


@dataclass(frozen=True, slots=True)
class _Steps:
    """What a run does, a step at a time; a step that fails does not keep the rest from being done."""

    runtime: Runtime
    app: AppSettings
    order: RunOrder
    report: RunReport

    def plan(self) -> list[PlannedTask]:
        """Return everything that is due for the app, as `chat-archive catch-up` finds it."""
        tasks: list[PlannedTask] = []
        now = self._now()
        self.take("plan", lambda: tasks.extend(in_order(due_now(self.runtime, self.app, now), now)))
        return tasks

    def do(self, task: PlannedTask) -> None:
        """Do what the job of an hour does: look, and convert unless the look left the hour open."""
        archive, clock = self.runtime.archive(self.app), self.runtime.clock
        if task.task is not Task.CONVERT:
            self.report.went_by_its_clock = True
            capture = capture_hour(
                task.hour, archive, lambda: self.runtime.platform(self.app), clock, run_id=str(self.order.number)
            )
            if capture.problem is not None:
                logging.getLogger(__name__).error("%s", capture.problem)
                self.report.failures.append("look failed")
                self.report.met_full_disk |= self.order.disk_fills_up and "cannot be used" in capture.problem
            if capture.record.state in _UNFINISHED:
                return
        publish_messages(task.hour, archive, clock)

    def take(self, name: str, step: Callable[[], object]) -> None:
        """Take a step and write down how it ended."""
        log = logging.getLogger(__name__)
        try:
            step()
        except _DECLARED as error:
            log.exception("%s failed", name)
            self.report.failures.append(type(error).__name__)
            self.report.met_full_disk |= self.order.disk_fills_up and isinstance(error, CompactionFailed)
        except OSError as error:
            log.exception("%s failed", name)
            if not self.order.disk_fills_up or error.errno not in _DISK_IS_FULL:
                self.report.surprises.append(traceback.format_exc())
            self.report.met_full_disk = True
        except Exception:
            log.exception("%s failed", name)
            self.report.surprises.append(traceback.format_exc())
        else:
            self.report.steps += 1
            log.info("%s done", name)

    def compact(self) -> None:
        """Compact the app's closed days."""
        self.report.compactions += 1
        for day in days_due(self.runtime, self.app, self._now()):
            publish_daily(day, self.runtime.archive(self.app), self.runtime.clock)
            self.report.days_compacted += 1

    def cover(self) -> None:
        """Rebuild coverage."""
        self.report.coverages += 1
        publish_coverage(self.runtime)

    def _now(self) -> datetime:
        self.report.went_by_its_clock = True
        return self.runtime.clock.now()
