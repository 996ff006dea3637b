"""dlt: a resource of rows into the filesystem destination, as Parquet.

That destination has no staging engine, so dlt itself removes duplicates only with a table format such as Delta on top;
here the resource does, as its users do. Rows are not sorted: dlt has no step for it. Rows are handed over in pages and
normalised by two workers, as its performance page recommends.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import dlt
from dlt.destinations import filesystem

from assets.conversion.schema import MESSAGES_SCHEMA
from tests.benchmarks.contenders.plain_loop import rows_of
from tests.benchmarks.generator import parquet_name

_PAGE: Final = 10_000
_TYPES: Final = {"timestamp[ms, tz=UTC]": "timestamp", "int64": "bigint", "int32": "bigint", "double": "double"}


def convert(inputs: Sequence[Path], output_folder: Path) -> None:
    """Convert."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "NORMALIZE__WORKERS": "2",
        "DATA_WRITER__FILE_MAX_ITEMS": "100000",
        "DATA_WRITER__COMPRESSION": "zstd",  # at pyarrow's own level, 1: the level cannot be set
    }
    for number, path in enumerate(inputs):
        pipeline = dlt.pipeline(
            f"hour_{number}",
            destination=filesystem(bucket_url=(output_folder / "dlt").as_uri()),
            dataset_name=f"hour_{number}",
            pipelines_dir=str(output_folder / "pipelines"),
        )
        pipeline.run(_messages(path), loader_file_format="parquet")
        for part, file in enumerate(sorted((output_folder / "dlt" / f"hour_{number}" / "messages").glob("*.parquet"))):
            shutil.move(file, output_folder / f"{part}-{parquet_name(path)}")


def _messages(path: Path) -> Any:
    def pages() -> Iterator[list[dict[str, Any]]]:
        rows = ({**dict(zip(names, row, strict=True)), "timestamp": row[1] / 1000} for row in rows_of(path))
        while page := list(islice(rows, _PAGE)):
            yield page

    names = MESSAGES_SCHEMA.names
    columns = {field.name: {"data_type": _TYPES.get(str(field.type), "text")} for field in MESSAGES_SCHEMA}
    return dlt.resource(pages, name="messages", primary_key="msg_id", write_disposition="append", columns=columns)
