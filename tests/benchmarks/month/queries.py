"""The questions an analyst asks of a month, and asking them: time, bytes and requests, in one process, nothing cached.

`python -m tests.benchmarks.month.queries LAYOUT FILES.json [SERVER]` prints the figures as JSON.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

from resources.duckdb_settings import load_httpfs, open_duckdb

_COUNTS: Final = "SELECT date, hour, body_type, count(*) FROM messages"

QUERIES: Final = {
    "one user's day": "SELECT * FROM messages WHERE date = $day AND sender = $user",
    "one user's month": "SELECT * FROM messages WHERE sender = $user",
    "one thread, month": "SELECT * FROM messages WHERE conversation_id = $conversation ORDER BY timestamp",
    "one msg_id, month": "SELECT * FROM messages WHERE msg_id = $msg_id",
    "counts, day": f"{_COUNTS} WHERE date = $day GROUP BY ALL",
    "counts, month": f"{_COUNTS} GROUP BY ALL",
    "text search, day": "SELECT count(*) FROM messages WHERE date = $day AND contains(text, 'parcel')",
    "text search, month": "SELECT count(*) FROM messages WHERE contains(text, 'parcel')",
}

_IO_COUNTERS: Final = Path("/proc/self/io")
_HIVE: Final = "hive_partitioning = true, hive_types = {app: VARCHAR, date: DATE, hour: INTEGER}"
_HIVE_OF_DAYS: Final = "hive_partitioning = true, hive_types = {app: VARCHAR, date: DATE}"


def main(layout: str, files: str, server: str | None = None) -> None:
    """Ask everything once, and tell the figures."""
    asked = json.loads(Path(files).read_text(encoding="utf-8"))
    with open_duckdb() as connection:
        # What a process does once, such as importing what makes Python's values, is not the first question's.
        connection.execute("SELECT now(), current_date WHERE $word <> ''", {"word": "any"}).fetchall()
    figures = {name: _ask(layout, asked, name, server) for name in QUERIES}
    sys.stdout.write(json.dumps(figures) + "\n")


def _ask(layout: str, asked: dict[str, Any], name: str, server: str | None) -> dict[str, Any]:
    query = QUERIES[name]
    parameters = {key: value for key, value in asked["values"].items() if f"${key}" in query}
    with open_duckdb(threads=2, enable_external_file_cache=False) as connection:
        if server is not None:
            load_httpfs(connection)
            connection.execute(
                "CREATE SECRET (TYPE s3, KEY_ID 'x', SECRET 'x', REGION 'us-east-1', URL_STYLE 'path', USE_SSL false, "
                f"ENDPOINT '{server}')"
            )
            _counts(server)
        texts = ", ".join(f"'{file}'" for file in asked["files"])
        hive = _HIVE if layout == "hourly" else _HIVE_OF_DAYS
        read_before = _bytes_read()
        started = time.perf_counter()
        connection.execute(f"CREATE VIEW messages AS SELECT * FROM read_parquet([{texts}], {hive})")
        rows = connection.execute(query, parameters).fetchall()
        seconds = time.perf_counter() - started
        figures = {
            "seconds": seconds,
            "bytes": _bytes_read() - read_before,
            "requests": 0,
            "answer": _digest(name, rows),
        }
        return figures | (_counts(server) if server is not None else {})


def _digest(name: str, rows: list[tuple[Any, ...]]) -> int:
    """Return what all layouts must agree on: the count that was asked for, or how many rows there are."""
    return int(rows[0][0]) if name.startswith("text search") else len(rows)


def _counts(server: str) -> dict[str, int]:
    """Return what the server has counted since it was last asked."""
    with urllib.request.urlopen(f"http://{server}/counts") as answer:
        counts: dict[str, int] = json.load(answer)
    return counts


def _bytes_read() -> int:
    """Return how many bytes this process has asked files for, whether from the disk or from the page cache."""
    return int(_IO_COUNTERS.read_text(encoding="ascii").split()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
