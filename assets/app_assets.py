"""The two Dagster assets of an app, made by a factory: `raw_history` and `messages`, on the same hourly partitions.

Thin shells: what they do lies in `capture.py` and `publish_messages.py`. The states show in Dagster like this:
archived, empty and expired hours are materialized with their state in the metadata; pending and failed ones are failed
runs, which a later run clears. An output is never skipped: Dagster would keep the hour red for ever, or call its
backfill failed.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

import dagster as dg
import pyarrow as pa

from assets.asset_metadata import messages_metadata, raw_history_metadata
from assets.capture import Capture, capture_hour
from assets.conversion.schema import MESSAGES_SCHEMA
from assets.described_column import words_of
from assets.publish_messages import ConversionFailed, NotCaptured, publish_messages
from resources.archive.errors import ArchiveError
from resources.hours.hour import KEY_FORMAT, Hour
from resources.hours.state import REASONS_IN_WORDS, HourState
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.temporary_folder import LocalDiskError

RUNTIME_KEY = "runtime"
"""Under this name Dagster hands the `Runtime` to the assets."""

_UNFINISHED = frozenset({HourState.PENDING, HourState.FAILED})


class HourNotReady(dg.Failure):
    """The platform has not published the hour yet. A later run asks again."""


class HourFailed(dg.Failure):
    """The hour could not be captured or converted. The message says what to do."""


def hourly_partitions(first_hour: Hour) -> dg.HourlyPartitionsDefinition:
    """Return the partitions all assets share: one a UTC hour, from the archive's first hour on.

    `first_hour` must never change: Dagster would throw away what it knows of every hour.
    """
    return dg.HourlyPartitionsDefinition(start_date=first_hour.key, fmt=KEY_FORMAT, timezone="UTC")


def raw_history_key(app: AppSettings) -> dg.AssetKey:
    """Return the key of the app's raw history."""
    return dg.AssetKey([app.slug, "raw_history"])


def messages_key(app: AppSettings) -> dg.AssetKey:
    """Return the key of the app's messages."""
    return dg.AssetKey([app.slug, "messages"])


def build_app_assets(app: AppSettings, partitions: dg.HourlyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the assets of one app."""
    return [_raw_history(app, partitions), _messages(app, partitions)]


def _raw_history(app: AppSettings, partitions: dg.HourlyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=raw_history_key(app),
        partitions_def=partitions,
        group_name=app.slug,
        description=(
            f"The platform's own hourly files of **{app.name}**, byte for byte, under their SHA-256 in S3. "
            f"The platform deletes an hour {app.retention_hours:g} hours after it ends; a run inside that time looks "
            f"again, a run after it only shows what is recorded."
        ),
        kinds={"s3", "gzip"},
        owners=list(app.owners),
        tags={"archive/app": app.slug, "archive/floor": "raw"},
        required_resource_keys={RUNTIME_KEY},
    )
    def raw_history(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        runtime: Runtime = context.resources.runtime
        hour, archive, started = Hour.from_key(context.partition_key), runtime.archive(app), runtime.clock.now()
        try:
            capture = capture_hour(
                hour,
                archive,
                lambda: runtime.platform(app),
                runtime.clock,
                run_id=context.run.run_id,
            )
        except (ArchiveError, LocalDiskError) as error:
            raise HourFailed(f"Hour {hour} of {app.name}: {error}", allow_retries=False) from None
        metadata = raw_history_metadata(hour, capture.record, archive, runtime.settings.archive)
        metadata["seconds"] = dg.MetadataValue.float(round((runtime.clock.now() - started).total_seconds(), 3))
        metadata["asked_the_platform"] = dg.MetadataValue.bool(capture.asked)
        if capture.problem is not None:
            metadata["problem"] = dg.MetadataValue.text(capture.problem)
        if capture.record.state in _UNFINISHED:
            raise _unfinished(app, hour, capture, metadata)
        return dg.MaterializeResult(metadata=metadata)

    return raw_history


def _unfinished(app: AppSettings, hour: Hour, capture: Capture, metadata: dict[str, dg.MetadataValue]) -> dg.Failure:
    record = capture.record
    sentence = capture.problem or REASONS_IN_WORDS[record.reason]
    kind = HourNotReady if record.state is HourState.PENDING else HourFailed
    return kind(f"Hour {hour} of {app.name} is {record.state}. {sentence}", metadata=metadata, allow_retries=False)


def _messages(app: AppSettings, partitions: dg.HourlyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=messages_key(app),
        deps=[raw_history_key(app)],
        partitions_def=partitions,
        group_name=app.slug,
        description=(
            f"Every message of **{app.name}**, one Parquet object an hour, made from all raw revisions of the hour "
            f"with duplicates removed. A run makes no request: run it again after a parser fix."
        ),
        kinds={"s3", "parquet"},
        owners=list(app.owners),
        tags={"archive/app": app.slug, "archive/floor": "messages"},
        metadata={"dagster/column_schema": table_schema(MESSAGES_SCHEMA)},
        required_resource_keys={RUNTIME_KEY},
    )
    def messages(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        runtime: Runtime = context.resources.runtime
        hour, archive, started = Hour.from_key(context.partition_key), runtime.archive(app), runtime.clock.now()
        try:
            capture, record = publish_messages(hour, archive, runtime.clock)
        except (ArchiveError, ConversionFailed, NotCaptured) as error:
            raise HourFailed(f"Hour {hour} of {app.name}: {error}", allow_retries=False) from None
        metadata = messages_metadata(hour, capture, record, archive, runtime.settings.archive)
        metadata["seconds"] = dg.MetadataValue.float(round((runtime.clock.now() - started).total_seconds(), 3))
        if capture.state in _UNFINISHED and record is None:
            raise HourNotReady(
                f"Hour {hour} of {app.name} is {capture.state}: there is nothing to build messages from yet. "
                f"Run its raw_history.",
                metadata=metadata,
                allow_retries=False,
            )
        return dg.MaterializeResult(metadata=metadata)

    return messages


def table_schema(schema: pa.Schema) -> dg.TableSchema:
    """Return a table's columns as Dagster shows them."""
    return dg.TableSchema(columns=[_column(field) for field in schema])


def _column(field: "pa.Field[pa.DataType]") -> dg.TableColumn:
    words = words_of(field)
    unit = f" ({words['unit']})" if "unit" in words else ""
    return dg.TableColumn(
        name=field.name,
        type=str(field.type),
        description=" ".join(filter(None, [f"{words['description']}{unit}", words.get("trap")])),
        constraints=dg.TableColumnConstraints(nullable=field.nullable),
    )
