"""What campaigns print, and whether docs/reliability.md has it as they print it."""

from __future__ import annotations

from itertools import pairwise

from tests.chaos.campaign import CampaignResult
from tests.chaos.fault_kinds import Fault, Place
from tests.chaos.report import as_json, as_markdown, is_clean
from tests.figures_in_docs import RELIABILITY, figures_of


def a_result(seed: int) -> CampaignResult:
    return CampaignResult(
        seed, "moto", faults={(Place.S3, Fault.ANSWER_LOST): 7, (Place.RUN, Fault.DISK_FULL): 2}, runs=1_200
    )


def test_a_finding_shows_in_the_tables_and_in_the_verdict() -> None:
    result = a_result(3)
    assert is_clean(result)
    result.audit.lost = 1
    result.half_visible.append("messages.parquet holds 3 messages: a part of a file")
    assert not is_clean(result)
    tables = as_markdown([result], 1000)
    assert "| messages lost | 1 |" in tables
    assert "| answer lost after the work was done |  |  | 7 |  | 7 |" in tables
    assert "| all |  |  | 7 | 2 | 9 |" in tables
    assert as_json(result)["findings"] == ["half-visible: messages.parquet holds 3 messages: a part of a file"]


def test_each_campaign_has_a_row_and_the_first_is_printed_in_full() -> None:
    results = [a_result(3), a_result(4)]
    results[1].audit.lost = 2
    command, summary, title, *tables = as_markdown(results, 1000).split("\n\n")
    assert command == '`make chaos SEED="3 4" FAULTS=1000` has printed this:'
    assert summary.splitlines()[2:] == [
        "| 3 | 9 | 1,200 | 0 | 0 | 0 | 0 | 0 | 0 | all 0 |",
        "| 4 | 9 | 1,200 | 0 | 0 | 0 | 0 | 0 | 0 | messages lost: 2 |",
    ]
    assert title == "Seed 3 in full, S3: moto."
    assert as_markdown(results[:1], 1000).endswith("\n\n".join(["", title, *tables]))


def labels(figures: str) -> list[str]:
    """Return the heads and the first cells of all rows, but for the numbers of seeds and the faults that were met."""
    lines = figures.splitlines()
    heads = [line for line, next_one in pairwise(lines) if next_one.startswith("| ---")]
    first_cells = [line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")]
    return heads + [cell for cell in first_cells if not cell.isdigit() and cell not in set(Fault)]


def test_the_documentation_has_the_rows_that_a_campaign_prints() -> None:
    in_docs = figures_of(RELIABILITY.read_text(), "make chaos")
    assert labels(in_docs) == labels(as_markdown([a_result(1)], 1000))
