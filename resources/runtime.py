"""Everything a run needs, made from the settings at its first use and kept for the life of the process.

Building it connects nothing and reads no secret, so definitions load on a machine that has none. A test hands in its
own clock, randomness and folder.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from random import Random, SystemRandom

from resources.archive.app_archive import AppArchive, app_archive
from resources.archive.objects import ArchiveBucket
from resources.chat_platform.client import ChatPlatform
from resources.chat_platform.connection import connect
from resources.clock import Clock, SystemClock
from resources.local_state import local_state_folder
from resources.settings import AppSettings, Settings


class Runtime:
    """The archive and the platform's clients, as the settings describe them.

    Args:
        settings: The settings file, validated.
        clock: Wall time.
        random: Jitter and salts.
        folder: The private folder that processes share; found by `local_state_folder` when left out.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        random: Random | None = None,
        folder: Path | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self._random = random or SystemRandom()
        self._folder = folder
        self._platforms: dict[str, ChatPlatform] = {}

    @cached_property
    def bucket(self) -> ArchiveBucket:
        """The archive's bucket."""
        return ArchiveBucket(self.settings.archive, self.clock)

    @cached_property
    def folder(self) -> Path:
        """The private folder that processes share.

        Raises:
            LocalStateError: It cannot be made or written.
        """
        return self._folder or local_state_folder()

    def archive(self, app: AppSettings) -> AppArchive:
        """The app's part of the archive."""
        return app_archive(app, self.bucket)

    def platform(self, app: AppSettings) -> ChatPlatform:
        """The app's client, made at the first call.

        Raises:
            MissingSecret: An environment variable that the settings name is not set.
            LocalStateError: The private folder cannot be written.
        """
        if app.slug not in self._platforms:
            budget_url = self.settings.archive.request_budget_url
            self._platforms[app.slug] = connect(app, self.folder, self.clock, self._random, budget_url)
        return self._platforms[app.slug]

    def close(self) -> None:
        """Close all connections; they are made anew when needed."""
        while self._platforms:
            self._platforms.popitem()[1].close()
