"""When a service was last told that an app's ledger cannot be read: the one thing the ledger cannot remember itself.

A small file for each archive, app and service, in the private folder of this machine (`local_state.py`). Everything
else that was told is remembered in S3, in the app's `watch.json`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from resources.local_state import STATE_VARIABLE, LocalStateError
from resources.settings import ArchiveSettings

TOLD_AGAIN_AFTER: Final = timedelta(hours=6)


class AlertMemory:
    """What this machine remembers of one app of one archive and one service.

    Args:
        folder: The private folder that processes share.
        archive: Where the archive lies. An app may have several, as in staging and in production, which know nothing of
            each other.
        app: The app's slug.
        service: The service's name, which is not its URL.
    """

    def __init__(self, folder: Path, archive: ArchiveSettings, app: str, service: str) -> None:
        place = hashlib.sha256(f"{archive.endpoint_url} {archive.root}".encode()).hexdigest()[:8]
        self._file = folder / f"told-{place}-{app}-{service}.txt"

    def is_time_to_tell(self, now: datetime) -> bool:
        """Tell whether it was never told, or long ago; what cannot be read, or is of the future, is no memory."""
        try:
            told_at = datetime.fromisoformat(self._file.read_text(encoding="ascii"))
            return not timedelta(0) <= now - told_at < TOLD_AGAIN_AFTER
        except (OSError, ValueError, TypeError):
            return True

    def remember(self, now: datetime) -> None:
        """Remember that it was told.

        Raises:
            LocalStateError: The file cannot be written.
        """
        try:
            self._file.write_text(now.isoformat(), encoding="ascii")
        except OSError as error:
            raise LocalStateError(
                f"{self._file}, where it is remembered what was told, cannot be written ({error.strerror}). "
                f"Let this user write it, or set {STATE_VARIABLE} to another folder.",
            ) from None
