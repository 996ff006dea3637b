"""The Dagster asset `coverage`: one for all apps, without partitions. A thin shell around `publish_coverage.py`."""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from assets.app_assets import RUNTIME_KEY, messages_key, table_schema
from assets.asset_metadata import object_link
from assets.coverage.hour_status import HourStatus
from assets.coverage.looks import LOOKS, busiest, sign_of
from assets.coverage.publish_coverage import Coverage, publish_coverage
from assets.coverage.table import COVERAGE_SCHEMA
from assets.daily.daily_asset import messages_daily_key
from resources.archive.errors import ArchiveError
from resources.runtime import Runtime
from resources.settings import AppSettings, ArchiveSettings

COVERAGE_KEY = dg.AssetKey(["coverage"])

_DAYS_SHOWN = 14
_HOURS = 24


def build_coverage(apps: Sequence[AppSettings]) -> dg.AssetsDefinition:
    """Return the asset."""

    @dg.asset(
        key=COVERAGE_KEY,
        deps=[key for app in apps for key in (messages_key(app), messages_daily_key(app))],
        group_name="coverage",
        description=(
            "One row per app and hour: its state, its volume, and the object its messages are to be read from. Rebuilt "
            "from the ledger; the picture of it lies beside the table in S3. `left_out` names apps that the archive "
            "holds too and the settings do not name."
        ),
        kinds={"s3", "parquet"},
        metadata={"dagster/column_schema": table_schema(COVERAGE_SCHEMA)},
        required_resource_keys={RUNTIME_KEY},
    )
    def coverage(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        runtime: Runtime = context.resources.runtime
        try:
            published = publish_coverage(runtime)
        except ArchiveError as error:
            raise dg.Failure(f"Coverage was not rebuilt. {error}", allow_retries=False) from None
        return dg.MaterializeResult(metadata=_metadata(published, runtime.settings.archive))

    return coverage


def _metadata(coverage: Coverage, settings: ArchiveSettings) -> dict[str, dg.MetadataValue]:
    counts = Counter(status.state for status in coverage.statuses)
    left_out = {"left_out": dg.MetadataValue.text(", ".join(coverage.left_out))} if coverage.left_out else {}
    return left_out | {
        "dagster/row_count": dg.MetadataValue.int(len(coverage.hours)),
        "dagster/uri": dg.MetadataValue.text(f"s3://{settings.bucket}/{coverage.table}"),
        "picture": dg.MetadataValue.url(object_link(settings, coverage.page)),
        "latest_days": dg.MetadataValue.md(_grid_in_markdown(coverage.statuses)),
        **{state.value: dg.MetadataValue.int(counts[state]) for state in LOOKS},
    }


def _grid_in_markdown(statuses: Sequence[HourStatus]) -> str:
    """Draw the latest days with signs alone: Dagster's Markdown has no colours."""
    blocks = []
    for app in dict.fromkeys(status.app for status in statuses):
        hours = [status for status in statuses if status.app == app]
        most = busiest(hours)
        days: dict[str, list[str]] = {}
        for status in hours:
            days.setdefault(status.hour[:8], [" "] * _HOURS)[int(status.hour[8:])] = sign_of(status, most)
        lines = [
            f"{day[:4]}-{day[4:6]}-{day[6:]}  {' '.join(days[day])}" for day in sorted(days, reverse=True)[:_DAYS_SHOWN]
        ]
        heads = " " * 12 + "".join(f"{hour:02d}    " for hour in range(0, _HOURS, 3))
        blocks.append(f"**{app}**\n```\n" + "\n".join([heads.rstrip(), *lines]) + "\n```")
    legend = ", ".join(f"`{look.sign}` {state.value}" for state, look in LOOKS.items())
    return "\n\n".join([*blocks, legend])
