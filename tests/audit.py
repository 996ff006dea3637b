"""`python -m tests.audit`: has anything in requirements.lock a known vulnerability? Asks pip-audit, for two minutes.

Exit code 1 when something has, or when pip-audit does not work. Where the service it asks does not answer, or knows not
one of the packages, as a mirror may, that is said and the exit code is 0: a build without internet must not fail for
it, nor seem to have been audited.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

ACCEPTED: Final[Mapping[str, str]] = MappingProxyType({})
"""Vulnerabilities that do not concern this project, by id, each with its reason. Look through them at every release."""

_LOCK: Final = Path(__file__).parents[1] / "requirements.lock"
_LONGEST_SECONDS: Final = 120
_NO_ANSWER: Final = re.compile(
    r"ConnectionError|Could not connect|timed out|HTTPError: (429|5\d\d) |network may be blocking"
)
"""What pip-audit says when the service is out of reach, or has no time; any other status says something is wrong."""


def verdict(report: str, trouble: str) -> tuple[int, str]:
    """Judge what pip-audit said.

    Args:
        report: Its standard output, JSON where the service answered.
        trouble: Its standard error.

    Returns:
        An exit code, and a sentence for a person.
    """
    try:
        dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if _NO_ANSWER.search(trouble):
            return 0, "NOT AUDITED: the service that knows of vulnerabilities cannot be reached from here."
        return 1, f"pip-audit did not work. Its last words: {trouble.strip()[-500:]}"
    audited = [each for each in dependencies if "skip_reason" not in each]
    if not audited:
        return 0, f"NOT AUDITED: the service knows none of the {len(dependencies)} packages."
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, mended in {_versions(vulnerability)}"
        for each in audited
        for vulnerability in each["vulns"]
        if not ACCEPTED.keys() & {vulnerability["id"], *vulnerability.get("aliases", ())}
    ]
    skipped = f", {len(dependencies) - len(audited)} unknown to the service" if len(audited) < len(dependencies) else ""
    if found:
        return 1, "\n".join([*found, "Run `make lock`, or say in tests/audit.py why it does not concern this project."])
    return 0, f"Audited: no known vulnerability in {len(audited)} packages{skipped}."


def _versions(vulnerability: Mapping[str, Any]) -> str:
    return ", ".join(vulnerability.get("fix_versions", ())) or "no version yet"


def main() -> int:
    """Ask, print the verdict, and return the exit code."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(_LOCK), "--require-hashes", "--disable-pip"]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        asked = subprocess.run(  # noqa: S603 - fixed words
            [*command, *options], capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        code, sentence = verdict("", "timed out")
    else:
        code, sentence = verdict(asked.stdout, asked.stderr)
    sys.stdout.write(f"{sentence}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
