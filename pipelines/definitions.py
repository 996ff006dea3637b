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
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.settings_file import load_settings


def job_name(app: AppSettings) -> str:
    """Return the name of the app's job: capture an hour and build its messages."""
    return f"archive_{app.slug}"


def build_definitions(runtime: Runtime) -> dg.Definitions:
    """Return the definitions for the apps of a runtime's settings.

    Args:
        runtime: What the assets will use; a test hands in one with its own clock and folder.
    """
    apps = runtime.settings.apps
    partitions = hourly_partitions(runtime.settings.archive.first_hour)
    return dg.Definitions(
        assets=[asset for app in apps for asset in build_app_assets(app, partitions)],
        jobs=[_archive_job(app) for app in apps],
        resources={RUNTIME_KEY: runtime},
        # A run is one hour in two steps; a process for each step would only cost seconds.
        executor=dg.in_process_executor,
    )


def _archive_job(app: AppSettings) -> dg.UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name=job_name(app),
        selection=dg.AssetSelection.assets(raw_history_key(app), messages_key(app)),
        description=f"Save an hour of {app.name}: capture what the platform has, then build its messages.",
        tags={"archive/app": app.slug},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location that `workspace.yaml` names."""
    return build_definitions(Runtime(load_settings()))
