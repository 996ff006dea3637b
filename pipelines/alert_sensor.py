"""The sensor that wakes people: every few minutes it looks through each app's ledger and tells what is new, once.

It does not depend on any run: hours that nobody asks for are noticed all the same. Thin; see `watch.py`.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

from datetime import datetime, timedelta

import dagster as dg

from assets.app_assets import RUNTIME_KEY
from pipelines.watch import look_through, tell_what_is_new
from resources.alerts import AlertNotSent, send_alert
from resources.archive.errors import ArchiveError
from resources.credentials import MissingSecret
from resources.runtime import Runtime

SENSOR_NAME = "tell_people"
_SECONDS_BETWEEN_LOOKS = 300
_UNREADABLE_IS_TOLD_AGAIN_AFTER = timedelta(hours=6)


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
        now = runtime.clock.now()

        def send(title: str, text: str) -> bool:
            return send_alert(runtime.settings.alerts, title, text)

        sent = 0
        may_be_told = _is_news(context.cursor, now)
        unreadable: ArchiveError | None = None
        for app in runtime.settings.apps:
            try:
                sent += tell_what_is_new(runtime, app, look_through(runtime, app, now), now, send)
            except ArchiveError as error:
                if may_be_told:
                    send(f"Chat archive, {app.name}: the ledger cannot be read", str(error))
                    context.update_cursor(now.isoformat())
                unreadable = unreadable or error
            except (AlertNotSent, MissingSecret) as error:
                raise dg.Failure(str(error), allow_retries=False) from None
        if unreadable is not None:
            raise unreadable
        return dg.SkipReason(f"{sent} alerts were sent." if sent else "There is nothing new to tell.")

    return tell_people


def _is_news(cursor: str | None, now: datetime) -> bool:
    """Tell whether it is time to say again that the ledger cannot be read; the ledger itself cannot remember."""
    return not cursor or now - datetime.fromisoformat(cursor) >= _UNREADABLE_IS_TOLD_AGAIN_AFTER
