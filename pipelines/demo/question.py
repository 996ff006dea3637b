"""An analyst's question, asked with DuckDB over the Parquet in S3, the way docs and README show it."""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import urlsplit

import duckdb
from rich.table import Table

from pipelines.demo.world import World

QUESTION = """\
SELECT app, chat_type, count(*) AS messages, count(DISTINCT sender) AS people,
       max_by(strftime(hour_start, '%d %b %H:00'), in_hour) AS busiest_hour
FROM (SELECT *, date_trunc('hour', timestamp) AS hour_start,
             count(*) OVER (PARTITION BY app, chat_type, hour_start) AS in_hour
      FROM read_parquet(
        's3://chat-archive/history/messages/*/*/*/messages.parquet',
        hive_partitioning = true))
GROUP BY ALL ORDER BY app, messages DESC"""

_MESSAGE_IDS = """\
SELECT app, msg_id
FROM read_parquet('s3://chat-archive/history/messages/*/*/*/messages.parquet', hive_partitioning = true)"""


def connect(world: World) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that reads the demo's S3 server; its httpfs comes from a wheel, so nothing is downloaded."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    extension = files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
    connection.load_extension(str(extension))
    connection.execute(
        "CREATE SECRET (TYPE s3, KEY_ID ?, SECRET ?, ENDPOINT ?, URL_STYLE 'path', USE_SSL false, REGION 'us-east-1')",
        [
            world.environment["AWS_ACCESS_KEY_ID"],
            world.environment["AWS_SECRET_ACCESS_KEY"],
            urlsplit(world.endpoint_url).netloc,
        ],
    )
    return connection


def answer(connection: duckdb.DuckDBPyConnection) -> Table:
    """Ask the question and return its answer as a table."""
    result = connection.execute(QUESTION)
    table = Table()
    for name, *_ in result.description or ():
        table.add_column(name, justify="right" if name in {"messages", "people"} else "left")
    for row in result.fetchall():
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
    return table


def message_ids(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return the app slug and id of every message in S3, repeated if a message is there twice."""
    return [(str(app), str(msg_id)) for app, msg_id in connection.execute(_MESSAGE_IDS).fetchall()]
