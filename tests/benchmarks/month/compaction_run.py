"""`python -m tests.benchmarks.month.compaction_run ours|duckdb OUTPUT_FOLDER LINES`: one day becomes one file."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from assets.daily.compaction import compact
from tests.benchmarks.month.archive import APP, FIRST_DAY, full_day


def main(contender: str, output_folder: str, lines: str) -> None:
    """Compact, and tell how long it took within this process."""
    files = full_day(int(lines))
    output = Path(output_folder) / "messages.parquet"
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        if contender == "ours":
            compact(files, output, app=APP, day=FIRST_DAY, folder=Path(name))
        else:
            texts = ", ".join(f"'{file.path}'" for file in files)
            with duckdb.connect(config={"temp_directory": name, "threads": 2}) as connection:
                connection.execute(
                    f"COPY (SELECT * FROM read_parquet([{texts}], hive_partitioning = true) "
                    f"ORDER BY conversation_id, timestamp) TO '{output}' (FORMAT parquet, COMPRESSION zstd)"
                )
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - started}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
