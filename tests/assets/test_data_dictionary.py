"""The data dictionary is what the schemas say, and says something of every column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from assets.conversion.schema import MESSAGES_SCHEMA, QUARANTINE_SCHEMA
from assets.coverage.table import COVERAGE_SCHEMA
from assets.daily.schema import DAILY_SCHEMA
from assets.data_dictionary import data_dictionary
from assets.described_column import words_of

PAGE = Path(__file__).parents[2] / "docs" / "data-dictionary.md"
COLUMNS = {
    f"{table}.{field.name}": field
    for table, schema in {
        "messages": MESSAGES_SCHEMA,
        "quarantine": QUARANTINE_SCHEMA,
        "coverage": COVERAGE_SCHEMA,
        "messages_daily": DAILY_SCHEMA,
    }.items()
    for field in schema
}


def test_the_page_in_docs_is_the_one_the_schemas_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(), "run `make docs`"


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_says_what_it_is_where_it_comes_from_and_how_a_value_looks(name: str) -> None:
    words = words_of(COLUMNS[name])
    assert {"description", "source", "example"} <= set(words)
    assert words["description"].endswith(".")


@pytest.mark.parametrize("name", COLUMNS)
def test_every_number_and_moment_has_a_unit(name: str) -> None:
    field: pa.Field[Any] = COLUMNS[name]
    if field.type not in {pa.string(), pa.binary(), pa.bool_()}:
        assert "unit" in words_of(field)
