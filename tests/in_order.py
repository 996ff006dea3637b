"""In which order tests run: the quick ones first, and last the files that take long, the longest of them first.

Several files run at a time, so a long one that began last would leave the others nothing to do. Not here: how many at a
time, which the Makefile says.
"""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent

LONG = (
    "browser/test_dagster_ui.py",
    "daemon/test_dagster_daemon.py",
    "crash/test_crash_sweep.py",
    "chaos/test_campaign.py",
    "daemon/test_power_cut.py",
    "pipelines/test_verification.py",
    "canaries/test_case_46_no_secret_leaves.py",
    "deploy/test_services.py",
    "assets/conversion/test_against_reference.py",
    "faults/test_killed_storage.py",
    "assets/conversion/test_hostile_corpus.py",
    "pipelines/test_verify_command.py",
    "pipelines/test_clock_skew.py",
    "pipelines/test_three_days.py",
    "faults/test_looks_and_deadlines.py",
    "docs/test_spark.py",
    "assets/conversion/test_patterns_against_reference.py",
    "deploy/test_policies_at_work.py",
    "crash/test_disk_trouble.py",
    "daemon/test_run_launcher.py",
    "deploy/test_proxy.py",
    "assets/verification/test_verify.py",
    "resources/archive/contract/test_listing.py",
)
"""Those that take more than twenty seconds, from four minutes downwards; what `--durations` says is copied by hand."""

_TURN = {FOLDER / name: turn for turn, name in enumerate(LONG, start=2)}


def turn_of(item: pytest.Item) -> int:
    """Return what to sort tests by: 0 without servers, 1 with them, then a number for each long file."""
    needs_a_server = item.get_closest_marker("integration") is not None
    return _TURN.get(item.path, int(needs_a_server))
