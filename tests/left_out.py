"""Leaving a test out where the machine lacks a program: it is skipped, and the summary says so, or fails on request.

Not here: what a server cannot do by its nature, which is an ordinary skip with its reason.
"""

from __future__ import annotations

from typing import NoReturn

import pytest

_SIGN = "not on this machine: "


def leave_out(missing: str) -> NoReturn:
    """Leave the running test out, since something is not installed.

    Args:
        missing: What, as a person would look for it, such as "redis-server".
    """
    pytest.skip(reason_to_leave_out(missing))


def reason_to_leave_out(missing: str) -> str:
    """Return the reason for a mark, where it is known before any test runs; `missing` as above."""
    return f"{_SIGN}{missing} (`make test-all` installs it)"


def was_left_out(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """Tell whether a report is of a test that was left out by `leave_out`."""
    return report.skipped and isinstance(report.longrepr, tuple) and _SIGN in report.longrepr[2]
