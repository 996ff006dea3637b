"""`chat-archive` as somebody runs it who has set every logger to DEBUG, made to go wrong where the test says.

`python -m tests.canaries.at_debug '[{"words": ["catch-up"], "fault": "crash", "days_later": 0}]'` runs one command
after another in one process. Pauses are left out. A file that begins with `CRASH` crashes whoever takes its bytes.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from datetime import datetime, timedelta
from typing import Any, NoReturn
from unittest.mock import patch

import apprise
import dagster  # noqa: F401 - the loggers of all libraries have to be there before they are set

from pipelines import command_line
from resources.archive.objects import ArchiveBucket
from resources.clock import SystemClock
from resources.digests import Digester

CRASHING_FILE = b"CRASH"


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


_FAULTS = {
    "none": lambda: None,
    "crash": _crash_with_a_secret_in_hand,
    "kill": _kill_when_storing,
    "no filters": _without_filters,
}


def _turn_the_clock(days: int) -> None:
    now = SystemClock.now

    def later(clock: SystemClock) -> datetime:
        return now(clock) + timedelta(days=days)

    patch.object(SystemClock, "now", later).start()


def main(commands: list[dict[str, Any]]) -> None:
    """Run the commands; the exit code of each is printed."""
    logging.basicConfig(level=logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
    # Ten lines a request about which of its own functions botocore calls; the run through `dagster` has them too.
    logging.getLogger("botocore.hooks").setLevel(logging.INFO)
    patch.object(SystemClock, "sleep", lambda *_: None).start()
    _make_crashing_files_crash()
    for command in commands:
        _FAULTS[command.get("fault", "none")]()
        _turn_the_clock(command.get("days_later", 0))
        code = command_line.app(command["words"], standalone_mode=False)
        sys.stdout.write(f"exit code {code or 0}\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
