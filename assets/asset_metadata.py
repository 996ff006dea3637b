"""What Dagster's pages show of an hour: typed metadata made from the ledger's records, without what messages say."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import dagster as dg

from resources.archive.app_archive import AppArchive
from resources.archive.capture_record import CaptureRecord
from resources.archive.messages_record import MessageCounts, MessagesRecord
from resources.hours.hour import Hour
from resources.hours.state import REASONS_IN_WORDS, HourState
from resources.settings import ArchiveSettings

Metadata = dict[str, dg.MetadataValue]


def object_link(settings: ArchiveSettings, key: str) -> str:
    """Return a link a browser can follow: to the S3-compatible server's object, or to the AWS console's page of it."""
    if settings.endpoint_url is not None:
        return f"{settings.endpoint_url.rstrip('/')}/{settings.bucket}/{quote(key, safe='/=')}"
    return f"https://s3.console.aws.amazon.com/s3/object/{settings.bucket}?prefix={quote(key, safe='')}"


def raw_history_metadata(
    hour: Hour, capture: CaptureRecord, archive: AppArchive, settings: ArchiveSettings
) -> Metadata:
    """Describe what is kept of the platform's files for an hour."""
    metadata: Metadata = {
        **_state(capture),
        "deadline": dg.MetadataValue.timestamp(capture.deadline),
        "looks": dg.MetadataValue.int(capture.looks_total),
        "raw_revisions": dg.MetadataValue.int(len(capture.raw_revisions)),
        "bytes": dg.MetadataValue.int(sum(revision.bytes for revision in capture.raw_revisions)),
        "record": dg.MetadataValue.url(object_link(settings, archive.layout.capture_record(hour))),
    }
    if capture.looks:
        latest = capture.looks[-1]
        metadata["retries"] = dg.MetadataValue.int(latest.retries)
        # Plotted over all hours in Dagster, it shows how near the archive has come to losing one.
        margin = (capture.deadline - latest.asked_at) / timedelta(hours=1)
        metadata["hours_before_deadline"] = dg.MetadataValue.float(round(margin, 2))
    if capture.raw_revisions:
        key = archive.layout.raw(hour, capture.raw_revisions[-1].sha256)
        metadata["object"] = dg.MetadataValue.url(object_link(settings, key))
        metadata["dagster/uri"] = dg.MetadataValue.text(f"s3://{settings.bucket}/{key}")
    return metadata


def messages_metadata(
    hour: Hour,
    capture: CaptureRecord,
    messages: MessagesRecord | None,
    archive: AppArchive,
    settings: ArchiveSettings,
) -> Metadata:
    """Describe the published messages of an hour; of an hour without any, its state and why."""
    metadata = _state(capture)
    if messages is None or messages.messages is None:
        if capture.state is HourState.EMPTY:
            metadata["dagster/row_count"] = dg.MetadataValue.int(0)
        return metadata
    counts = messages.counts
    metadata |= {
        "dagster/row_count": dg.MetadataValue.int(counts.messages),
        "dagster/uri": dg.MetadataValue.text(f"s3://{settings.bucket}/{messages.messages.key}"),
        "object": dg.MetadataValue.url(object_link(settings, messages.messages.key)),
        "bytes": dg.MetadataValue.int(messages.messages.bytes),
        "lines": dg.MetadataValue.int(counts.lines),
        "duplicates": dg.MetadataValue.int(counts.duplicates),
        "conflicts": dg.MetadataValue.int(counts.conflicts),
        "quarantined": dg.MetadataValue.int(counts.quarantined),
        "outside_hour": dg.MetadataValue.int(counts.outside_hour),
        "id_time_differs": dg.MetadataValue.int(counts.id_time_differs),
        "drift": dg.MetadataValue.md(_drift(messages)),
        "body_types": dg.MetadataValue.md(_body_types(messages)),
        "record": dg.MetadataValue.url(object_link(settings, archive.layout.messages_record(hour))),
    }
    if counts.outside_hour:
        metadata["times_outside_the_hour"] = dg.MetadataValue.text(_outside_in_words(hour, counts))
    if messages.first_message_at is not None and messages.last_message_at is not None:
        metadata["first_message_at"] = dg.MetadataValue.timestamp(messages.first_message_at)
        metadata["last_message_at"] = dg.MetadataValue.timestamp(messages.last_message_at)
    return metadata


def _state(capture: CaptureRecord) -> Metadata:
    metadata: Metadata = {
        "state": dg.MetadataValue.text(capture.state.value),
        "reason": dg.MetadataValue.text(REASONS_IN_WORDS[capture.reason]),
    }
    if capture.state is HourState.EMPTY:
        metadata["confirmed"] = dg.MetadataValue.bool(capture.confirmed)
    return metadata


def _body_types(messages: MessagesRecord) -> str:
    """A small table of how many messages there are of each type."""
    rows = sorted(messages.body_types.items(), key=lambda item: (-item[1], item[0]))
    lines = ["| body type | messages |", "|---|---:|"]
    lines += [f"| `{_plain(name)}` | {count:,} |" for name, count in rows]
    return "\n".join(lines)


def _drift(messages: MessagesRecord) -> str:
    """A table of what the lines hold that the platform's documentation does not."""
    if not messages.drift:
        return "none: every line has a documented form"
    lines = ["| what | name | lines | first in |", "|---|---|---:|---|"]
    lines += [
        f"| {_plain(oddity.kind)} | `{_plain(oddity.name)}` | {oddity.lines:,} "
        f"| line {oddity.first_line_number} of `{oddity.first_revision[:12]}` |"
        for oddity in messages.drift
    ]
    return "\n".join(lines)


def _outside_in_words(hour: Hour, counts: MessageCounts) -> str:
    share = counts.outside_hour / counts.messages
    return (
        f"{counts.outside_hour:,} of {counts.messages:,} messages ({share:.1%}) carry a time outside "
        f"{hour.start:%H}:00 to {hour.end:%H}:00 UTC. They are kept here. If it is most of them, compare the app's "
        f"hour_zone with its cluster."
    )


def _plain(name: str) -> str:
    """A type is whatever the sender wrote: keep it from breaking the table or the page."""
    return "".join(letter if letter.isalnum() or letter in "._-()[]" else "·" for letter in name)
