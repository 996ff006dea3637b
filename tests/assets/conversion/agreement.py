"""Whether a conversion's files and counts say what the reference says, to the letter.

Only one thing may differ: how a float is written inside `extra` and `custom_params`. It has several shortest forms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assets.conversion.schema import QUARANTINE_SCHEMA
from tests.assets.conversion.hours import HOUR, Converted
from tests.assets.conversion.reference import Reference

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_START_MS = (HOUR.start - EPOCH) // timedelta(milliseconds=1)

STRING_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)


def differences(converted: Converted, reference: Reference) -> list[str]:
    """Return what a conversion and the reference disagree on, in words; nothing where they agree."""
    counts = converted.conversion.counts.model_dump()
    found = [
        f"{name}: {counts[name]}, and {expected} by the reference"
        for name, expected in reference.counts.items()
        if counts[name] != expected
    ]
    expected_rows = sorted(reference.rows, key=place_in_the_file)
    found += first_difference("message", rows_of(converted.messages_path), expected_rows)
    names = QUARANTINE_SCHEMA.names
    quarantined = [dict(zip(names, line, strict=True)) for line in reference.quarantined]
    found += first_difference("quarantined line", rows_of(converted.quarantine_path), quarantined)
    return found


def first_difference(what: str, actual: Sequence[dict[str, Any]], expected: Sequence[dict[str, Any]]) -> list[str]:
    """Describe the first row that is not as expected; values are compared by repr, which tells 1 from 1.0 and -0.0."""
    if len(actual) != len(expected):
        return [f"{what}s: {len(actual)}, and {len(expected)} by the reference: {actual} and {expected}"]
    for place, (row, expected_row) in enumerate(zip(actual, expected, strict=True)):
        if repr(row) != repr(expected_row):
            differing = [name for name in expected_row if repr(row.get(name)) != repr(expected_row[name])]
            by_name = {name: (row.get(name), expected_row[name]) for name in differing}
            return [f"{what} {place}: {by_name}, the product's value first; the row: {expected_row}"]
    return []


def place_in_the_file(row: dict[str, Any]) -> tuple[bool, str, int, str]:
    """Return what rows are sorted by: conversation, time, id; those without a conversation last."""
    conversation = row["conversation_id"]
    return conversation is None, conversation or "", row["timestamp"], row["msg_id"]


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return a file's rows, timestamps in ms since 1970, floats in JSON texts as Python writes them."""
    rows: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist() if path.exists() else []
    for row in rows:
        if "timestamp" in row:
            row["timestamp"] = (row["timestamp"] - EPOCH) // timedelta(milliseconds=1)
            row["extra"] = floats_by_repr(row["extra"])
            row["custom_params"] = floats_by_repr(row["custom_params"])
    return rows


def floats_by_repr(json_text: str | None) -> str | None:
    """Write the floats of a JSON text as Python does, and nothing else."""

    def rewritten(token: re.Match[str]) -> str:
        text = token[0]
        is_float = text[0] != '"' and any(sign in text for sign in ".eE")
        return repr(float(text)) if is_float else text

    return None if json_text is None else STRING_OR_NUMBER.sub(rewritten, json_text)
