"""One app of the simulated platform: who it is, how lively it is, and how the platform treats it.

Plain data only. What its people say lies in `conversations.py`, what the platform serves of it in `hour_files.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone
from enum import StrEnum

_ONE_HOUR = timedelta(hours=1)


class EmptyHourAnswer(StrEnum):
    """How the platform answers for an hour in which nobody spoke. The documentation implies the first."""

    NOT_FOUND = "not_found"
    """404 `storage_object_not_found`."""

    NO_URL = "no_url"
    """200 with an empty `data` array."""

    EMPTY_FILE = "empty_file"
    """200 with the URL of a file that holds no line."""


@dataclass(frozen=True, slots=True)
class SimulatedApp:
    """One made-up app. All spans of time count from the end of an hour.

    Attributes:
        org: The organisation's name, the part of the App Key before `#`.
        app: The app's name, the part of the App Key after `#`.
        seed: Decides, together with org and app, everything that is ever said.
        hour_zone: The zone of `{time}`: UTC on overseas clusters, UTC+8 on China clusters; a whole number of hours.
        people: How many users chat; at least two.
        mean_messages_per_hour: Over a whole day, about; nights are far quieter than evenings.
        publish_delay: Before this the platform has not written the hour's file.
        settle: From this on the file holds late messages too.
        retention: From this on the file is deleted.
        requests_per_minute: The rate limit of the history request.
        urls_per_hour: Into how many files an hour is split. Every public sample shows one.
        empty_hour_answer: What the platform says of an hour without messages.
        attachment_host: The host in the URLs of attachments.
        client_id: The made-up credentials' id.
        client_secret: The made-up credentials' secret.
    """

    org: str
    app: str
    seed: int = 1
    hour_zone: timezone = UTC
    people: int = 40
    mean_messages_per_hour: float = 120.0
    publish_delay: timedelta = _ONE_HOUR
    settle: timedelta = timedelta(hours=24)
    retention: timedelta = timedelta(hours=72)
    requests_per_minute: int = 10
    urls_per_hour: int = 1
    empty_hour_answer: EmptyHourAnswer = EmptyHourAnswer.NOT_FOUND
    attachment_host: str = "a61.chat.agora.io"
    client_id: str = "simulated-client-id"
    client_secret: str = field(default="simulated-client-secret", repr=False)

    def __post_init__(self) -> None:
        least_people = 2
        if self.people < least_people:
            raise ValueError(f"{self.key} has {self.people} people. A conversation needs two; set people to 2 or more.")
        if self.urls_per_hour < 1:
            raise ValueError(
                f"{self.key} splits an hour into {self.urls_per_hour} files. Set urls_per_hour to 1 or more."
            )
        if self.hour_zone.utcoffset(None) % _ONE_HOUR:
            raise ValueError(f"{self.key} names hours in {self.hour_zone}. Use a zone of whole hours, such as UTC+8.")

    @property
    def key(self) -> str:
        """The App Key, `org#app`."""
        return f"{self.org}#{self.app}"
