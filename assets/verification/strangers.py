"""What lies beside the apps of an archive, where every reader of its tables finds it. I/O only.

An app that was removed from the settings is no stranger: its ledger is still there. Nothing of this is ever removed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from assets.verification.expected import what_lies_at
from resources.archive.layout import Layout
from resources.archive.objects import ArchiveBucket

_READ_WHOLE: Final = ("messages", "messages_daily", "quarantine")
"""Folders that engines read as one table, whatever lies in them."""

_APP: Final = re.compile(r"app=([^/]+)/")
_DETAIL: Final = "it belongs to no app, and whoever reads the folder reads it too"


def strangers_of(bucket: ArchiveBucket, slugs: Collection[str]) -> list[Discrepancy]:
    """Return what lies in the folders of an archive's tables and belongs to no app.

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
    return found


def _has_a_ledger(bucket: ArchiveBucket, slug: str) -> bool:
    layout = Layout(bucket.prefix, slug)
    return any(what_lies_at(key, layout) is not None for key in bucket.keys(layout.ledger))
