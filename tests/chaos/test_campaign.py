"""A short campaign, by the command that a person types, and what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.chaos.campaign import CampaignResult
from tests.chaos.fault_kinds import Fault, Place
from tests.chaos.report import as_json, as_markdown, is_clean

REPOSITORY = Path(__file__).parents[2]
FAULTS = 60


def test_nothing_is_lost_doubled_or_altered_in_a_short_campaign() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--faults", str(FAULTS), "--json", "--seed", "5", "--s3", "moto"]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert ended.stdout, ended.stderr
    found = json.loads(ended.stdout)
    assert found["must_be_zero"] == dict.fromkeys(found["must_be_zero"], 0), found["findings"]
    assert ended.returncode == 0
    assert found["faults_total"] >= FAULTS
    assert {name.split(":")[0] for name in found["faults"]} == {"API", "download", "S3", "run"}
    assert found["campaign"]["messages"] > 0
    assert found["campaign"]["files sent by parts, by runs that were not killed"] > 0


def test_a_finding_shows_in_the_tables_and_in_the_verdict() -> None:
    result = CampaignResult(3, "moto", faults={(Place.S3, Fault.ANSWER_LOST): 7, (Place.RUN, Fault.DISK_FULL): 2})
    assert is_clean(result)
    result.audit.lost = 1
    result.half_visible.append("messages.parquet holds 3 messages: a part of a file")
    assert not is_clean(result)
    tables = as_markdown(result)
    assert "| messages lost | 1 |" in tables
    assert "| answer lost after the work was done |  |  | 7 |  | 7 |" in tables
    assert "| all |  |  | 7 | 2 | 9 |" in tables
    assert as_json(result)["findings"] == ["half-visible: messages.parquet holds 3 messages: a part of a file"]
