"""Polars: lines are read as one column of text, since its reader of JSON lines is several times slower when they nest.

`json_decode` cannot hold a free object such as `ext` as text, so its text is taken out of the line by a path; it comes
back with its spaces gone and its numbers as Polars writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tests.benchmarks.generator import parquet_name

_TEXT = pl.String
_BODY = pl.Struct(
    {
        "action": _TEXT,
        "addr": _TEXT,
        "customEvent": _TEXT,
        "file_length": pl.Int64,
        "filename": _TEXT,
        "lat": pl.Float64,
        "length": pl.Int32,
        "lng": pl.Float64,
        "msg": _TEXT,
        "size": pl.Struct({"height": pl.Int32, "width": pl.Int32}),
        "thumb": _TEXT,
        "type": _TEXT,
        "url": _TEXT,
    }
)
_LINE = pl.Struct(
    {
        "chat_type": _TEXT,
        "direction": _TEXT,
        "msg_id": _TEXT,
        "payload": pl.Struct(
            {
                "bodies": pl.List(_BODY),
                "from": _TEXT,
                "meta": pl.Struct({"thread": pl.Struct({"msg_parent_id": _TEXT})}),
                "to": _TEXT,
            }
        ),
        "timestamp": pl.Int64,
    }
)
_NO_SUCH_BYTE = "\x01"
_PARAMS = '"v2:customExts"'


def convert(inputs: Sequence[Path], output_folder: Path) -> None:
    """Convert."""
    for path in inputs:
        _frame(path).sink_parquet(output_folder / parquet_name(path), compression="zstd", compression_level=3)


def _frame(path: Path) -> pl.LazyFrame:
    line, decoded, body, payload = pl.col("line"), pl.col("decoded"), pl.col("body"), pl.col("payload")
    lines = pl.scan_csv(path, separator=_NO_SUCH_BYTE, quote_char=None, has_header=False, new_columns=["line"])
    with_params = pl.when(line.str.contains(_PARAMS, literal=True)).then(line)
    meta = payload.struct.field("meta").struct.field("thread").struct.field("msg_parent_id")
    sender, recipient = payload.struct.field("from"), payload.struct.field("to")
    return (
        lines.select(
            line.str.json_decode(_LINE).alias("decoded"),
            line.str.json_path_match("$.payload.ext").alias("ext"),
            with_params.str.json_path_match(f"$.payload.bodies[0][{_PARAMS}]").alias("custom_params"),
        )
        .with_columns(decoded.struct.field("payload").alias("payload"))
        .with_columns(payload.struct.field("bodies").list.first().alias("body"))
        .select(
            decoded.struct.field("msg_id"),
            pl.from_epoch(decoded.struct.field("timestamp"), time_unit="ms").dt.replace_time_zone("UTC"),
            decoded.struct.field("chat_type"),
            pl.when(decoded.struct.field("chat_type") == "chat")
            .then(
                pl.concat_str(pl.min_horizontal(sender, recipient), pl.lit(":"), pl.max_horizontal(sender, recipient))
            )
            .otherwise(recipient)
            .alias("conversation_id"),
            sender.alias("sender"),
            recipient.alias("recipient"),
            decoded.struct.field("direction"),
            body.struct.field("type").alias("body_type"),
            body.struct.field("msg").alias("text"),
            body.struct.field("filename").alias("file_name"),
            body.struct.field("url").alias("file_url"),
            body.struct.field("thumb").alias("thumbnail_url"),
            body.struct.field("file_length").alias("file_size"),
            body.struct.field("length").alias("duration"),
            body.struct.field("size").struct.field("width"),
            body.struct.field("size").struct.field("height"),
            body.struct.field("lat").alias("latitude"),
            body.struct.field("lng").alias("longitude"),
            body.struct.field("addr").alias("address"),
            body.struct.field("action"),
            body.struct.field("customEvent").alias("custom_event"),
            "custom_params",
            pl.when(meta.is_not_null()).then(recipient).alias("thread_id"),
            meta.alias("thread_parent_msg_id"),
            "ext",
            pl.lit(None, dtype=_TEXT).alias("extra"),
        )
        .unique("msg_id", keep="any")
        .sort("conversation_id", "timestamp")
    )
