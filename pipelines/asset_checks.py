"""The sticky checks of an app in Dagster: each kind of finding, evaluated over the ledger, not over one run.

A check that failed for a lost hour is not made green by the next good hour, since every evaluation looks at all hours.
Thin: what is wrong is decided in `findings.py`.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator

import dagster as dg

from assets.app_assets import RUNTIME_KEY, messages_key, raw_history_key
from assets.daily.daily_asset import messages_daily_key
from pipelines.finding import WARNINGS, Finding, FindingKind
from pipelines.watch import look_through
from resources.archive.errors import ArchiveError
from resources.runtime import Runtime
from resources.settings import AppSettings

_ABOUT_MESSAGES = frozenset(
    {
        FindingKind.CONSERVATION,
        FindingKind.VOLUME,
        FindingKind.HOUR_ZONE,
        FindingKind.LINES_QUARANTINED,
        FindingKind.LINES_TOO_LONG,
    }
)
_PROMISES = {
    FindingKind.HOURS_LOST: "No hour is lost, or every loss is acknowledged.",
    FindingKind.HOURS_UNSETTLED: "Every hour was seen once it was settled, or that is acknowledged.",
    FindingKind.HOURS_AT_RISK: "Every hour is safe 12 hours before the platform deletes it.",
    FindingKind.HOUR_ZONE: "Most messages carry a time in the hour under which they are filed.",
    FindingKind.HOURS_FAILING: "No hour fails three times in a row.",
    FindingKind.ARCHIVE_LAG: "Every hour is asked for within 3 hours of being due.",
    FindingKind.CONSERVATION: "The messages hold every line of the raw files.",
    FindingKind.LINES_QUARANTINED: "Of a hundred lines of an hour, 99 can be read as messages.",
    FindingKind.LINES_TOO_LONG: "No line is kept out of the messages for its length.",
    FindingKind.FILES_SHRANK: "The platform never gives a smaller file than before.",
    FindingKind.DAYS_BEHIND: "Every day is one object a day after it is closed.",
    FindingKind.HOURS_DAMAGED: "What was verified of what is stored is whole.",
    FindingKind.RECORDS_UNREADABLE: "Every record in the ledger can be read.",
    FindingKind.VOLUME: "Hours are about as busy as the same hour of past weeks.",
}


def build_checks(app: AppSettings) -> dg.AssetChecksDefinition:
    """Return the checks of one app, evaluated together."""

    @dg.multi_asset_check(
        name=f"{app.slug}__ledger_checks",
        specs=[
            dg.AssetCheckSpec(kind.value, asset=_asset_of(app, kind), description=_PROMISES[kind])
            for kind in FindingKind
        ],
        required_resource_keys={RUNTIME_KEY},
        can_subset=True,  # so that one of the two assets can be run alone
    )
    def ledger_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        runtime: Runtime = context.resources.runtime
        try:
            findings = {finding.kind: finding for finding in look_through(runtime, app, runtime.clock.now())}
        except ArchiveError as error:
            raise dg.Failure(f"The ledger of {app.name} cannot be checked. {error}", allow_retries=False) from None
        selected = {key.name for key in context.selected_asset_check_keys}
        for kind in FindingKind:
            if kind.value in selected:
                yield _result(app, kind, findings.get(kind))

    return ledger_checks


def _asset_of(app: AppSettings, kind: FindingKind) -> dg.AssetKey:
    if kind is FindingKind.DAYS_BEHIND:
        return messages_daily_key(app)
    return messages_key(app) if kind in _ABOUT_MESSAGES else raw_history_key(app)


def _result(app: AppSettings, kind: FindingKind, finding: Finding | None) -> dg.AssetCheckResult:
    metadata: dict[str, dg.MetadataValue] = {"hours": dg.MetadataValue.int(len(finding.hours) if finding else 0)}
    if finding is not None:
        metadata["which"] = dg.MetadataValue.text(finding.hours_in_words)
    return dg.AssetCheckResult(
        asset_key=_asset_of(app, kind),
        check_name=kind.value,
        passed=finding is None,
        severity=dg.AssetCheckSeverity.WARN if kind in WARNINGS else dg.AssetCheckSeverity.ERROR,
        description=finding.sentence if finding else _PROMISES[kind],
        metadata=metadata,
    )
