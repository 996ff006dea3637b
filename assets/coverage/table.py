"""The coverage table: one row per app and hour, to be joined with messages, and to say which objects hold them.

Pure: from what is known of each hour to an Arrow table. Reading the ledger and writing S3 is `publish_coverage.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from assets.coverage.hour_status import HourStatus
from assets.described_column import described_column
from resources.hours.hour import Hour

_TEXT = pa.string()
_MOMENT = pa.timestamp("ms", tz="UTC")
_LEDGER = "the ledger"

COVERAGE_SCHEMA: Final[pa.Schema] = pa.schema(
    [
        described_column(
            "app", _TEXT, "The app, as in the Hive partitions.", source="settings", example="acme__support", always=True
        ),
        described_column(
            "app_name", _TEXT, "The app, as on the platform.", source="settings", example="acme/support", always=True
        ),
        described_column(
            "date",
            pa.date32(),
            "The hour's day.",
            unit="UTC",
            source="the hour",
            example="2026-11-01",
            always=True,
        ),
        described_column(
            "hour",
            pa.int32(),
            "The hour of the day.",
            unit="hours, UTC",
            source="the hour",
            example="7",
            trap="With app and date it joins messages; in files and keys it is written with two digits.",
            always=True,
        ),
        described_column(
            "starts_at",
            _MOMENT,
            "The hour's first instant.",
            unit="ms, UTC",
            source="the hour",
            example="2026-11-01 07:00:00+00",
            always=True,
        ),
        described_column(
            "state",
            _TEXT,
            "archived, empty, pending, failed or expired.",
            source=_LEDGER,
            example="archived",
            trap="Only hours that are complete may be counted on; expired ones are lost for ever.",
            always=True,
        ),
        described_column(
            "reason",
            _TEXT,
            "Why the hour is in its state; for an archived or empty hour that is not complete, why it is not: "
            "messages_not_built, damaged_file, part_kept, not_settled or unreadable_record.",
            source=_LEDGER,
            example="file_kept",
            always=True,
        ),
        described_column(
            "complete",
            pa.bool_(),
            "Whether everything the platform gave of this hour can be queried, or nobody spoke.",
            source="state; whether the messages hold every raw revision, the newest file can be read, no file that the "
            "platform named is lacking, and a look was answered once the hour was settled",
            example="true",
            trap="Without this, no rows may mean that nobody spoke, or that we do not have it.",
            always=True,
        ),
        described_column(
            "rows",
            pa.int64(),
            "Messages filed under the hour.",
            unit="messages",
            source=_LEDGER,
            example="1834",
            trap="0 for an empty hour, null where there is no table of the hour. A day's object has fewer where an "
            "earlier hour holds the same message.",
        ),
        described_column(
            "duplicates", pa.int64(), "Lines that said the same again.", unit="lines", source=_LEDGER, example="3"
        ),
        described_column(
            "quarantined",
            pa.int64(),
            "Lines that could not be read as messages.",
            unit="lines",
            source=_LEDGER,
            example="0",
            trap="They are in the quarantine, and may be messages to a better reader.",
        ),
        described_column(
            "bytes",
            pa.int64(),
            "Size of the platform's files, compressed.",
            unit="bytes",
            source=_LEDGER,
            example="214533",
            always=True,
        ),
        described_column(
            "first_message_at",
            _MOMENT,
            "The earliest timestamp.",
            unit="ms, UTC",
            source=_LEDGER,
            example="2026-11-01 07:00:00.101+00",
            trap="It may lie outside the hour.",
        ),
        described_column(
            "last_message_at",
            _MOMENT,
            "The latest timestamp.",
            unit="ms, UTC",
            source=_LEDGER,
            example="2026-11-01 07:59:58.443+00",
            trap="It may lie outside the hour.",
        ),
        described_column(
            "looks",
            pa.int32(),
            "How often the platform was asked.",
            unit="requests",
            source=_LEDGER,
            example="2",
            always=True,
        ),
        described_column(
            "captured_at",
            _MOMENT,
            "When the last of the platform's files was kept.",
            unit="ms, UTC",
            source=_LEDGER,
            example="2026-11-01 10:15:00+00",
            trap="Null when there is none.",
        ),
        described_column(
            "deadline",
            _MOMENT,
            "When the platform deletes the hour.",
            unit="ms, UTC",
            source="retention in the settings",
            example="2026-11-04 08:00:00+00",
            always=True,
        ),
        described_column(
            "acknowledged",
            _TEXT,
            "What a person wrote who has acknowledged the loss.",
            source="chat-archive acknowledge",
            example="outage of 3 November",
        ),
        described_column(
            "compacted",
            pa.bool_(),
            "Whether the hour's messages are to be read from the day's object.",
            source=_LEDGER,
            example="true",
            always=True,
        ),
        described_column(
            "file",
            _TEXT,
            "The one object to read the hour's messages from: everything, once.",
            source="compacted, and where the archive lies",
            example="s3://chat-archive/history/messages_daily/app=acme__support/date=2026-11-01/messages.parquet",
            trap="All hours of a compacted day that have messages name the same object. Null where there are none. A "
            "message that several hours hold is there once only when their day is compacted.",
        ),
    ]
)
"""One row per app and hour, from the archive's first hour to the last that has ended."""


@dataclass(frozen=True, slots=True)
class CoveredHour:
    """What the table says of one hour.

    Attributes:
        app: The app's slug.
        status: What is known of it.
        compacted: Whether the day's object holds it.
        file: The URI of the object with its messages; None when it has none.
    """

    app: str
    status: HourStatus
    compacted: bool
    file: str | None


def coverage_table(hours: Sequence[CoveredHour]) -> pa.Table:
    """Return the table, in the order of the hours."""
    columns: list[list[Any]] = [list(column) for column in zip(*map(_row, hours), strict=True)]
    if not columns:
        return COVERAGE_SCHEMA.empty_table()
    arrays = [pa.array(values, field.type) for values, field in zip(columns, COVERAGE_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=COVERAGE_SCHEMA)


def _row(covered: CoveredHour) -> tuple[Any, ...]:
    status = covered.status
    start = Hour.from_key(status.hour).start
    return (
        covered.app,
        status.app,
        start.date(),
        start.hour,
        start,
        status.state.value,
        (status.doubt or status.reason).value,
        status.complete,
        status.rows,
        status.duplicates,
        status.quarantined,
        status.bytes,
        status.first_message_at,
        status.last_message_at,
        status.looks,
        status.captured_at,
        status.deadline,
        status.acknowledged,
        covered.compacted,
        covered.file,
    )
