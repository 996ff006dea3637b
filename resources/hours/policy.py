"""What rules an hour's life, per app: spans of time, and what the platform calls it. Callers measure time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from resources.hours.hour import Hour


@dataclass(frozen=True, slots=True)
class HourPolicy:
    """When an hour may first be asked for, when it is settled, and when the platform has deleted it.

    All spans count from the end of the hour.

    Attributes:
        publish_delay: Before this the platform may not have written the file yet. The vendor's client waits 2 hours.
        settle: After this the platform is done writing; its documentation recommends pulling after 24 hours.
        retention: After this the platform has deleted the file. Its documentation says 3 days unless more was bought.
        final_look: This long before the deadline, an hour that is not archived is looked at once more.
        hour_zone: The zone in which the platform names hours.
    """

    publish_delay: timedelta = timedelta(hours=2)
    settle: timedelta = timedelta(hours=24)
    retention: timedelta = timedelta(hours=72)
    final_look: timedelta = timedelta(hours=6)
    hour_zone: timezone = UTC

    def name_of(self, hour: Hour) -> str:
        """What the platform calls the hour."""
        return hour.platform_time(self.hour_zone)

    def first_look_at(self, hour: Hour) -> datetime:
        """When the hour may first be asked for."""
        return hour.end + self.publish_delay

    def settled_at(self, hour: Hour) -> datetime:
        """When the platform is done writing the hour."""
        return hour.end + self.settle

    def final_look_at(self, hour: Hour) -> datetime:
        """When an hour that is not archived is looked at once more, and not before it is settled."""
        return max(self.settled_at(hour), self.deadline(hour) - self.final_look)

    def deadline(self, hour: Hour) -> datetime:
        """When the platform deletes the hour."""
        return hour.end + self.retention
