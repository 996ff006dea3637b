"""`python -m tests.chaos --seed 1 2 3 --faults 1000`: run campaigns and print what they met and what they found.

The exit code is 0 only if everything that has to be 0 is 0.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.campaign import CampaignResult, run_campaign
from tests.chaos.report import as_json, as_markdown, findings, is_clean
from tests.chaos.s3_server import S3_CHOICES
from tests.figures_in_docs import write_figures
from tests.progress import show_progress

_MOST_FINDINGS = 40


def main() -> int:
    """Run what the command line asks for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="each decides which faults a campaign meets")
    parser.add_argument("--faults", type=int, default=1000, help="how many are injected in each")
    parser.add_argument("--s3", choices=S3_CHOICES, help="the S3 server; Ceph where it is installed, else moto")
    parser.add_argument("--json", action="store_true", help="print a JSON list of campaigns instead of tables")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page as well")
    asked = parser.parse_args()
    results = [_campaign(seed, asked.faults, asked.s3) for seed in asked.seed]
    show_progress("")
    if asked.json:
        sys.stdout.write(json.dumps([as_json(result) for result in results], indent=1) + "\n")
    else:
        sys.stdout.write(as_markdown(results, asked.faults) + "\n")
        for result in results:
            for finding in findings(result)[:_MOST_FINDINGS]:
                sys.stdout.write(f"\nSeed {result.seed}: {finding}\n")
    if asked.write is not None:
        write_figures(asked.write, "make chaos", as_markdown(results, asked.faults))
    return 0 if all(map(is_clean, results)) else 1


def _campaign(seed: int, faults: int, s3_kind: str | None) -> CampaignResult:
    with TemporaryDirectory(prefix="chat-archive-chaos-") as folder:
        return run_campaign(seed, faults, Path(folder), s3_kind=s3_kind, say=show_progress)


if __name__ == "__main__":
    sys.exit(main())
