"""This project: `convert_revisions`, one hour after another, in the calling process."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from assets.conversion.convert import RawRevisionFile, convert_revisions
from tests.benchmarks.generator import hour_of, parquet_name


def convert(inputs: Sequence[Path], output_folder: Path, **options: Any) -> None:
    """Convert; options go to `convert_revisions` as they are."""
    quarantine = output_folder / "quarantine"
    quarantine.mkdir(exist_ok=True)
    for path in inputs:
        # In the archive the digest is known already, so hashing the file is no part of a conversion.
        revision = RawRevisionFile(sha256(path.name.encode()).hexdigest(), path)
        convert_revisions(
            [revision],
            app="acme-support",
            hour=hour_of(path),
            messages_path=output_folder / parquet_name(path),
            quarantine_path=quarantine / parquet_name(path),
            **options,
        )
