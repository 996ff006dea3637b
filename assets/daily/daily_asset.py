"""The Dagster asset `messages_daily` of an app, on daily partitions. A thin shell around `publish_daily.py`."""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

import dagster as dg

from assets.app_assets import RUNTIME_KEY, messages_key, table_schema
from assets.asset_metadata import object_link
from assets.daily.compaction import CompactionFailed
from assets.daily.publish_daily import DayNotClosed, publish_daily
from assets.daily.schema import DAILY_SCHEMA
from resources.archive.daily_record import DailyRecord
from resources.archive.errors import ArchiveError
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings import AppSettings, ArchiveSettings


class DayFailed(dg.Failure):
    """The day is not closed yet, or could not be compacted. The message says what to do."""


def daily_partitions(first_hour: Hour) -> dg.DailyPartitionsDefinition:
    """Return the partitions of daily assets: one a UTC day, from the archive's first hour on."""
    return dg.DailyPartitionsDefinition(start_date=Day.of(first_hour).key, timezone="UTC")


def messages_daily_key(app: AppSettings) -> dg.AssetKey:
    """Return the key of the app's daily messages."""
    return dg.AssetKey([app.slug, "messages_daily"])


def build_messages_daily(app: AppSettings, partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset."""

    @dg.asset(
        key=messages_daily_key(app),
        deps=[messages_key(app)],
        partitions_def=partitions,
        group_name=app.slug,
        description=(
            f"A closed day of **{app.name}** as one object, sorted by conversation and time: made from its hours, "
            f"each message once, and again when an hour is revised."
        ),
        kinds={"s3", "parquet"},
        owners=list(app.owners),
        tags={"archive/app": app.slug, "archive/floor": "messages_daily"},
        metadata={"dagster/column_schema": table_schema(DAILY_SCHEMA)},
        required_resource_keys={RUNTIME_KEY},
    )
    def messages_daily(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        runtime: Runtime = context.resources.runtime
        day, started = Day.from_key(context.partition_key), runtime.clock.now()
        try:
            record = publish_daily(day, runtime.archive(app), runtime.clock)
        except DayNotClosed as error:
            raise DayFailed(str(error), allow_retries=False) from None
        except (ArchiveError, CompactionFailed) as error:
            raise DayFailed(f"{day} of {app.name} was not compacted. {error}", allow_retries=False) from None
        metadata = messages_daily_metadata(record, runtime.settings.archive)
        metadata["seconds"] = dg.MetadataValue.float(round((runtime.clock.now() - started).total_seconds(), 3))
        return dg.MaterializeResult(metadata=metadata)

    return messages_daily


def messages_daily_metadata(record: DailyRecord | None, settings: ArchiveSettings) -> dict[str, dg.MetadataValue]:
    """Describe a day's object; None stands for a day without any message."""
    if record is None:
        return {"dagster/row_count": dg.MetadataValue.int(0)}
    return {
        "dagster/row_count": dg.MetadataValue.int(record.messages),
        "dagster/uri": dg.MetadataValue.text(f"s3://{settings.bucket}/{record.object.key}"),
        "object": dg.MetadataValue.url(object_link(settings, record.object.key)),
        "bytes": dg.MetadataValue.int(record.object.bytes),
        "hours_with_messages": dg.MetadataValue.int(len(record.hours)),
        "duplicates_across_hours": dg.MetadataValue.int(record.duplicates),
        "built_at": dg.MetadataValue.timestamp(record.built_at),
    }
