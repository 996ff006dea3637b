"""Every documented form of a message, from a gzip file to Parquet and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.assets.conversion.hours import Converted, convert

HERE = Path(__file__).parent
LINES = (HERE / "history_lines.jsonl").read_bytes()
EXPECTED: list[dict[str, Any]] = json.loads((HERE / "history_lines.expected.json").read_text())
MSG_IDS = [json.loads(line)["msg_id"] for line in LINES.split(b"\n") if line]
MSG_ID_BY_NAME = {expected["name"]: MSG_IDS[expected["line"] - 1] for expected in EXPECTED}


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return convert(tmp_path_factory.mktemp("samples"), LINES)


@pytest.fixture(scope="module")
def rows(converted: Converted) -> dict[str, dict[str, Any]]:
    return {row["msg_id"]: row for row in converted.rows}


def assert_lands_as_expected(expected: dict[str, Any], rows: dict[str, dict[str, Any]]) -> None:
    """Compare the columns that a sample's expectation names; `rows` are by message id."""
    row = rows[MSG_IDS[expected["line"] - 1]]
    for column, value in expected["columns"].items():
        if column == "timestamp":
            assert row["timestamp"].isoformat(timespec="milliseconds").replace("+00:00", "Z") == value
        elif column == "extra_has":
            assert all(text in row["extra"] for text in value)
        elif column == "conversation_same_as":
            assert row["conversation_id"] == rows[MSG_ID_BY_NAME[value]]["conversation_id"]
        elif column == "custom_params":
            assert json.loads(row["custom_params"]) == value
        else:
            assert row[column] == value, column


@pytest.mark.parametrize("expected", EXPECTED, ids=[expected["name"] for expected in EXPECTED])
def test_a_documented_form_lands_in_its_columns(expected: dict[str, Any], rows: dict[str, dict[str, Any]]) -> None:
    assert_lands_as_expected(expected, rows)


def test_every_sample_is_a_message(converted: Converted) -> None:
    counts = converted.conversion.counts
    assert (counts.lines, counts.messages, counts.conflicts, counts.outside_hour) == (
        len(EXPECTED),
        len(EXPECTED),
        0,
        0,
    )


def test_no_attachment_secret_of_the_samples_is_in_any_column(converted: Converted) -> None:
    secrets = [
        body[key]
        for line in LINES.split(b"\n")
        if line
        for body in json.loads(line)["payload"]["bodies"]
        for key in ("secret", "thumb_secret")
        if key in body
    ]
    table = json.dumps(converted.rows, default=str)
    assert len(secrets) == 5
    assert not [secret for secret in secrets if secret in table]
