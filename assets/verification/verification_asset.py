"""The Dagster asset `verification`: a sample of all apps, without partitions. A thin shell around `daily_sample.py`.

It succeeds whatever it finds: that is carried by the check `hours_damaged`, which stays until a later look finds the
hours whole. The run fails only where it could not look.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import dagster as dg

from assets.app_assets import RUNTIME_KEY, messages_key
from assets.daily.daily_asset import messages_daily_key
from assets.verification.daily_sample import Sample, verify_sample
from assets.verification.sample import share_of
from resources.archive.errors import ArchiveError
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.temporary_folder import LocalDiskError

VERIFICATION_KEY = dg.AssetKey(["verification"])

_MOST_SHOWN = 100


class SampleConfig(dg.Config):
    """How much a run verifies; the defaults are what the schedule takes."""

    sample: str = "5%"
    minutes: int = 30


def build_verification(apps: Sequence[AppSettings]) -> dg.AssetsDefinition:
    """Return the asset."""

    @dg.asset(
        key=VERIFICATION_KEY,
        deps=[key for app in apps for key in (messages_key(app), messages_daily_key(app))],
        group_name="verification",
        description=(
            "Whether what is stored still is what was stored: each day a twentieth of all hours is read back, compared "
            "with the ledger, and built again from the platform's files. In twenty days every hour has its "
            "turn, unless the time was too short: then not_reached is not 0, and a run with more minutes helps."
        ),
        kinds={"s3"},
        required_resource_keys={RUNTIME_KEY},
    )
    def verification(context: dg.AssetExecutionContext, config: SampleConfig) -> dg.MaterializeResult[None]:
        runtime: Runtime = context.resources.runtime
        first_hour, now = runtime.settings.archive.first_hour, runtime.clock.now()
        end = now + timedelta(minutes=config.minutes)
        try:
            share = share_of(config.sample)
        except ValueError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        samples, problems = [], []
        ordered = in_turn(runtime.settings.apps, now.date())
        for number, app in enumerate(ordered):
            began = runtime.clock.now()
            may_go_on = _until(began + (end - began) / (len(ordered) - number), runtime)
            try:
                samples.append(verify_sample(runtime.archive(app), first_hour, share, now, may_go_on))
            except (ArchiveError, LocalDiskError) as error:
                problems.append(f"{app.name} could not be verified. {error}")
        for sample in samples:
            if sample.not_reached:
                context.log.warning(
                    "%s: %d hours of the sample were not reached in time. Give the run more minutes in its config.",
                    sample.app,
                    sample.not_reached,
                )
        if problems:
            raise dg.Failure(" ".join(problems), metadata=_metadata(samples), allow_retries=False)
        return dg.MaterializeResult(metadata=_metadata(samples))

    return verification


def in_turn(apps: Sequence[AppSettings], day: date) -> list[AppSettings]:
    """Return the apps in the order of a day: each day another comes first."""
    first = day.toordinal() % len(apps)
    return [*apps[first:], *apps[:first]]


def _until(end: datetime, runtime: Runtime) -> Callable[[], bool]:
    return lambda: runtime.clock.now() < end


def _metadata(samples: Sequence[Sample]) -> dict[str, dg.MetadataValue]:
    verified = [
        dg.TableRecord(
            {
                "app": sample.app,
                "hours": sample.hours,
                "not reached": sample.not_reached,
                "objects": sample.objects,
                "bytes": sample.bytes,
                "wrong": len(sample.discrepancies),
            }
        )
        for sample in samples
    ]
    found = [
        dg.TableRecord(
            {
                "app": sample.app,
                "hour": each.hour,
                "what": f"{each.wrong}: {each.thing}",
                "object": each.key,
                "detail": each.detail,
                "what to do": each.remedy,
            }
        )
        for sample in samples
        for each in sample.discrepancies
    ]
    metadata: dict[str, dg.MetadataValue] = {
        "wrong": dg.MetadataValue.int(len(found)),
        "hours": dg.MetadataValue.int(sum(sample.hours for sample in samples)),
        "not_reached": dg.MetadataValue.int(sum(sample.not_reached for sample in samples)),
        "bytes": dg.MetadataValue.int(sum(sample.bytes for sample in samples)),
    }
    if verified:  # Dagster takes no table without a row
        metadata["verified"] = dg.MetadataValue.table(verified)
    if found:
        metadata["found"] = dg.MetadataValue.table(found[:_MOST_SHOWN])
    return metadata
