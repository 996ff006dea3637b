"""The sensor that wakes people: every few minutes it looks through each app's ledger and tells what is new, once.

It does not depend on any run: hours that nobody asks for are noticed all the same. Thin; see `telling.py`.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

import dagster as dg

from assets.app_assets import RUNTIME_KEY
from pipelines.telling import watch_and_tell
from resources.alerts import alert_services
from resources.runtime import Runtime

SENSOR_NAME = "tell_people"
_SECONDS_BETWEEN_LOOKS = 300


def build_alert_sensor() -> dg.SensorDefinition:
    """Return the sensor over all apps."""

    @dg.sensor(
        name=SENSOR_NAME,
        minimum_interval_seconds=_SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tell people, once, what will be lost, what is lost, and what keeps failing.",
        required_resource_keys={RUNTIME_KEY},
    )
    def tell_people(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        runtime: Runtime = context.resources.runtime
        services = alert_services(runtime.settings.alerts)
        told = watch_and_tell(runtime, runtime.settings.apps, runtime.clock.now(), services)
        if told.problems:
            raise dg.Failure("\n".join(told.problems), allow_retries=False)
        return dg.SkipReason(f"{told.sent} alerts were sent." if told.sent else "There is nothing new to tell.")

    return tell_people
