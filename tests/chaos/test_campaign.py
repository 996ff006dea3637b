"""A short campaign, by the command that a person types, on each S3 server: its first day closes at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.s3_server import S3_CHOICES
from tests.left_out import leave_out
from tests.servers.ceph import missing_programs

REPOSITORY = Path(__file__).parents[2]
FAULTS = 120


@pytest.mark.parametrize("s3", S3_CHOICES)
def test_nothing_is_lost_doubled_or_altered_in_a_short_campaign(s3: str) -> None:
    if s3 == "ceph" and (missing := missing_programs()):
        leave_out(f"Ceph, of which there is no {' and no '.join(missing)}")
    command = [sys.executable, "-m", "tests.chaos", "--faults", str(FAULTS), "--json", "--seed", "5", "--s3", s3]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert ended.stdout, ended.stderr
    (found,) = json.loads(ended.stdout)
    assert found["must_be_zero"] == dict.fromkeys(found["must_be_zero"], 0), found["findings"]
    assert ended.returncode == 0
    assert found["faults_total"] >= FAULTS
    assert {name.split(":")[0] for name in found["faults"]} == {"API", "download", "S3", "run"}
    campaign = found["campaign"]
    assert campaign["messages"] > 0
    assert campaign["days compacted"] > 0
    assert campaign["compactions begun while faults were on"] > 0  # a fault may keep one from its end
    assert campaign["rebuilds of coverage begun while faults were on"] > 0
    assert campaign["looks of a reader while runs were alive"] > 0
