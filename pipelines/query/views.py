"""DuckDB over the archive: the views `messages`, `coverage` and `quarantine`, read as far as a query needs.

`docs/querying.md` shows other engines the same way. How the answer is printed is `output.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa

from assets.conversion.schema import MESSAGES_SCHEMA, QUARANTINE_SCHEMA
from resources.archive import layout
from resources.archive.errors import ArchiveRefused
from resources.archive.objects import ArchiveBucket
from resources.duckdb_settings import duckdb_over_s3
from resources.runtime import Runtime

VIEWS: Final = {
    "messages": "every message: closed days from their daily objects, other hours from their own",
    "coverage": "one row per app and hour: its state, its volume, and where its messages are",
    "quarantine": "lines that could not be read as messages, and why",
}

_HIVE: Final = "hive_partitioning = true, hive_types = {app: VARCHAR, date: DATE, hour: INTEGER}"
_HIVE_OF_DAYS: Final = "hive_partitioning = true, hive_types = {app: VARCHAR, date: DATE}"
_COLUMNS: Final = ", ".join(["app", "date", "hour", *MESSAGES_SCHEMA.names])
_OF_QUARANTINE: Final = ", ".join(["app", "date", "hour", *QUARANTINE_SCHEMA.names])
_SQL_TYPES: Final = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "int32": "INTEGER",
    "double": "DOUBLE",
    "binary": "BLOB",
    "timestamp[ms, tz=UTC]": "TIMESTAMPTZ",
    "date32[day]": "DATE",
    "bool": "BOOLEAN",
}


class NoCoverage(Exception):
    """Raised when there is no coverage table yet, so nobody knows which objects hold the messages."""


def connect(runtime: Runtime) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB with the views. Which objects there are is decided now; a long session may be started anew.

    Raises:
        NoCoverage: The archive has no coverage table yet.
        NoCredentials: There are no credentials for S3 on this machine.
        ArchiveError: S3 cannot be read.
    """
    bucket = runtime.bucket
    table = layout.coverage_table(bucket.prefix)
    if bucket.head(table) is None:
        raise NoCoverage(
            f"There is no s3://{bucket.name}/{table} yet. Run chat-archive coverage; the daemon and catch-up keep it "
            f"up to date from then on."
        )
    connection = duckdb_over_s3(runtime.settings.archive)
    define_views(connection, coverage=f"s3://{bucket.name}/{table}", quarantine=_quarantine(bucket))
    return connection


def _quarantine(bucket: ArchiveBucket) -> list[str] | None:
    """Return all files of quarantined lines; None when S3 does not let this person list them, as analysts should be."""
    try:
        keys = list(bucket.keys(f"{bucket.prefix}quarantine/"))
    except ArchiveRefused:
        return None
    return [f"s3://{bucket.name}/{key}" for key in keys if key.endswith("/lines.parquet")]


def define_views(connection: duckdb.DuckDBPyConnection, *, coverage: str, quarantine: Sequence[str] | None) -> None:
    """Define the views.

    Args:
        connection: A DuckDB that can read these files.
        coverage: The coverage table.
        quarantine: All files of quarantined lines; None defines no such view.
    """
    connection.execute(f"CREATE VIEW coverage AS SELECT * FROM read_parquet({_text(coverage)})")
    files = connection.execute(
        "SELECT DISTINCT compacted, file FROM coverage WHERE file IS NOT NULL ORDER BY file"
    ).fetchall()
    days = [file for compacted, file in files if compacted]
    hours = [file for compacted, file in files if not compacted]
    parts = [f"SELECT {_COLUMNS} FROM read_parquet({_texts(days)}, {_HIVE_OF_DAYS})"] if days else []
    parts += [f"SELECT {_COLUMNS} FROM read_parquet({_texts(hours)}, {_HIVE})"] if hours else []
    nothing = _nothing([("app", "VARCHAR"), ("date", "DATE"), ("hour", "INTEGER"), *_types(MESSAGES_SCHEMA)])
    connection.execute(f"CREATE VIEW messages AS {' UNION ALL '.join(parts) or nothing}")
    if quarantine is None:
        return
    lines = f"SELECT {_OF_QUARANTINE} FROM read_parquet({_texts(quarantine)}, {_HIVE})"
    nothing = _nothing([("app", "VARCHAR"), ("date", "DATE"), ("hour", "INTEGER"), *_types(QUARANTINE_SCHEMA)])
    connection.execute(f"CREATE VIEW quarantine AS {lines if quarantine else nothing}")


def _types(schema: pa.Schema) -> list[tuple[str, str]]:
    return [(field.name, _SQL_TYPES[str(field.type)]) for field in schema]


def _nothing(columns: Sequence[tuple[str, str]]) -> str:
    return f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in columns)} WHERE false"


def _texts(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    """Write a text as SQL: a view cannot hold parameters."""
    quoted = value.replace("'", "''")
    return f"'{quoted}'"
