"""What may be cleaned up, and what may not, whatever it looks like: one pure function.

A record is written last, so a run that was killed leaves objects that no record names. Are they orphans?

- **A raw file** may be all that is left of an hour: the run was killed between storing it and writing its record, and
  by the time somebody looks the platform may have deleted the hour. So nothing under `raw/` is ever removed, whatever
  its name. `chat-archive adopt` brings such files into the ledger; a stranger's object there is a person's business.
- **Messages, quarantine, a day's object, at the place where the archive keeps them**, are replaced by the next run,
  which then records them. Without raw files no run does, and they may be the only copy: `chat-archive verify` names
  them, and a person judges. They are never removed either.
- **The ledger** is never touched.
- What is left are **objects under names that the archive never writes**, beside the messages, the quarantine and the
  days: copies, parts of other tools, what somebody put there by hand. Whoever reads the folder reads them as messages.
  These are removed, once they are old enough and if no record names them after all.
- **Uploads by parts that were never completed** are no objects, and nobody can read them; but their parts are paid for.
  They are aborted once they are older than any run can be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.verification.discrepancy import Thing
from assets.verification.expected import folder_of, revision_at, what_lies_at
from resources.archive.layout import Layout
from resources.archive.objects import ListedObject
from resources.archive.removal import UnfinishedUpload

_REMOVABLE = frozenset({Thing.MESSAGES, Thing.QUARANTINE, Thing.DAY})


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What nobody needs, and what only looks like it.

    Attributes:
        objects: May be removed.
        uploads: May be aborted.
        not_recorded: Raw files that no record names: they are kept.
        young: How many objects and uploads were left out because they are too young.
    """

    objects: tuple[ListedObject, ...] = ()
    uploads: tuple[UnfinishedUpload, ...] = ()
    not_recorded: tuple[ListedObject, ...] = ()
    young: int = 0


def leftovers_of(
    listed: Iterable[ListedObject],
    uploads: Iterable[UnfinishedUpload],
    named: Collection[str],
    layout: Layout,
    *,
    now: datetime,
    older_than: timedelta,
) -> Leftovers:
    """Tell what may be removed of an app's data.

    Args:
        listed: All objects in the app's folders of data.
        uploads: All uploads to there that are neither completed nor aborted.
        named: The keys that the ledger names, read after both.
        layout: Where the archive keeps what.
        now: By S3's clock, read before both.
        older_than: What is younger is left alone.
    """
    removable: list[ListedObject] = []
    not_recorded: list[ListedObject] = []
    abortable: list[UnfinishedUpload] = []
    young = 0
    for entry in listed:
        is_removable = folder_of(entry.key, layout) in _REMOVABLE and what_lies_at(entry.key, layout) is None
        is_raw = revision_at(entry.key, layout) is not None
        if entry.key in named or not (is_removable or is_raw):
            continue
        if now - entry.written_at < older_than:
            young += 1
        else:
            (not_recorded if is_raw else removable).append(entry)
    for upload in uploads:
        if not upload.key.startswith(layout.data_folders):
            continue
        if now - upload.begun_at < older_than:
            young += 1
        else:
            abortable.append(upload)
    return Leftovers(tuple(removable), tuple(abortable), tuple(not_recorded), young)
