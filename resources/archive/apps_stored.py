"""Which apps an archive holds that the settings do not name: taken out of them, or named by other settings. I/O."""

from __future__ import annotations

from collections.abc import Collection

from resources.archive.layout import after_app, folders_of_apps, slug_of
from resources.archive.objects import ArchiveBucket


def apps_left_out(bucket: ArchiveBucket, slugs: Collection[str]) -> tuple[str, ...]:
    """Return the slugs of the apps with raw files or records that are not among these, in order.

    Each app costs two requests, however much it has.

    Args:
        bucket: The archive's bucket.
        slugs: Those of the apps in the settings.

    Raises:
        ArchiveError: S3 cannot be read.
    """
    stored: set[str] = set()
    for folder in folders_of_apps(bucket.prefix):
        slug = _first_after(folder, "", bucket)
        while slug is not None:
            stored.add(slug)
            slug = _first_after(folder, after_app(folder, slug), bucket)
    return tuple(sorted(stored.difference(slugs)))


def _first_after(folder: str, after: str, bucket: ArchiveBucket) -> str | None:
    slugs = (slug_of(key, folder) for key in bucket.keys(folder, after=after))
    return next((slug for slug in slugs if slug is not None), None)
