"""One app's part of the archive: its settings, its keys, its ledger and the bucket, handed around together."""

from __future__ import annotations

from dataclasses import dataclass

from resources.archive.errors import ArchiveOfAnotherApp
from resources.archive.layout import Layout
from resources.archive.ledger import Ledger, Record
from resources.archive.objects import ArchiveBucket
from resources.settings import AppSettings


@dataclass(frozen=True, slots=True)
class AppArchive:
    """Where one app's hours are kept."""

    app: AppSettings
    bucket: ArchiveBucket
    layout: Layout
    ledger: Ledger

    def owned(self, record: Record | None) -> Record | None:
        """Return a record of the ledger that is this app's own, or None when there is none.

        Raises:
            ArchiveOfAnotherApp: Another app has written it: other settings give it the same slug.
        """
        if record is not None and record.app != self.app.name:
            raise ArchiveOfAnotherApp(
                f"{self.layout.ledger} in s3://{self.bucket.name} holds the records of {record.app}, so "
                f"{self.app.name} cannot be archived there.",
                f"Nothing was written. Other settings gave {record.app} the slug {self.app.slug!r}: give "
                f"{self.app.name} a slug of its own in the settings, then run it again.",
            )
        return record


def app_archive(app: AppSettings, bucket: ArchiveBucket) -> AppArchive:
    """Return the app's part of the archive. Nothing is connected yet."""
    layout = Layout(bucket.prefix, app.slug)
    return AppArchive(app, bucket, layout, Ledger(bucket, layout))
