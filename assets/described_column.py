"""How a column of any table is declared: its type, and what an analyst has to know of it, kept in the file itself.

The words become the Parquet field's metadata, Dagster's column descriptions and `docs/data-dictionary.md`; they stand
nowhere else. Which columns there are is each table's own business.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def described_column(
    name: str,
    kind: pa.DataType,
    description: str,
    *,
    source: str,
    example: str,
    unit: str = "",
    trap: str = "",
    always: bool = False,
) -> pa.Field[Any]:
    """Declare a column.

    Args:
        name: Its name.
        kind: Its type.
        description: What it says, in one sentence.
        source: Where it comes from.
        example: A value, as SQL shows it.
        unit: In what it is counted or measured.
        trap: What a hasty reader gets wrong.
        always: Whether it is never null.
    """
    words = {"description": description, "unit": unit, "source": source, "example": example, "trap": trap}
    return pa.field(name, kind, nullable=not always, metadata={key: value for key, value in words.items() if value})


def words_of(field: pa.Field[Any]) -> dict[str, str]:
    """Return what was declared of a column, by the names of `described_column`'s arguments."""
    return {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
