"""`python -m assets.data_dictionary`: docs/data-dictionary.md, made from the schemas' words so that it cannot drift."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from assets.conversion.schema import MESSAGES_SCHEMA, QUARANTINE_SCHEMA, SCHEMA_VERSION
from assets.coverage.table import COVERAGE_SCHEMA
from assets.daily.schema import DAILY_SCHEMA
from assets.described_column import words_of

_BEGINNING: Final = f"""\
# Data dictionary

What every column says, its unit, where it comes from, an example, and what a hasty reader gets wrong. Made by
`make docs` from the schemas in the code, which write the same words into the Parquet files' own fields
(`pyarrow.parquet.read_schema(file).field("text").metadata`). This is schema version {SCHEMA_VERSION}; each
file names its own in its key-value metadata.
"""

_TABLES: Final[tuple[tuple[str, str, pa.Schema], ...]] = (
    (
        "messages",
        (
            "One row a message; one object an hour at `messages/app={slug}/date=YYYY-MM-DD/hour=HH/messages.parquet`. "
            "`app`, `date` and `hour` are Hive partitions, in UTC. The file's metadata has `schema_version`, `app`, "
            "`hour`, `raw_revisions` (the SHA-256 of each file it was made from) and `counts`."
        ),
        MESSAGES_SCHEMA,
    ),
    (
        "messages_daily",
        (
            "A closed day as one object at `messages_daily/app={slug}/date=YYYY-MM-DD/messages.parquet`, sorted by "
            "`conversation_id`, `timestamp`, `msg_id`. The columns above, and:"
        ),
        pa.schema([field for field in DAILY_SCHEMA if field.name not in MESSAGES_SCHEMA.names]),
    ),
    (
        "coverage",
        (
            "One row an app and hour, at `coverage/coverage.parquet`: what there is, what is missing, and which object "
            "to read. Rebuilt from the ledger twice an hour."
        ),
        COVERAGE_SCHEMA,
    ),
    (
        "quarantine",
        (
            "One row a line that could not be read as a message; at "
            "`quarantine/app={slug}/date=YYYY-MM-DD/hour=HH/lines.parquet`, only for hours that have any."
        ),
        QUARANTINE_SCHEMA,
    ),
)


def data_dictionary() -> str:
    """Return the page."""
    return "\n".join([_BEGINNING, *(line for table in _TABLES for line in _section(*table))])


def _section(name: str, introduction: str, schema: pa.Schema) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{introduction}\n"
    yield "| column | type | meaning | unit | from | example | trap |"
    yield "|---|---|---|---|---|---|---|"
    for field in schema:
        yield _row(field)
    yield ""


def _row(field: pa.Field[Any]) -> str:
    words = words_of(field)
    kind = f"{field.type}" if field.nullable else f"{field.type}, never null"
    cells = [
        f"`{field.name}`",
        kind,
        words["description"],
        words.get("unit", ""),
        words["source"],
        f"`{words['example']}`",
        words.get("trap", ""),
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
