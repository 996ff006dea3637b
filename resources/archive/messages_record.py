"""What conversion published for an hour, as data. It has a record of its own, because a record has one writer."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from resources.archive.evidence import FrozenRecord


class MessageCounts(FrozenRecord):
    """What became of an hour's lines, over all its raw revisions.

    `lines = messages + duplicates + quarantined + blank` holds before anything is published.

    Attributes:
        lines: All lines, blank ones included; a line on which k JSON objects stand counts as k.
        messages: Rows in the messages file.
        duplicates: Lines whose row was there already.
        conflicts: Of the messages, those whose msg_id an earlier row has with different content.
        quarantined: Rows in the quarantine file.
        blank: Lines with nothing but spaces.
        outside_hour: Of the messages, those whose timestamp lies in another hour.
        id_time_differs: Of the messages, those whose msg_id carries a time more than a minute from the timestamp: a
            cross-check only, since that ids carry a time is undocumented.
    """

    lines: int = 0
    messages: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    blank: int = 0
    outside_hour: int = 0
    id_time_differs: int = 0

    @property
    def add_up(self) -> bool:
        """Whether every line became something."""
        return self.lines == self.messages + self.duplicates + self.quarantined + self.blank


class Oddity(FrozenRecord):
    """Something the lines of an hour hold that the platform's documentation does not, or not so.

    Attributes:
        kind: In which way; a value of `assets.conversion.drift.OddityKind`.
        name: The path of the field, or the type.
        lines: How many lines hold it.
        first_revision: SHA-256 of the raw revision with the first of them.
        first_line_number: Where in it.
    """

    kind: str
    name: str
    lines: int
    first_revision: str
    first_line_number: int


class PublishedObject(FrozenRecord):
    """A data object that a record points to."""

    key: str
    bytes: int
    sha256: str


class MessagesRecord(FrozenRecord):
    """What conversion published for one hour, written after the objects it points to."""

    record_version: Literal[1] = 1
    app: str
    hour: str
    schema_version: int | None = None
    raw_revisions: tuple[str, ...] = Field(default=(), description="SHA-256 of each revision the table holds")
    counts: MessageCounts = MessageCounts()
    messages: PublishedObject | None = None
    quarantine: PublishedObject | None = None
    first_message_at: AwareDatetime | None = None
    last_message_at: AwareDatetime | None = None
    body_types: dict[str, int] = Field(default_factory=dict)
    drift: tuple[Oddity, ...] = ()
    quarantined_as: dict[str, int] = Field(default_factory=dict, description="quarantined lines by their reason")
    built_at: AwareDatetime | None = None
    failures_in_a_row: int = 0
    last_failure_at: AwareDatetime | None = None
    problem: str | None = None
    updated_at: AwareDatetime
