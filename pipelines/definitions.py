"""What Dagster loads: the assets and jobs of every app in the settings file. One screen; the parts lie elsewhere.

`CHAT_ARCHIVE_CONFIG` is read when Dagster loads this module, since the file says which apps there are. Secrets are not:
they are read by the run that needs them.
"""

from __future__ import annotations

import dagster as dg

from assets.app_assets import (
    RUNTIME_KEY,
    build_app_assets,
    hourly_partitions,
    messages_key,
    raw_history_key,
)
from assets.coverage.coverage_asset import COVERAGE_KEY, build_coverage
from assets.daily.daily_asset import build_messages_daily, daily_partitions, messages_daily_key
from assets.verification.verification_asset import VERIFICATION_KEY, build_verification
from pipelines.alert_sensor import build_alert_sensor
from pipelines.asset_checks import build_checks
from pipelines.daily_schedules import (
    COMPACTS_TAG,
    build_compaction_schedule,
    build_coverage_schedule,
    build_verification_schedule,
)
from pipelines.schedules import build_archive_schedule, build_check_schedule, run_tags
from resources.hours.hour import Hour
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.settings_file import load_settings

COVERAGE_JOB = "rebuild_coverage"
VERIFICATION_JOB = "verify_a_sample"


def job_name(app: AppSettings) -> str:
    """Return the name of the app's job: capture an hour and build its messages."""
    return f"archive_{app.slug}"


def compaction_job_name(app: AppSettings) -> str:
    """Return the name of the job that makes one object of a closed day of the app."""
    return f"compact_{app.slug}"


def build_definitions(runtime: Runtime) -> dg.Definitions:
    """Return the definitions for the apps of a runtime's settings.

    Args:
        runtime: What the assets will use; a test hands in one with its own clock and folder.
    """
    first_hour = runtime.settings.archive.first_hour
    parts = [_definitions_of(app, first_hour) for app in runtime.settings.apps]
    coverage_job = dg.define_asset_job(COVERAGE_JOB, selection=dg.AssetSelection.assets(COVERAGE_KEY))
    verification_job = dg.define_asset_job(VERIFICATION_JOB, selection=dg.AssetSelection.assets(VERIFICATION_KEY))
    shared = dg.Definitions(
        assets=[build_coverage(runtime.settings.apps), build_verification(runtime.settings.apps)],
        jobs=[coverage_job, verification_job],
        schedules=[build_coverage_schedule(coverage_job.name), build_verification_schedule(verification_job.name)],
        sensors=[build_alert_sensor()],
        resources={RUNTIME_KEY: runtime},
        # A run is one hour in two steps; a process for each step would only cost seconds.
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(shared, *parts)


def _definitions_of(app: AppSettings, first_hour: Hour) -> dg.Definitions:
    """Return what belongs to one app. Nothing of it depends on another app."""
    partitions, days = hourly_partitions(first_hour), daily_partitions(first_hour)
    archive_job, check_job, checks = _archive_job(app, partitions), _check_job(app), build_checks(app)
    compact_job = dg.define_asset_job(
        name=compaction_job_name(app),
        selection=dg.AssetSelection.assets(messages_daily_key(app)),
        description=f"Make one object of a closed day of {app.name}.",
        tags={COMPACTS_TAG: app.slug},
    )
    return dg.Definitions(
        assets=[*build_app_assets(app, partitions), build_messages_daily(app, days)],
        asset_checks=[checks],
        jobs=[archive_job, check_job, compact_job],
        schedules=[
            build_archive_schedule(app, archive_job.name, partitions),
            build_check_schedule(app, check_job.name),
            build_compaction_schedule(app, compact_job.name),
        ],
    )


def _archive_job(app: AppSettings, partitions: dg.HourlyPartitionsDefinition) -> dg.UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name=job_name(app),
        selection=dg.AssetSelection.assets(raw_history_key(app), messages_key(app)).without_checks(),
        config=dg.PartitionedConfig(
            partitions,
            run_config_for_partition_key_fn=lambda _: {},
            tags_for_partition_key_fn=lambda key: run_tags(app, Hour.from_key(key)),
        ),
        description=f"Save an hour of {app.name}: capture what the platform has, then build its messages.",
        tags={"archive/app": app.slug},
    )


def _check_job(app: AppSettings) -> dg.UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name=f"check_{app.slug}",
        selection=dg.AssetSelection.checks_for_assets(raw_history_key(app), messages_key(app), messages_daily_key(app)),
        description=f"Look through the ledger of {app.name} for hours lost, at risk, or odd.",
        tags={"archive/checks_of": app.slug},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location that `workspace.yaml` names."""
    return build_definitions(Runtime(load_settings()))
