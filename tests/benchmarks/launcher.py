"""`python -m tests.benchmarks.launcher COMMANDS`: run commands side by side, and tell what each took.

A process of its own, and a small one: on Linux the peak of a process is never below what its parent held when it was
started, so a parent that has imported Arrow would hide how little a contender takes. Only the standard library here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PRINTED = ".printed"
COMPLAINED = ".complained"


def main(commands_text: str) -> None:
    """Run all commands at once, and print a JSON object with the wall time and each one's usage.

    Args:
        commands_text: A JSON object: for each output folder the command that writes to it. What a command prints goes
            to files beside its folder, so that a full pipe never holds it up.
    """
    commands: dict[str, list[str]] = json.loads(commands_text)
    started = time.perf_counter()
    processes = [_start(command, Path(folder)) for folder, command in commands.items()]
    usages = [_usage(process) for process in processes]
    sys.stdout.write(json.dumps({"wall": time.perf_counter() - started, "usages": usages}))


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with folder.with_suffix(PRINTED).open("wb") as printed, folder.with_suffix(COMPLAINED).open("wb") as complained:
        return subprocess.Popen(command, stdout=printed, stderr=complained, stdin=subprocess.DEVNULL)  # noqa: S603 - ours


def _usage(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "exit_code": process.returncode,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * 1024,
    }


if __name__ == "__main__":
    main(sys.argv[1])
