"""What a person types who wants to know whether the archive is whole: verify, adopt, cleanup. Thin; no decisions.

What is looked at and removed lies in `assets/verification`, how it shows in `integrity_report.py`. Registered on the
command line in `command_line.py`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from pipelines.command_options import (
    SOME_HOUR_FAILED,
    AppOption,
    HoursOption,
    chosen_apps,
    chosen_hours,
    explained,
    opened_runtime,
)
from pipelines.planner import hours_of_the_archive

_SPAN = re.compile(r"(\d{1,5})\s*([hd])", re.ASCII)


def verify(
    app_name: AppOption = None,
    hours: HoursOption = None,
    sample: Annotated[
        str | None, typer.Option(metavar="5%", help="Only so many of the hours; each day takes others.")
    ] = None,
    read_data: Annotated[
        bool, typer.Option("--read-data", help="Fetch every object, prove its bytes, build hours and days again.")
    ] = False,
) -> None:
    """Compare the ledger with what is stored, and name each thing that is missing, extra or altered. Changes nothing.

    Without --read-data it asks S3 what there is, how long it is, and which SHA-256 was stored with it.

    With it every object is fetched and hashed, each hour is built again from the platform's files, each day from its
    hours.

    Without --hours and --sample also what lies outside the archive's hours is named, as in days to come.

    Without --app apps are named that the archive holds and the settings do not name: they are not verified.

    With --sample 5% every hour has had its turn after twenty days, if it runs on each of them.

    Exit code 0: all is whole, or too young to be judged, which is said. 1: something is wrong, or S3 could not be read.
    2: usage or configuration.
    """
    from assets.verification.daily_sample import by_day  # noqa: PLC0415
    from assets.verification.outside import Outside, look_outside  # noqa: PLC0415
    from assets.verification.sample import EVERYTHING, sample_of, share_of  # noqa: PLC0415
    from assets.verification.strangers import strangers_of  # noqa: PLC0415
    from assets.verification.verify import Verifier  # noqa: PLC0415
    from pipelines.integrity_report import (  # noqa: PLC0415
        VerifiedApp,
        progress_of,
        report,
        sum_up,
        tell_not_verified,
    )
    from resources.archive.apps_stored import apps_left_out  # noqa: PLC0415

    try:
        share = share_of(sample) if sample is not None else EVERYTHING
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--sample") from None
    console = Console()
    verified_apps = []
    with explained(), opened_runtime() as runtime:
        now, first_hour = runtime.clock.now(), runtime.settings.archive.first_hour
        chosen = hours_of_the_archive(first_hour, now) if hours is None else chosen_hours(runtime, hours)
        taken = {app: sample_of(chosen, app.name, share, now.date()) for app in chosen_apps(runtime, app_name)}
        with progress_of(console, sum(map(len, taken.values()))) as advance:
            for app, sampled in taken.items():
                archive, verified, days = runtime.archive(app), [], by_day(sampled)
                looks = Verifier(archive, now, read_data=read_data).verify(days)
                for day, found in zip(days, looks, strict=True):
                    verified += found
                    advance(app.name, len(days[day]))
                outside = Outside()
                if hours is None and sample is None:  # by the time it is now: hours may have ended meanwhile
                    later = runtime.clock.now()
                    outside = look_outside(archive, sampled, first_hour, later, read_data=read_data)
                verified += outside.verified
                verified_apps.append(VerifiedApp(app.name, len(sampled), tuple(verified), outside.strays))
        if app_name is None and hours is None and sample is None:
            strangers = strangers_of(runtime.bucket, {app.slug for app in taken})
            verified_apps.append(VerifiedApp("no app", 0, (), tuple(strangers)))
        for each in verified_apps:
            report(console, each, runtime.bucket.name)
        sum_up(console, verified_apps, read_data=read_data)
        if app_name is None:
            tell_not_verified(console, apps_left_out(runtime.bucket, {app.slug for app in taken}))
    if any(each.discrepancies for each in verified_apps):
        raise typer.Exit(SOME_HOUR_FAILED)


def adopt(
    app_name: Annotated[str, typer.Option("--app", metavar="ORG/APP", help="The app.")],
    hours: Annotated[str, typer.Option("--hours", metavar="A..B", help="From hour A to hour B, both included.")],
) -> None:
    """Record raw files that are stored and that no record names, and build the messages with them.

    Such a file is left when a run is killed between storing and recording it, or when an older record is put back. The
    platform is not asked.

    Files that are recorded as damaged are read again, for a limit may have been raised since.

    Exit code 0. 1: a file does not hold what its name says, a record cannot be read, or messages could not be built.
    2: usage or configuration.
    """
    from assets.publish_messages import ConversionFailed  # noqa: PLC0415
    from assets.verification.adopt import adopt as adopt_hour  # noqa: PLC0415
    from pipelines.integrity_report import tell_adoption, tell_failure, tell_nothing_adopted  # noqa: PLC0415
    from resources.archive.errors import RecordUnreadable  # noqa: PLC0415

    console, failed, adopted = Console(), False, False
    with explained(), opened_runtime() as runtime:
        (app,) = chosen_apps(runtime, app_name)
        for hour in chosen_hours(runtime, hours):
            try:
                adoption = adopt_hour(hour, runtime.archive(app), runtime.clock)
            except (ConversionFailed, RecordUnreadable) as error:
                tell_failure(console, str(error))
                failed = adopted = True
                continue
            tell_adoption(console, adoption, runtime.bucket.name)
            failed |= bool(adoption.refused)
            adopted |= bool(adoption.adopted or adoption.read_again or adoption.refused)
        if not adopted:
            tell_nothing_adopted(console)
    if failed:
        raise typer.Exit(SOME_HOUR_FAILED)


def cleanup(
    app_name: AppOption = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove it; without this it is only listed.")] = False,
    unfounded: Annotated[
        bool, typer.Option("--unfounded", help="With --delete: also what is listed as made of no file. Look first.")
    ] = False,
    older_than: Annotated[
        str, typer.Option(metavar="SPAN", help="What is younger is left alone: 12h, 2d; at least 4h.")
    ] = "1d",
) -> None:
    """List what nobody needs, and remove it when told to: unfinished uploads, and objects the archive never wrote.

    Never removed: what the ledger names, records, raw files, and what a run is going to replace.

    Raw files that no record names are listed; chat-archive adopt records them. So are messages of hours that are empty
    or expired by the ledger, or still to come: --unfounded removes them too.

    Exit code 0. 1: S3, or a record in it, cannot be read. 2: usage or configuration, also when the credentials may not
    remove anything.
    """
    from assets.verification.cleanup import find_leftovers, remove  # noqa: PLC0415
    from pipelines.integrity_report import tell_leftovers, tell_next_step, tell_removed  # noqa: PLC0415

    span = _span(older_than)
    if unfounded and not delete:
        raise typer.BadParameter("It removes more, so it needs --delete beside it.", param_hint="--unfounded")
    console = Console()
    with explained(), opened_runtime() as runtime:
        found = []
        for app in chosen_apps(runtime, app_name):
            archive = runtime.archive(app)
            leftovers = find_leftovers(archive, span)
            tell_leftovers(console, app.name, leftovers, archive)
            found.append(leftovers)
            if delete:
                for gone in remove(archive, leftovers, unfounded=unfounded):
                    tell_removed(console, gone, runtime.bucket.name)
        tell_next_step(console, found, deleted=delete, unfounded=unfounded)


def _span(written: str) -> timedelta:
    from assets.verification.compare import LONGEST_RUN  # noqa: PLC0415

    match = _SPAN.fullmatch(written.strip())
    hours = int(match[1]) * (24 if match[2] == "d" else 1) if match else 0
    if timedelta(hours=hours) < LONGEST_RUN:
        raise typer.BadParameter(
            "Write hours or days, at least 4h: a run may be under way for so long. For example 12h or 2d.",
            param_hint="--older-than",
        )
    return timedelta(hours=hours)
