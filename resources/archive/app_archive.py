"""One app's part of the archive: its settings, its keys, its ledger and the bucket, handed around together."""

from __future__ import annotations

from dataclasses import dataclass

from resources.archive.layout import Layout
from resources.archive.ledger import Ledger
from resources.archive.objects import ArchiveBucket
from resources.settings import AppSettings


@dataclass(frozen=True, slots=True)
class AppArchive:
    """Where one app's hours are kept."""

    app: AppSettings
    bucket: ArchiveBucket
    layout: Layout
    ledger: Ledger


def app_archive(app: AppSettings, bucket: ArchiveBucket) -> AppArchive:
    """Return the app's part of the archive. Nothing is connected yet."""
    layout = Layout(bucket.prefix, app.slug)
    return AppArchive(app, bucket, layout, Ledger(bucket, layout))
