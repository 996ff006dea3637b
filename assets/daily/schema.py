"""The daily table: the columns of the hourly one, and the hour each message is filed under."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from assets.conversion.schema import MESSAGES_SCHEMA
from assets.described_column import described_column

_HOUR: Final = described_column(
    "hour",
    pa.int32(),
    "The hour the message is filed under: that of the platform's file it came in.",
    unit="hours, UTC",
    source="the hourly object, where it is a Hive partition",
    example="7",
    trap="It joins coverage; for the time of a message take timestamp.",
    always=True,
)

# Beside body_type: both are small and asked for together, and neighbours are fetched in one request.
DAILY_SCHEMA: Final[pa.Schema] = MESSAGES_SCHEMA.insert(MESSAGES_SCHEMA.get_field_index("body_type") + 1, _HOUR)
"""One row per message of a day, in this order of columns."""
