"""The campaign: round after round, what is due is captured and converted under faults, while the clock moves on.

It begins with one catch-up without faults, of the app whose oldest hours the platform is about to delete: what is lost
then was lost before. The clock is turned to where the first day of that app is closed, and rounds follow. In each the
planner says what is due, and runs do it, a few hours each, as the schedules have it; one app, another each round, is
caught up instead, by a run that plans by itself, compacts closed days and rebuilds coverage. Beside them some hours are
run again, and now and then a server goes away. When enough faults were injected they stop, a few more rounds follow (a
failed hour waits for up to two hours), and everything is held against the truth. Nothing is decided here about what a
fault is (`fault_kinds.py`, `troubles.py`, `server_troubles.py`) or what is right (`reader.py`, `audit.py`).
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import Final

from pipelines.planner import hours_of_the_archive, in_order, plan_app
from resources.archive.ledger import HoursRead
from resources.hours.due import Task
from resources.settings import AppSettings
from tests.chaos.audit import Audit, audit
from tests.chaos.fault_kinds import Fault, Place
from tests.chaos.orders import ByParts, RunOrder
from tests.chaos.processes import EndedRun, OrderedRun, run_all
from tests.chaos.reader import Reader
from tests.chaos.server_troubles import ServerTrouble, let_happen, server_troubles
from tests.chaos.troubles import NO_TROUBLE, Trouble, trouble
from tests.chaos.world import FIRST_DAY_CLOSES, FIRST_HOUR, ChaosWorld, details, start_world

SIDE_BY_SIDE: Final = 4
MOST_ROUNDS: Final = 2_000

_SHORTEST_STEP: Final = timedelta(minutes=40)
_LONGEST_STEP: Final = timedelta(minutes=140)
_TASKS_A_RUN: Final = 4
_RERUNS: Final = 2
_ONE_BY_PARTS_IN: Final = 3
_RERUN_AMONG_THE_LAST: Final = 16
_LAST_ROUNDS: Final = (timedelta(0), *[timedelta(minutes=90)] * 3)
"""After a failure an hour is asked for within two hours, by a clock that may have been two hours ahead."""

Say = Callable[[str], None]


@dataclass(slots=True)
class CampaignResult:
    """What a campaign did and found.

    Attributes:
        seed: Its seed.
        s3: The S3 server.
        faults: How many were injected, by place and kind.
        audit: What was found in the end.
        half_visible: What a reader saw that was not whole.
        looks_beside: How often he looked while runs were alive.
        rounds: How many there were.
        days: How far the clock went.
        runs: How many there were; `killed` of them did not come to their end.
        killed: See there.
        sent_by_parts: Files that were sent to S3 by parts, in runs that came to their end.
        compactions: How often runs that came to their end set out to compact closed days while faults were on.
        days_compacted: How many days they compacted then.
        coverages: How often they set out to rebuild coverage then.
        failures: Declared errors, by class.
        surprises: Errors that no step may end with, and runs that ended in a way nobody asked for.
        secrets_told: Logs and records with a secret in them.
        left_behind: Temporary files of runs that were not killed.
        left_by_killed: Bytes in temporary folders of killed runs.
        seconds: How long it took.
    """

    seed: int
    s3: str
    faults: dict[tuple[Place, Fault], int] = field(default_factory=dict)
    audit: Audit = field(default_factory=Audit)
    half_visible: list[str] = field(default_factory=list)
    looks_beside: int = 0
    rounds: int = 0
    days: float = 0.0
    runs: int = 0
    killed: int = 0
    sent_by_parts: int = 0
    compactions: int = 0
    days_compacted: int = 0
    coverages: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    secrets_told: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    left_by_killed: int = 0
    seconds: float = 0.0


def run_campaign(
    seed: int, faults: int, folder: Path, *, s3_kind: str | None = None, say: Say = lambda _: None
) -> CampaignResult:
    """Run a campaign.

    Args:
        seed: Decides all that can be decided.
        faults: How many are injected; a few more where several strike at once.
        folder: An empty folder; what is in it afterwards is of no use.
        s3_kind: `ceph`, `moto`, or None for the best there is.
        say: Told how far it is, a line at a time.

    Raises:
        RuntimeError: Ceph was asked for and is not installed.
    """
    started = time.monotonic()
    with start_world(folder, seed, faults, s3_kind) as world, ThreadPoolExecutor(2) as beside:
        campaign = _Campaign(world, seed, beside, say)
        campaign.run()
        campaign.result.seconds = time.monotonic() - started
        return campaign.result


class _Campaign:
    """One campaign while it runs."""

    def __init__(self, world: ChaosWorld, seed: int, beside: Executor, say: Say) -> None:
        self._world = world
        self._seed = seed
        self._beside = beside
        self._say = say
        self._reader = Reader(world)
        self.result = CampaignResult(seed, world.s3.name)

    def run(self) -> None:
        """Do all of it and leave the result."""
        world, result, began = self._world, self.result, self._world.clock.now()
        first_app = world.settings.apps[0]
        with world.faults.paused():
            self._do([self._order(first_app)])
        world.clock.turn_to(FIRST_DAY_CLOSES)
        while not world.faults.are_enough and result.rounds < MOST_ROUNDS:
            self._round()
        world.faults.stop()
        for pause in _LAST_ROUNDS:
            world.clock.advance(pause)
            self._do([run for app in world.settings.apps for run in self._planned(app, Random(1), faultless=True)])
        self._do([self._catch_up(app) for app in world.settings.apps])
        self._say("comparing with the truth")
        result.audit = audit(world, world.settings.apps)
        result.secrets_told += self._records_with_secrets()
        result.half_visible, result.looks_beside = self._reader.half_visible, self._reader.looks_beside
        result.faults = world.faults.counts
        result.days = (world.clock.now() - began) / timedelta(days=1)

    def _round(self) -> None:
        self.result.rounds += 1
        random = details(self._seed, f"round {self.result.rounds}")
        apps = self._world.settings.apps
        caught_up = apps[(self.result.rounds - 1) % len(apps)]
        runs = [self._catch_up(caught_up, trouble(random))]
        for app in random.sample(apps, len(apps)):
            runs += self._planned(app, random) if app is not caught_up else []
        runs += [self._rerun(random.choice(apps), random) for _ in range(_RERUNS)]
        self._do(runs, server_troubles(self._world, random))
        self._say(
            f"seed {self._seed}: {self._world.faults.total:,} faults in {self.result.runs:,} runs, "
            f"the clock stands at {self._world.clock.now():%d %B %H:%M}"
        )
        self._world.clock.advance(random.uniform(0, 1) * (_LONGEST_STEP - _SHORTEST_STEP) + _SHORTEST_STEP)

    def _catch_up(self, app: AppSettings, what: Trouble = NO_TROUBLE) -> OrderedRun:
        """What an operator starts: an app is caught up and compacted, and coverage is rebuilt."""
        return self._order(app, what, compacts=True, covers=True)

    def _planned(self, app: AppSettings, random: Random, *, faultless: bool = False) -> list[OrderedRun]:
        """What a schedule starts: runs with what is due by the planner, from the records as they are in S3."""
        now = self._world.clock.now()
        hours = hours_of_the_archive(FIRST_HOUR, now)
        due = in_order(plan_app(app, hours, HoursRead(dict(self._reader.records(app))), now), now)
        runs = []
        for start in range(0, len(due), _TASKS_A_RUN):
            tasks = tuple((task.task, task.hour.key) for task in due[start : start + _TASKS_A_RUN])
            runs.append(self._order(app, NO_TROUBLE if faultless else trouble(random), tasks))
        return runs

    def _rerun(self, app: AppSettings, random: Random) -> OrderedRun:
        """What a person starts in the UI while the rest goes on: an hour again, as a look or from its raw files."""
        hour = random.choice(self._world.ended_hours()[-_RERUN_AMONG_THE_LAST:])
        task = random.choice((Task.LOOK, Task.LOOK, Task.CONVERT))
        return self._order(app, trouble(random), ((task, hour.key),))

    def _order(
        self,
        app: AppSettings,
        what: Trouble = NO_TROUBLE,
        tasks: tuple[tuple[Task, str], ...] | None = None,
        *,
        compacts: bool = False,
        covers: bool = False,
    ) -> OrderedRun:
        self.result.runs += 1
        world, number = self._world, self.result.runs
        order = RunOrder(
            number=number,
            app=app.name,
            tasks=tasks,
            compacts=compacts,
            covers=covers,
            now=world.clock.now() + what.skew,
            skew=what.skew,
            settings_file=world.settings_file,
            state=world.state,
            folder=world.folder / "runs" / str(number),
            environment=world.environment,
            dies_at_step=what.dies_at_step,
            largest_file=what.largest_file,
            full_after_files=what.full_after_files,
            by_parts=ByParts.NONE if number % _ONE_BY_PARTS_IN else world.s3.takes_by_parts,
        )
        return OrderedRun(order, what.killed_after)

    def _do(self, runs: Sequence[OrderedRun], troubles: Sequence[ServerTrouble] = ()) -> None:
        """Run them among such troubles, take down how each ended, and let the reader look meanwhile and afterwards."""
        over = Event()
        beside = [self._beside.submit(let_happen, troubles, self._world.faults)]
        if not any(each.place is Place.S3 for each in troubles):  # the reader needs S3 itself
            beside.append(self._beside.submit(self._reader.watch, over))
        try:
            for ended in run_all(runs, SIDE_BY_SIDE):
                self._take_down(ended)
        finally:
            over.set()
        for each in beside:
            each.result()  # a server that did not come back, or that the reader could not read, ends the campaign here
        self._reader.look()

    def _take_down(self, ended: EndedRun) -> None:
        result, order, faults = self.result, ended.order, self._world.faults
        if ended.killed:
            result.killed += 1
            faults.injected(Place.RUN, Fault.KILLED_AT_STEP if ended.killed_at_step else Fault.KILLED_AT_TIME)
        elif ended.report is None:
            result.surprises.append(f"Run {order.number} ended with {ended.exit_code}{' and hung' * ended.hung}.")
        else:
            result.sent_by_parts += ended.report.sent_by_parts
            if faults.are_on:
                result.compactions += ended.report.compactions
                result.days_compacted += ended.report.days_compacted
                result.coverages += ended.report.coverages
            result.failures.update(ended.report.failures)
            result.surprises += ended.report.surprises
            if ended.report.met_full_disk:
                faults.injected(Place.RUN, Fault.DISK_FULL)
            if order.skew and ended.report.went_by_its_clock:
                faults.injected(Place.RUN, Fault.CLOCK_SKEWED)
        log, temporary = order.folder / "log", order.folder / "tmp"
        told = log.read_text(errors="replace") if log.exists() else ""
        if any(secret in told for secret in self._world.secrets):
            result.secrets_told.append(f"the log of run {order.number}")
        left = [path for path in temporary.rglob("*") if path.is_file()]
        if ended.killed:
            result.left_by_killed += sum(path.stat().st_size for path in left)
        else:
            result.left_behind += [path.name for path in left]
        shutil.rmtree(order.folder, ignore_errors=True)

    def _records_with_secrets(self) -> list[str]:
        bucket, secrets = self._world.bucket, [secret.encode() for secret in self._world.secrets]
        found = []
        for key in bucket.keys(f"{bucket.prefix}ledger/"):
            stored = bucket.read(key)
            if stored is not None and any(secret in stored[0] for secret in secrets):
                found.append(key)
        return found
