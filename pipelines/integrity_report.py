"""How verify, adopt and cleanup show: each thing on a line with its key, what to do about it once. Words and colours.

Lines with keys are never broken, so that they can be searched and copied; a terminal wraps them by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from assets.verification.adopt import Adoption
from assets.verification.discrepancy import Discrepancy, Wrong
from assets.verification.leftovers import Leftovers
from assets.verification.verify import Verified
from resources.archive.app_archive import AppArchive
from resources.archive.objects import ListedObject
from resources.archive.removal import UnfinishedUpload
from resources.printable import printable

_WORST_FIRST = tuple(Wrong)
_BAD, _GOOD, _ODD = "bold red", "bold green", "bold yellow"


@dataclass(frozen=True, slots=True)
class VerifiedApp:
    """What was found of one app.

    Attributes:
        app: The app, `org/app`.
        hours: How many hours were verified.
        verified: What was found of each.
        strays: What lies in no day's folder.
    """

    app: str
    hours: int
    verified: tuple[Verified, ...]
    strays: tuple[Discrepancy, ...]

    @property
    def discrepancies(self) -> list[Discrepancy]:
        """Everything that is not as it should be."""
        return [*(found for each in self.verified for found in each.discrepancies), *self.strays]


@contextmanager
def progress_of(console: Console, total: int) -> Iterator[Callable[[str, int], None]]:
    """Show a progress bar over hours, and give what moves it; it is gone at the end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("hours, left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, expand=True, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=total)

        def advance(app: str, hours: int) -> None:
            progress.update(task, advance=hours, description=app)

        yield advance


def report(console: Console, verified: VerifiedApp, bucket: str) -> None:
    """Name each thing that is wrong with an app; what to do stands once above those of a kind."""
    kinds: dict[tuple[str, str], list[Discrepancy]] = defaultdict(list)
    for each in sorted(verified.discrepancies, key=lambda each: _WORST_FIRST.index(each.wrong)):
        kinds[f"{each.wrong}: {each.thing}", each.remedy].append(each)
    for (kind, remedy), found in kinds.items():
        hours = {each.hour for each in found}
        console.print(Text.assemble((kind, _BAD), f" ({verified.app}, {len(found):,})"))
        what_to_do = remedy.replace("ORG/APP", verified.app)
        console.print(Text(what_to_do.replace("HOUR", hours.pop()) if len(hours) == 1 else what_to_do))
        for each in found:
            hour = each.hour or "no hour"
            detail = f"  {each.detail}" if each.detail else ""
            _line(console, f"  {hour:<10}  s3://{bucket}/{each.key}{detail}")
        console.print()


def sum_up(console: Console, apps: Sequence[VerifiedApp], *, read_data: bool) -> None:
    """Say how much was looked at and whether it is whole."""
    looks = [each for app in apps for each in app.verified]
    objects, hours = sum(each.objects for each in looks), sum(app.hours for app in apps)
    how = f"{decimal(sum(each.bytes for each in looks))} read" if read_data else "their bytes were not read"
    scope = f"{_count(hours, 'hour')}, {_count(objects, 'object')}, {how}"
    again = sum(each.read_again for each in looks)
    if again:
        told = f"{_count(again, 'object')} came with wrong bytes, and right at the second read: look at the way to S3."
        console.print(Text(told, style=_ODD))
    for app in apps:
        busy = sorted({each.hour.key for each in app.verified if each.under_way})
        if busy:
            _line(console, f"{app.app}: being written right now, so not judged yet: {', '.join(busy)}.", _ODD)
    wrong = sum(len(app.discrepancies) for app in apps)
    if wrong:
        affected = len({(app.app, each.hour) for app in apps for each in app.discrepancies if each.hour})
        verb = "is" if wrong == 1 else "are"
        told = f"{_count(wrong, 'thing')} {verb} wrong in {_count(affected, 'hour')}. Verified: {scope}."
        console.print(Text(told, style=_BAD))
    else:
        console.print(Text(f"Whole: {scope}.", style=_GOOD))


def tell_not_verified(console: Console, slugs: Sequence[str]) -> None:
    """Say which apps the archive holds and nobody has looked at; nothing when there is none."""
    if slugs:
        told = (
            f"Not verified, for these settings do not name them: {', '.join(slugs)}. Verify them with settings that do."
        )
        _line(console, told, _ODD)


def tell_adoption(console: Console, adoption: Adoption, bucket: str) -> None:
    """Say what became of an hour's raw files; nothing when there was nothing to adopt."""
    rows = f", {_count(adoption.messages.counts.messages, 'message')} now" if adoption.messages else ""
    if adoption.adopted:
        console.print(f"{adoption.hour}: {_count(len(adoption.adopted), 'raw file')} recorded{rows}.")
    for revision in adoption.adopted:
        if revision.damage is not None:
            console.print(Text(f"{adoption.hour}: kept, although damaged. {revision.damage}", style=_ODD))
    for revision in adoption.read_again:
        if revision.damage is None:
            console.print(f"{adoption.hour}: a raw file that was called damaged can be read whole{rows}.")
        else:
            console.print(Text(f"{adoption.hour}: still damaged. {revision.damage}", style=_ODD))
    for key in adoption.refused:
        told = (
            f"{adoption.hour}: s3://{bucket}/{key} does not hold the bytes its name says. Nothing was recorded of it."
        )
        _line(console, told, _BAD)


def tell_nothing_adopted(console: Console) -> None:
    """Say that there was nothing to do."""
    console.print("Nothing to adopt: the ledger names every raw file of these hours.")


def tell_failure(console: Console, sentence: str) -> None:
    """Say what went wrong and what to do."""
    console.print(Text(sentence, style=_BAD))


def tell_leftovers(console: Console, app: str, leftovers: Leftovers, archive: AppArchive) -> None:
    """List what may be removed of an app, and what is kept although no record names it."""
    bucket = archive.bucket.name
    nothing = not (leftovers.strange or leftovers.unfounded or leftovers.uploads or leftovers.not_recorded)
    console.print(Text(f"{app}: nothing is left over." if nothing else app, style="" if nothing else "bold"))
    if leftovers.strange:
        size = decimal(sum(entry.bytes for entry in leftovers.strange))
        console.print(f"{_count(len(leftovers.strange), 'object')} the archive never wrote, {size}:")
        _objects(console, leftovers.strange, bucket)
    if leftovers.uploads:
        console.print(f"{_count(len(leftovers.uploads), 'upload')} that nobody finished:")
        for upload in leftovers.uploads:
            _line(console, f"  s3://{bucket}/{upload.key}  begun {upload.begun_at:%Y-%m-%d %H:%M}")
    if leftovers.unfounded:
        told = (
            f"{_count(len(leftovers.unfounded), 'object')} made of no file: by the ledger nobody spoke then, all is "
            f"lost, or the hour is still to come. If somebody has deleted raw files and records, it is the only copy: "
            f"look at it before it goes."
        )
        console.print(Text(told, style=_ODD))
        _objects(console, leftovers.unfounded, bucket)
    if leftovers.not_recorded:
        hours = sorted({str(archive.layout.place_of(entry.key)[1]) for entry in leftovers.not_recorded})
        range_of_hours = hours[0] if len(hours) == 1 else f"{hours[0]}..{hours[-1]}"
        told = (
            f"{_count(len(leftovers.not_recorded), 'raw file')} that no record names, and kept, for it may be the only "
            f"copy. To record: chat-archive adopt --app {app} --hours {range_of_hours}"
        )
        console.print(Text(told, style=_ODD))
        _objects(console, leftovers.not_recorded, bucket)
    if leftovers.young:
        console.print(f"{leftovers.young:,} more are too young to be judged: a run may be under way.")


def tell_removed(console: Console, gone: ListedObject | UnfinishedUpload, bucket: str) -> None:
    """Say that something is gone."""
    verb = "Removed" if isinstance(gone, ListedObject) else "Aborted"
    _line(console, f"{verb} s3://{bucket}/{gone.key}")


def tell_next_step(console: Console, found: Sequence[Leftovers], *, deleted: bool, unfounded: bool) -> None:
    """Say what was not removed, and how to."""
    if not deleted and any(each.strange or each.uploads for each in found):
        console.print("Nothing was removed. To remove what is listed as left over: chat-archive cleanup --delete")
    if not unfounded and any(each.unfounded for each in found):
        console.print("To remove what is made of no file as well: chat-archive cleanup --delete --unfounded")


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def _objects(console: Console, objects: Sequence[ListedObject], bucket: str) -> None:
    for entry in objects:
        written = f"{decimal(entry.bytes)}, written {entry.written_at:%Y-%m-%d %H:%M}"
        _line(console, f"  s3://{bucket}/{entry.key}  {written}")


def _line(console: Console, text: str, style: str = "") -> None:
    """Print a line unbroken; keys are whatever somebody wrote into the bucket."""
    console.print(Text(printable(text), style=style), soft_wrap=True)
