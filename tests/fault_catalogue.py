"""The catalogue of what goes wrong, and the tests that show what happens then: `docs/fault-catalogue.md` is made of it.

A test of a case is called `test_case_NN_` and then a sentence. What a raw file's bytes may hold, cases 17 to 25, is a
catalogue of its own: the hostile lines and files in `tests/assets/conversion/hostile_*.py`.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

_PROJECT: Final = Path(__file__).parents[1]
_TEST = re.compile(r"^(?:async )?def test_case_(\d\d)_(\w+)\(", re.MULTILINE)

CASES: Final = {
    "The platform and its downloads": {
        1: "429 again and again, with `Retry-After` in seconds or as a date",
        2: "`Retry-After` of a day, below zero, or garbage",
        3: "500, 502, 503 or 504",
        4: "The token ends in the middle of a run",
        5: "403: the app is banned, or has not bought the service",
        6: "No file yet, or never one",
        7: "The signed URL has run out when the download begins",
        8: "It runs out in the middle of the download",
        9: "The connection is cut at 1 %, 50 %, 99 %, or before the last byte",
        10: "The length is missing, too long or too short",
        11: "A byte now and then, so that no single read ever times out",
        12: "Several URLs, none, or one twice",
        13: "The file grows between the first look and the settled one",
        14: "The file shrinks, or is gone, while it should still be there",
        15: "Zones, summer time, messages just outside their hour",
        16: "A backlog near its deadlines; a weekend, or longer, without a daemon",
    },
    "S3": {
        28: "503 SlowDown",
        29: "Storage hangs; the gateway is killed, or both are",
        30: "The answer is lost after S3 did the work",
        31: "Something else lies under the key already",
        32: "409: two writers at the same instant",
        33: "Two and sixteen runs of one hour at once",
        34: "An hour that is archived is run again",
        35: "`kill -9` at every system call that writes, and at every step of the protocol",
        36: "A bit is turned on the way up",
        37: "A bit is turned on the way down, or in the store",
        38: "Objects are deleted, added or edited under the ledger",
        39: "Wrong keys, a suspended user, no bucket, no quota, no permission",
        40: "Keys are rotated in the middle of a run",
        41: "A bucket that keeps old versions, with or without Object Lock",
        42: "The disk is full, or fails to flush",
        43: "A clock that is off by 20 minutes, or by 2 hours",
        44: "What a killed run leaves behind",
    },
    "Attacks": {
        26: "Hostile names of apps, roots and files",
        27: "Escape sequences, markup and formulas in what people and the platform say",
        45: "A signed URL that leads to where no file should be fetched from",
        46: "Every secret, looked for in everything a run writes, at the level DEBUG",
        47: "Certificates that nobody vouches for; credentials on the way to the wrong host",
        48: "A materialization that was forged in Dagster",
    },
}
"""By part, each case's number and what goes wrong."""


def sentences_by_case() -> dict[int, list[tuple[str, str]]]:
    """Find the tests of each case: for each its file, relative to the project, and its sentence."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((_PROJECT / "tests").rglob("test_*.py")):
        for number, words in _TEST.findall(path.read_text(encoding="utf-8")):
            found[int(number)].append((path.relative_to(_PROJECT).as_posix(), words.replace("_", " ")))
    return found


def fault_catalogue() -> str:
    """Return the page, as Markdown."""
    tests = sentences_by_case()
    lines = [
        "# What goes wrong, and what happens then",
        "",
        "Written by `make docs` from the tests themselves: each sentence is the name of a test. What the bytes of a",
        "raw file may hold, cases 17 to 25, is told in [reliability.md](reliability.md), under hostile input.",
    ]
    for part, cases in CASES.items():
        lines += ["", f"## {part}"]
        for number, trouble in cases.items():
            lines += ["", f"**{number}. {trouble}**", ""]
            lines += [f"- {sentence} ([test](../{path}))" for path, sentence in tests[number]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(fault_catalogue())
