"""chDB, which is ClickHouse in the process: `file()` with a declared structure, `LIMIT 1 BY`, sorted, to Parquet.

Row groups are smaller than its default of a million rows: it takes less memory so, and no more time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import chdb

from tests.benchmarks.generator import parquet_name

_BODY = ", ".join(
    f"`{name}` Nullable({kind})"
    for name, kind in {
        "action": "String",
        "addr": "String",
        "customEvent": "String",
        "customExts": "String",
        "file_length": "Int64",
        "filename": "String",
        "lat": "Float64",
        "length": "Int32",
        "lng": "Float64",
        "msg": "String",
        "subType": "String",
        "summary": "String",
        "thumb": "String",
        "type": "String",
        "url": "String",
        "v2:customExts": "String",
    }.items()
)
_PAYLOAD = (
    f"Tuple(bodies Array(Tuple({_BODY}, size Tuple(height Nullable(Int32), width Nullable(Int32)))),"
    " ext Nullable(String), `from` Nullable(String),"
    " meta Tuple(thread Tuple(msg_parent_id Nullable(String))), `to` Nullable(String))"
)
_STRUCTURE = (
    "chat_type Nullable(String), direction Nullable(String), `from` Nullable(String), msg_id String,"
    f" payload {_PAYLOAD}, timestamp Int64, `to` Nullable(String)"
)

_QUERY: Final = """
SELECT * FROM (
  SELECT
    msg_id,
    fromUnixTimestamp64Milli(timestamp, 'UTC') AS timestamp,
    chat_type,
    if(chat_type = 'chat', concat(least(sender, recipient), ':', greatest(sender, recipient)), recipient)
      AS conversation_id,
    coalesce(payload.`from`, `from`) AS sender,
    coalesce(payload.`to`, `to`) AS recipient,
    direction,
    if(body.subType = 'sub_combine', 'combine', body.type) AS body_type,
    coalesce(body.summary, body.msg) AS text,
    body.filename AS file_name,
    body.url AS file_url,
    body.thumb AS thumbnail_url,
    body.file_length AS file_size,
    body.length AS duration,
    body.size.width AS width,
    body.size.height AS height,
    body.lat AS latitude,
    body.lng AS longitude,
    body.addr AS address,
    body.action AS action,
    body.customEvent AS custom_event,
    coalesce(body.`v2:customExts`, body.customExts) AS custom_params,
    if(payload.meta.thread.msg_parent_id IS NULL, NULL, recipient) AS thread_id,
    payload.meta.thread.msg_parent_id AS thread_parent_msg_id,
    payload.ext AS ext,
    CAST(NULL AS Nullable(String)) AS extra
  FROM (SELECT *, payload.bodies[1] AS body FROM file({input}, 'JSONEachRow', '{structure}'))
  LIMIT 1 BY msg_id
)
ORDER BY conversation_id, timestamp
INTO OUTFILE {output}
FORMAT Parquet
SETTINGS max_threads = {threads}, output_format_parquet_compression_method = 'zstd',
  output_format_compression_level = 3, output_format_parquet_row_group_size = 131072,
  output_format_parquet_string_as_string = 1
"""


def convert(inputs: Sequence[Path], output_folder: Path, *, threads: int = 2) -> None:
    """Convert.

    Args:
        inputs: The raw files.
        output_folder: Where the Parquet files go.
        threads: How many.
    """
    for path in inputs:
        query = _QUERY.format(
            input=_quoted(path),
            structure=_STRUCTURE,
            output=_quoted(output_folder / parquet_name(path)),
            threads=threads,
        )
        chdb.query(query)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "\\'") + "'"
