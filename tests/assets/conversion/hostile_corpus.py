"""Tries the converter with everything hostile that there is here, and counts what went wrong.

`python -m tests.assets.conversion.hostile_corpus` prints the figures that `docs/reliability.md` quotes, and fails if
anything was not as expected. The inputs are in `hostile_files.py`, `hostile_lines.py` and `almost_usual.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.assets.conversion.hostile_files import BOMBS
from tests.assets.conversion.hostile_trial import GENERATED_FILES, GENERATED_LINES, NAMED, Outcome

TRIAL: Final = (sys.executable, "-m", "tests.assets.conversion.hostile_trial")
LONGEST_S: Final = 600
"""A program that has not ended by then hangs, and counts as crashed."""

_ROOT = Path(__file__).parents[3]


@dataclass
class Report:
    """What became of many trials.

    Attributes:
        outcomes: By name.
        crashed: Names of the trials in which the program died, with how it ended.
        bomb_peak_mib: The most memory that was taken while bombs were refused, in MiB.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    crashed: dict[str, str] = field(default_factory=dict)
    bomb_peak_mib: float = 0.0

    def tried(self, names: Sequence[str]) -> int:
        """Return how many inputs some of the trials had."""
        return sum(self.outcomes[name].tried for name in names if name in self.outcomes)

    @property
    def surprises(self) -> dict[str, str]:
        """What was not as expected, by the names of the trials, losses and crashes included."""
        found = {
            name: outcome.surprise or "lines were lost or do not add up"
            for name, outcome in self.outcomes.items()
            if outcome.surprise or outcome.lost or outcome.unbalanced
        }
        return found | self.crashed

    @property
    def failed(self) -> bool:
        """Whether anything at all was not as expected."""
        return bool(self.surprises)

    def as_table(self) -> str:
        """Return the figures as a Markdown table."""
        named = [name for name in NAMED if name in self.outcomes or name in self.crashed]
        figures = {
            "named cases": len(named),
            "generated lines": self.tried(GENERATED_LINES),
            "generated damaged files": self.tried(GENERATED_FILES),
            "crashes": len(self.crashed),
            "silent losses": sum(outcome.lost for outcome in self.outcomes.values()),
            "conservation violations": sum(outcome.unbalanced for outcome in self.outcomes.values()),
            "other surprises": sum(outcome.surprise is not None for outcome in self.outcomes.values()),
        }
        rows = [f"| {name} | {figure:,} |" for name, figure in figures.items()]
        rows.append(f"| peak memory of the process that refuses bombs | {self.bomb_peak_mib:.0f} MiB |")
        return "\n".join(["| figure | |", "|---|---|", *rows]) + "\n"


def try_all() -> Report:
    """Make every trial there is; bombs apart from the others, for the memory they take."""
    report = Report()
    run_trials(tuple(BOMBS), report)
    report.bomb_peak_mib = max((outcome.peak_mib for outcome in report.outcomes.values()), default=0.0)
    run_trials(tuple(name for name in NAMED if name not in BOMBS), report)
    run_trials(GENERATED_LINES + GENERATED_FILES, report)
    return report


def run_trials(names: Sequence[str], report: Report, program: Sequence[str] = TRIAL) -> None:
    """Make trials in another process. Where it dies, the trial it was at has crashed; the next process goes on."""
    remaining = list(names)
    while remaining:
        try:
            ended = subprocess.run(  # noqa: S603 - our own program
                program,
                input="\n".join(remaining),
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                cwd=_ROOT,
                check=False,
            )
            output, how = ended.stdout, f"ended with {ended.returncode}: {ended.stderr[-500:]}"
        except subprocess.TimeoutExpired as expired:
            output, how = (expired.stdout or b"").decode(), "did not end"
        for line in output.splitlines():
            outcome = Outcome(**json.loads(line))
            report.outcomes[outcome.name] = outcome
            remaining.remove(outcome.name)
        if remaining:
            report.crashed[remaining.pop(0)] = how


if __name__ == "__main__":
    final_report = try_all()
    sys.stdout.write(final_report.as_table())
    for failed_name, surprise in final_report.surprises.items():
        sys.stderr.write(f"{failed_name}: {surprise}\n")
    sys.exit(final_report.failed)
