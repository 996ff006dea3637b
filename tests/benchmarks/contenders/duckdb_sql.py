"""DuckDB: `read_json` with declared columns, the first line of each `msg_id`, sorted, `COPY` to Parquet.

Declared columns spare it the inference; fields that are not declared are skipped. Its writer keeps dictionaries only
where they pay, and its row groups are left at their default of 122,880 rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from tests.benchmarks.generator import parquet_name

_BODY = (
    'STRUCT("action" VARCHAR, addr VARCHAR, "customEvent" VARCHAR, "customExts" JSON, file_length BIGINT,'
    ' filename VARCHAR, lat DOUBLE, "length" INTEGER, lng DOUBLE, msg VARCHAR,'
    ' "size" STRUCT(height INTEGER, width INTEGER), "subType" VARCHAR, summary VARCHAR, thumb VARCHAR, "type" VARCHAR,'
    ' url VARCHAR, "v2:customExts" JSON)'
)
_PAYLOAD = (
    f'STRUCT(bodies {_BODY}[], ext JSON, "from" VARCHAR, meta STRUCT(thread STRUCT(msg_parent_id VARCHAR)),'
    ' "to" VARCHAR)'
)
_COLUMNS = {
    "chat_type": "VARCHAR",
    "direction": "VARCHAR",
    "from": "VARCHAR",
    "msg_id": "VARCHAR",
    "payload": _PAYLOAD,
    "timestamp": "BIGINT",
    "to": "VARCHAR",
}

_QUERY: Final = """
COPY (
  SELECT
    msg_id,
    make_timestamp_ms("timestamp")::TIMESTAMP_MS AS "timestamp",
    chat_type,
    CASE WHEN chat_type = 'chat' THEN concat(least(sender, recipient), ':', greatest(sender, recipient))
         ELSE recipient END AS conversation_id,
    sender,
    recipient,
    direction,
    CASE WHEN body."subType" = 'sub_combine' THEN 'combine' ELSE body."type" END AS body_type,
    coalesce(body.summary, body.msg) AS "text",
    body.filename AS file_name,
    body.url AS file_url,
    body.thumb AS thumbnail_url,
    body.file_length AS file_size,
    body."length" AS duration,
    body."size".width AS width,
    body."size".height AS height,
    body.lat AS latitude,
    body.lng AS longitude,
    body.addr AS address,
    body."action" AS "action",
    body."customEvent" AS custom_event,
    coalesce(body."v2:customExts", body."customExts")::VARCHAR AS custom_params,
    CASE WHEN payload.meta.thread IS NOT NULL THEN recipient END AS thread_id,
    payload.meta.thread.msg_parent_id AS thread_parent_msg_id,
    payload.ext::VARCHAR AS ext,
    NULL::VARCHAR AS extra
  FROM (
    SELECT *, payload.bodies[1] AS body, coalesce(payload."from", "from") AS sender,
           coalesce(payload."to", "to") AS recipient
    FROM read_json({input}, format = 'newline_delimited', columns = {columns})
  )
  QUALIFY row_number() OVER (PARTITION BY msg_id) = 1
  {order}
) TO {output} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)
"""


def convert(
    inputs: Sequence[Path],
    output_folder: Path,
    *,
    threads: int = 2,
    in_order: bool = True,
    memory_limit: str | None = None,
) -> None:
    """Convert.

    Args:
        inputs: The raw files.
        output_folder: Where the Parquet files and what does not fit into memory go.
        threads: How many.
        in_order: Whether rows are sorted by conversation and time.
        memory_limit: Such as `1GB`; DuckDB's own is 80 % of the machine's memory.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {"threads": threads}
    settings["temp_directory"] = str(output_folder / "temporary")
    # Documented to spare memory; the order that is asked for is kept all the same.
    settings["preserve_insertion_order"] = False
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    columns = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items()) + "}"
    with duckdb.connect(config=settings) as connection:
        for path in inputs:
            query = _QUERY.format(
                input=_quoted(path),
                columns=columns,
                order='ORDER BY conversation_id, "timestamp"' if in_order else "",
                output=_quoted(output_folder / parquet_name(path)),
            )
            connection.execute(query)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
