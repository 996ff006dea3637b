"""In which forms an answer is given. A file of its own, so that the command line is told without importing DuckDB."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """In which form an answer is given."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


FORMS_OF_FILES: Final = {".csv": Form.CSV, ".json": Form.JSON, ".parquet": Form.PARQUET}
"""By the suffix of the file's name."""
