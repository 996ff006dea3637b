"""`python -m tests.chaos --seed 1 --faults 1000`: run a campaign and print what it met and what it found.

The exit code is 0 only if everything that has to be 0 is 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.campaign import run_campaign
from tests.chaos.report import as_json, as_markdown, findings, is_clean
from tests.chaos.s3_server import S3_CHOICES

_MOST_FINDINGS = 40


def main() -> int:
    """Run what the command line asks for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides which faults are met")
    parser.add_argument("--faults", type=int, default=1000, help="how many are injected")
    parser.add_argument("--s3", choices=S3_CHOICES, help="the S3 server; Ceph where it is installed, else moto")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="chat-archive-chaos-") as folder:
        result = run_campaign(asked.seed, asked.faults, Path(folder), s3_kind=asked.s3, say=_say)
    _say("")
    if asked.json:
        sys.stdout.write(json.dumps(as_json(result), indent=1) + "\n")
    else:
        sys.stdout.write(as_markdown(result) + "\n")
        for finding in findings(result)[:_MOST_FINDINGS]:
            sys.stdout.write(f"\n{finding}\n")
    return 0 if is_clean(result) else 1


def _say(text: str) -> None:
    """Show how far it is, on one line of the terminal that the next one replaces."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
