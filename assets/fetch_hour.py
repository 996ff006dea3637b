"""Asking the platform for an hour, and storing every file that it gives, whatever the file holds. Plain Python.

Nothing is recorded or judged here (`capture.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from assets.raw_files import lines_or_damage
from resources.archive.app_archive import AppArchive
from resources.archive.errors import ArchiveDamaged, ArchiveSuperseded, damaged_object
from resources.archive.evidence import RawRevision
from resources.chat_platform.client import ChatPlatform, HistoryAnswer
from resources.chat_platform.download import DownloadedFile
from resources.chat_platform.errors import PlatformError
from resources.clock import Clock
from resources.credentials import MissingSecret
from resources.hours.hour import Hour
from resources.local_state import LocalStateError
from resources.temporary_folder import LocalDiskError, temporary_folder


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of asking for an hour.

    Attributes:
        answer: What the platform answered; None when there is a problem.
        revisions: The files that are stored. Of several some may have come, although there is a problem.
        files_named: How many files the platform named.
        retries: How often a request was made again.
        problem: What happened and what to do; None when all went well.
    """

    answer: HistoryAnswer | None
    revisions: tuple[RawRevision, ...]
    files_named: int
    retries: int
    problem: str | None


def fetch_hour(hour: Hour, archive: AppArchive, platform: Callable[[], ChatPlatform], clock: Clock) -> Fetched:
    """Ask for an hour and keep every file that is given.

    Args:
        hour: The hour.
        archive: Where the files are kept.
        platform: Gives the app's client.
        clock: Wall time.

    Raises:
        ArchiveError: S3 cannot be read or written.
    """
    kept: list[RawRevision] = []
    harmed: list[ArchiveDamaged] = []
    retries = files_named = 0

    def keep(file: DownloadedFile) -> None:
        try:
            kept.append(_keep(hour, archive, file, clock.now()))
        except ArchiveDamaged as error:
            harmed.append(error)

    def count_retry() -> None:
        nonlocal retries
        retries += 1

    def count_files(named: int) -> None:
        nonlocal files_named
        files_named = max(files_named, named)

    try:
        with temporary_folder() as folder:
            answer, _ = platform().fetch(hour, folder, on_file=keep, on_retry=count_retry, on_named=count_files)
        if harmed:
            raise harmed[0]
    except (PlatformError, MissingSecret, LocalStateError, LocalDiskError, ArchiveDamaged) as error:
        return Fetched(None, tuple(kept), files_named, retries, str(error))
    return Fetched(answer, tuple(kept), files_named, retries, None)


def _keep(hour: Hour, archive: AppArchive, file: DownloadedFile, captured_at: datetime) -> RawRevision:
    """Store a file under its SHA-256, whatever it holds. Meanwhile it is inspected, but the storing comes first.

    Raises:
        ArchiveDamaged: Other bytes lie under that name, and are left there.
        ArchiveError: S3 cannot be written.
    """
    key = archive.layout.raw(hour, file.digests.sha256)
    with ThreadPoolExecutor(1) as inspector:
        inspection = inspector.submit(lines_or_damage, file.path, archive.app.limits)
        try:
            archive.bucket.put_file(key, file.path, file.digests, content_type="application/gzip", replaces=None)
        except ArchiveSuperseded:
            raise damaged_object(archive.bucket.name, key) from None
        lines, damage = inspection.result()
    return RawRevision(
        sha256=file.digests.sha256,
        bytes=file.digests.bytes,
        lines=lines,
        captured_at=captured_at,
        damage=damage,
    )
