"""Rebuilding Dagster's picture from the ledger: after its database was lost, pruned, or somebody forged an event.

The ledger is the truth. Hours with a final state that Dagster does not show as materialized are reported to it; hours
that Dagster shows and the ledger does not know are named, for Dagster cannot take an event back.
"""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg

from assets.app_assets import hourly_partitions, messages_key, raw_history_key
from assets.asset_metadata import messages_metadata, raw_history_metadata
from assets.daily.daily_asset import daily_partitions, messages_daily_key, messages_daily_metadata
from pipelines.planner import hours_of_the_archive
from resources.archive.capture_record import messages_are_current
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.hours.state import HourState
from resources.runtime import Runtime
from resources.settings import AppSettings

_FINAL = frozenset({HourState.ARCHIVED, HourState.EMPTY, HourState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was done for one app.

    Attributes:
        reported: Materializations that were reported to Dagster.
        unfounded: Keys of hours that Dagster shows as materialized and the ledger does not know as finished.
        unreadable: Keys of hours of which a record cannot be read: Dagster's picture of them is left as it is.
    """

    reported: int
    unfounded: tuple[str, ...]
    unreadable: tuple[str, ...]


def reconcile_app(runtime: Runtime, app: AppSettings, instance: dg.DagsterInstance) -> Reconciliation:
    """Report to Dagster what the ledger knows and Dagster does not show.

    Raises:
        ArchiveError: The ledger cannot be read.
    """
    settings, archive = runtime.settings.archive, runtime.archive(app)
    hours = hours_of_the_archive(settings.first_hour, runtime.clock.now())
    read = archive.ledger.records(hours)
    unreadable = {hour.key for hour in read.unreadable}
    raw_shown = _materialized(instance, raw_history_key(app), hours, settings.first_hour)
    messages_shown = _materialized(instance, messages_key(app), hours, settings.first_hour)
    reported, finished = 0, set()
    for hour, known in read.readable.items():
        capture = known.capture
        if capture is None or capture.state not in _FINAL:
            continue
        finished.add(hour.key)
        if hour.key not in raw_shown:
            _report(instance, raw_history_key(app), hour.key, raw_history_metadata(hour, capture, archive, settings))
            reported += 1
        if hour.key not in messages_shown and messages_are_current(capture, known.messages):
            metadata = messages_metadata(hour, capture, known.messages, archive, settings)
            _report(instance, messages_key(app), hour.key, metadata)
            reported += 1
    reported += _report_days(runtime, app, instance, read.days())
    return Reconciliation(reported, tuple(sorted(raw_shown - finished - unreadable)), tuple(sorted(unreadable)))


def _report_days(runtime: Runtime, app: AppSettings, instance: dg.DagsterInstance, days: list[Day]) -> int:
    """Report the days that are one object and that Dagster does not show; return how many."""
    settings, key = runtime.settings.archive, messages_daily_key(app)
    partitions = daily_partitions(settings.first_hour)
    statuses = instance.get_status_by_partition(key, [day.key for day in days], partitions) or {}
    shown = {day for day, status in statuses.items() if status is not None and status.value == "MATERIALIZED"}
    records = runtime.archive(app).ledger.dailies([day for day in days if day.key not in shown])
    for day, record in records.readable.items():
        _report(instance, key, day.key, messages_daily_metadata(record, settings))
    return len(records.readable)


def _materialized(instance: dg.DagsterInstance, asset: dg.AssetKey, hours: list[Hour], first_hour: Hour) -> set[str]:
    keys = [hour.key for hour in hours]
    statuses = instance.get_status_by_partition(asset, keys, hourly_partitions(first_hour)) or {}
    return {key for key, status in statuses.items() if status is not None and status.value == "MATERIALIZED"}


def _report(
    instance: dg.DagsterInstance,
    asset: dg.AssetKey,
    partition: str,
    metadata: dict[str, dg.MetadataValue],
) -> None:
    event = dg.AssetMaterialization(
        asset_key=asset,
        partition=partition,
        metadata={**metadata, "reconciled": dg.MetadataValue.bool(True)},
    )
    instance.report_runless_asset_event(event)
