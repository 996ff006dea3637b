"""What lies beside the apps of an archive, where every reader of its tables finds it, and coverage. I/O only.

An app that was removed from the settings is no stranger: its ledger is still there. Nothing of this is ever removed.
What coverage says is not looked at: it is made anew from the ledger twice an hour, and no record names it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from assets.verification.compare import LONGEST_RUN
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import what_lies_at
from resources.archive.layout import Layout, coverage_table
from resources.archive.objects import ArchiveBucket

_READ_WHOLE: Final = ("messages", "messages_daily", "quarantine")
"""Folders with a folder for each app, that engines read as one table, whatever lies in them."""

_APP: Final = re.compile(r"app=([^/]+)/")
_DETAIL: Final = "it belongs to no app, and whoever reads the folder reads it too"


def strangers_of(bucket: ArchiveBucket, slugs: Collection[str]) -> list[Discrepancy]:
    """Return what lies in the folders of an archive's tables and belongs to no app, and what is wrong with coverage.

    Args:
        bucket: The archive's bucket.
        slugs: Those of the apps in the settings.

    Raises:
        ArchiveError: S3 cannot be read.
    """
    is_an_app = dict.fromkeys(slugs, True)
    found = []
    for kind in _READ_WHOLE:
        folder = f"{bucket.prefix}{kind}/"
        for key in bucket.keys(folder):
            match = _APP.match(key, len(folder))
            if match is not None and match[1] not in is_an_app:
                is_an_app[match[1]] = _has_a_ledger(bucket, match[1])
            if match is None or not is_an_app[match[1]]:
                found.append(Discrepancy(Wrong.EXTRA, Thing.OTHER, "", key, _DETAIL))
    return found + _of_coverage(bucket, slugs)


def _of_coverage(bucket: ArchiveBucket, slugs: Collection[str]) -> list[Discrepancy]:
    """Look at the folder of coverage, which holds one table and nothing else."""
    table = coverage_table(bucket.prefix)
    keys = bucket.keys(table[: table.rindex("/") + 1])
    found = [Discrepancy(Wrong.EXTRA, Thing.OTHER, "", key, _DETAIL) for key in keys if key != table]
    head = bucket.head(table)
    if head is None and any(_has_been_at_work(bucket, slug) for slug in slugs):
        found.append(Discrepancy(Wrong.MISSING, Thing.COVERAGE, "", table))
    if head is not None and head.sha256 is None:
        detail = "without the SHA-256 that this program stores with it: somebody else wrote it"
        found.append(Discrepancy(Wrong.ALTERED, Thing.COVERAGE, "", table, detail))
    return found


def _has_been_at_work(bucket: ArchiveBucket, slug: str) -> bool:
    """Tell whether an app has had a record for so long that the table must have been made since."""
    layout, now = Layout(bucket.prefix, slug), bucket.time()
    return any(
        layout.hour_of_record(entry.key) is not None and now - entry.written_at >= LONGEST_RUN
        for entry in bucket.listed(layout.ledger)
    )


def _has_a_ledger(bucket: ArchiveBucket, slug: str) -> bool:
    layout = Layout(bucket.prefix, slug)
    return any(what_lies_at(key, layout) is not None for key in bucket.keys(layout.ledger))
