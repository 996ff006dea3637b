"""The DDL for Athena and Trino has the columns and types of the schemas. Neither engine is here to run it.

The views on top of it are SQL that DuckDB speaks too, so they are run there, over tables such as the DDL declares.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from assets.conversion.schema import MESSAGES_SCHEMA
from assets.coverage.table import COVERAGE_SCHEMA
from assets.daily.schema import DAILY_SCHEMA
from resources.duckdb_settings import open_duckdb
from tests.docs.answers import MESSAGES_PER_HOUR, plain
from tests.docs.archive import LocalArchive
from tests.docs.page import block, blocks
from tests.docs.said import SUPPORT

DDL = ("Athena and Glue", "Trino")
VIEWS = "The views of Athena and Trino"

_SCHEMAS = {"messages_daily": DAILY_SCHEMA, "messages": MESSAGES_SCHEMA, "coverage": COVERAGE_SCHEMA}
_TYPES = {
    "Athena and Glue": {
        "string": "string",
        "timestamp[ms, tz=UTC]": "timestamp",
        "int64": "bigint",
        "int32": "int",
        "double": "double",
        "date32[day]": "date",
        "bool": "boolean",
    },
    "Trino": {
        "string": "varchar",
        "timestamp[ms, tz=UTC]": "timestamp(3)",
        "int64": "bigint",
        "int32": "integer",
        "double": "double",
        "date32[day]": "date",
        "bool": "boolean",
    },
}
_PARTITIONS = {
    "messages_daily": ["app", "date"],
    "messages": ["app", "date", "hour"],
    "coverage": [],
}
_PARTITION_TYPES = {
    "Athena and Glue": {"app": "string", "date": "string", "hour": "int"},
    "Trino": {"app": "varchar", "date": "varchar", "hour": "integer"},
}


def statement(heading: str, table: str) -> str:
    """Return the statement that declares a table."""
    (only,) = [each for each in block(heading, "sql").text.split(";") if re.search(rf"CREATE .*TABLE {table} \(", each)]
    return only


def columns(text: str, opening: str) -> list[tuple[str, str]]:
    """Return names and types of the columns in the brackets that `opening` opens, without a column's options."""
    depth, column, found = 1, "", []
    for letter in text.partition(opening)[2]:
        depth += (letter == "(") - (letter == ")")
        if depth == 0 or (depth == 1 and letter == ","):
            name, kind = column.split(maxsplit=1)
            found.append((name.strip('`"'), kind.partition(" WITH ")[0].strip()))
            column = ""
        else:
            column += letter
        if depth == 0:
            return found
    raise AssertionError(f"the brackets of {opening} are not closed")


def of_schema(heading: str, schema: pa.Schema) -> list[tuple[str, str]]:
    return [(field.name, _TYPES[heading][str(field.type)]) for field in schema]


def of_partitions(heading: str, table: str) -> list[tuple[str, str]]:
    return [(name, _PARTITION_TYPES[heading][name]) for name in _PARTITIONS[table]]


@pytest.mark.parametrize("table", _SCHEMAS)
def test_athena_declares_the_columns_of_the_schema_and_the_partitions(table: str) -> None:
    heading = "Athena and Glue"
    text = statement(heading, table)
    assert columns(text, f"TABLE {table} (") == of_schema(heading, _SCHEMAS[table])
    if _PARTITIONS[table]:
        assert columns(text, "PARTITIONED BY (") == of_partitions(heading, table)


@pytest.mark.parametrize("table", _SCHEMAS)
def test_trino_declares_the_columns_of_the_schema_and_then_the_partitions(table: str) -> None:
    text = statement("Trino", table)
    declared = of_schema("Trino", _SCHEMAS[table]) + of_partitions("Trino", table)
    assert columns(text, f"TABLE {table} (") == declared
    partitioned = ", ".join(f"'{name}'" for name in _PARTITIONS[table])
    assert f"partitioned_by = ARRAY[{partitioned}]" in text or not partitioned


@pytest.mark.parametrize("heading", DDL)
@pytest.mark.parametrize("table", ["messages_daily", "messages"])
def test_partitions_are_projected_to_where_the_archive_puts_its_objects(heading: str, table: str) -> None:
    folders = "".join(f"{name}=${{{name}}}/" for name in _PARTITIONS[table])
    text = statement(heading, table)
    assert f"'s3://chat-archive/history/{table}/{folders}'" in text
    # The hour is written with two digits in a path.
    assert bool(re.search("digits'? = '?2", text)) is ("hour" in _PARTITIONS[table])


def test_the_views_of_athena_and_trino_hold_everything_once(archive: LocalArchive) -> None:
    views, question = blocks(VIEWS, "sql")
    with open_duckdb() as connection:
        for table, names in _PARTITIONS.items():
            if names:
                types = ", ".join(f"{name}: {'INTEGER' if name == 'hour' else 'VARCHAR'}" for name in names)
                connection.execute(
                    f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{archive.root}/{table}/**/*.parquet', "
                    f"hive_partitioning = true, hive_types = {{{types}}})"
                )
        connection.execute(f"CREATE VIEW coverage AS FROM '{archive.coverage}'")
        connection.execute(views.at(archive.root))
        rows = plain(connection.execute(question.text).fetchall())
        assert rows == [row for row in MESSAGES_PER_HOUR if row[0] == SUPPORT]
        everything = connection.execute("SELECT app, date, hour, count(*) FROM everything GROUP BY ALL ORDER BY ALL")
        assert plain(everything.fetchall()) == MESSAGES_PER_HOUR
