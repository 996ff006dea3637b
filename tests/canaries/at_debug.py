"""`chat-archive` as somebody runs it who has set every logger to DEBUG, made to go wrong where the test says.

`python -m tests.canaries.at_debug '[{"words": ["catch-up"], "before": ["crash"], "hours_later": 0}]'` runs one command
after another in one process. `job` is one too: it runs a job of Dagster's with what an operator types into its config.
Pauses are left out. A file that begins with `CRASH` crashes whoever takes its bytes.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NoReturn
from unittest.mock import patch

import apprise
import dagster as dg
import sqlalchemy
from dagster import _time

from pipelines import command_line
from pipelines.definitions import build_definitions
from resources.archive.objects import ArchiveBucket
from resources.clock import SystemClock
from resources.digests import Digester
from resources.runtime import Runtime
from resources.settings_file import load_settings
from tests.canaries.meddling import Somebody
from tests.canaries.planted import CRASHING_FILE


def _make_crashing_files_crash() -> None:
    update = Digester.update

    def crashing(digester: Digester, piece: bytes) -> None:
        if piece.startswith(CRASHING_FILE):
            raise RuntimeError("a crash that nobody has thought of")
        update(digester, piece)

    patch.object(Digester, "update", crashing).start()


def _crash_with_a_secret_in_hand() -> None:
    def crash(_: apprise.Apprise, url: str) -> NoReturn:
        raise RuntimeError(f"a crash of the command itself, {len(url)} letters in hand")

    patch.object(apprise.Apprise, "add", crash).start()


def _kill_when_storing() -> None:
    def kill(*_: Any, **__: Any) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")

    patch.object(ArchiveBucket, "put_file", kill).start()


def _without_filters() -> None:
    patch.object(logging.Filterer, "filter", lambda *_: True).start()


@cache
def _somebody() -> Somebody:
    return Somebody(Runtime(load_settings()))


_BEFORE: dict[str, Callable[[], None]] = {
    "crash": _crash_with_a_secret_in_hand,
    "kill": _kill_when_storing,
    "no filters": _without_filters,
    "meddle": lambda: _somebody().meddle(),
    "restore support": lambda: _somebody().restore_support(),
    "restore mall": lambda: _somebody().restore_mall(),
    "leave behind": lambda: _somebody().leave_behind(),
}


def _leave_out_syncing(connection: Any, _: object) -> None:
    """Let Dagster's database not wait for the disk: at DEBUG each line that is logged within a run is a transaction."""
    connection.execute("PRAGMA synchronous = OFF")


def _turn_the_clocks(hours: int) -> None:
    """Turn this machine's clock, S3's, and Dagster's, which decides which days are partitions by now."""
    now, s3_time, dagsters_now = SystemClock.now, ArchiveBucket.time, _time._mockable_get_current_datetime

    def later(clock: SystemClock) -> datetime:
        return now(clock) + timedelta(hours=hours)

    def later_in_s3(bucket: ArchiveBucket) -> datetime:
        return s3_time(bucket) + timedelta(hours=hours)

    def later_in_dagster() -> datetime:
        return dagsters_now() + timedelta(hours=hours)

    patch.object(_time, "_mockable_get_current_datetime", later_in_dagster).start()
    patch.object(SystemClock, "now", later).start()
    patch.object(ArchiveBucket, "time", later_in_s3).start()


def _run(words: list[str]) -> int:
    if words[0] != "job":
        return command_line.app(words, standalone_mode=False) or 0
    _, name, config = words
    job = build_definitions(Runtime(load_settings())).get_repository_def().get_job(name)
    with dg.DagsterInstance.get() as instance:
        run = job.execute_in_process(run_config=json.loads(config), instance=instance, raise_on_error=False)
    return 0 if run.success else 1


def main(commands: list[dict[str, Any]]) -> None:
    """Run the commands; the exit code of each is printed."""
    logging.basicConfig(level=logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
    # Many lines a request, of which of its own functions and rules botocore uses; the run through `dagster` has them.
    for name in ("botocore.hooks", "botocore.regions"):
        logging.getLogger(name).setLevel(logging.INFO)
    patch.object(SystemClock, "sleep", lambda *_: None).start()
    _make_crashing_files_crash()
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", _leave_out_syncing)
    for command in commands:
        for name in command["before"]:
            _BEFORE[name]()
        _turn_the_clocks(command["hours_later"])
        code = _run(command["words"])
        sys.stdout.write(f"exit code {code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
