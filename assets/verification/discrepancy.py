"""What can be wrong with what is stored, as data, and what a person should do about each. No I/O, no decisions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resources.printable import printable


class Wrong(StrEnum):
    """In which way something is not as it should be."""

    MISSING = "missing"
    """The ledger names it, and it is not there."""

    ALTERED = "altered"
    """It does not hold the bytes that were written."""

    DIFFERS = "differs"
    """Its bytes are those that were written, and not what the raw files give."""

    CONTRADICTS = "contradicts"
    """A record does not agree with itself, with the other records, or with the object it names."""

    NOT_RECORDED = "not recorded"
    """The archive keeps such an object at this place, and no record names it."""

    EXTRA = "extra"
    """The archive never writes under this name."""

    NOT_BUILT = "not built"
    """The messages do not hold all raw files there are."""

    GAP = "gap"
    """Nothing at all is recorded of an hour that has been due."""

    NOT_VERIFIED = "not verified"
    """This program met a defect of its own there, so nothing is known."""


class Thing(StrEnum):
    """What it is."""

    RAW = "raw revision"
    MESSAGES = "messages"
    QUARANTINE = "quarantine"
    DAY = "daily messages"
    CAPTURE_RECORD = "capture record"
    MESSAGES_RECORD = "messages record"
    DAY_RECORD = "daily record"
    COVERAGE = "coverage table"
    OTHER = "object"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that is not as it should be.

    Attributes:
        wrong: In which way.
        thing: What it is.
        hour: The key of the hour it belongs to; of a day's object, the day's last hour; nothing for what lies nowhere.
        key: Its key in S3.
        detail: What was found, in a few words; nothing when `wrong` says it all.

    Keys and details may be a stranger's words: they are kept as they can be printed.
    """

    wrong: Wrong
    thing: Thing
    hour: str
    key: str
    detail: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", printable(self.key))
        object.__setattr__(self, "detail", printable(self.detail))

    @property
    def remedy(self) -> str:
        """What a person should do now; ORG/APP and HOUR stand for its app and hour."""
        return _REMEDIES.get((self.wrong, self.thing)) or _REMEDIES_OF_ALL[self.wrong]

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, for an alert or a table."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.wrong}: {self.thing} {self.key}{detail}. {self.remedy.replace('HOUR', self.hour)}"


_CATCH_UP: Final = "chat-archive catch-up --app ORG/APP --hours HOUR"
_ADOPT: Final = "chat-archive adopt --app ORG/APP --hours HOUR"
_FROM_A_BACKUP: Final = "Restore it from a bucket version or a backup."
_BUILD_AGAIN: Final = f"Build it again from the raw files: {_CATCH_UP}."
_BUILD_AFTER_DELETING: Final = (
    f"Delete it, then build it again from the raw files: {_CATCH_UP}. Find out who wrote there."
)
_BUILD_DAY: Final = "Run messages_daily of this day in Dagster: it is made again from its hours."
_BUILD_DAY_AFTER_DELETING: Final = (
    "Delete it, then run messages_daily of this day in Dagster: it is made again from its hours. Find out who wrote "
    "there."
)
_BUILD_COVERAGE: Final = (
    "Run coverage in Dagster, or chat-archive coverage: both replace it, made again from the ledger."
)
_NOT_THE_ARCHIVES: Final = "The archive did not write it. Find out who did."

_REMEDIES: Final = {
    (Wrong.MISSING, Thing.RAW): (
        f"{_FROM_A_BACKUP} While the platform still has the hour, {_CATCH_UP} fetches it again."
    ),
    (Wrong.MISSING, Thing.CAPTURE_RECORD): (
        f"{_FROM_A_BACKUP} Without one: {_ADOPT} records the raw files that are there."
    ),
    (Wrong.MISSING, Thing.DAY): _BUILD_DAY,
    (Wrong.ALTERED, Thing.RAW): (
        f"{_FROM_A_BACKUP} While the platform still has the hour: delete it, then {_CATCH_UP}."
    ),
    (Wrong.ALTERED, Thing.DAY): _BUILD_DAY_AFTER_DELETING,
    (Wrong.DIFFERS, Thing.DAY): (
        "Delete it, then run messages_daily of this day in Dagster: it is made again from its hours. After an update "
        "of this program that is all; otherwise find out who wrote there, or report it."
    ),
    (Wrong.MISSING, Thing.COVERAGE): _BUILD_COVERAGE,
    (Wrong.ALTERED, Thing.COVERAGE): f"{_BUILD_COVERAGE} Find out who wrote there.",
    (Wrong.CONTRADICTS, Thing.CAPTURE_RECORD): (
        "It was edited, or copied from elsewhere. Restore it from a bucket version or a backup. Without one: delete "
        f"it, then {_ADOPT}."
    ),
    (Wrong.CONTRADICTS, Thing.MESSAGES_RECORD): (
        f"An older capture record was put back, or this one was edited. First {_ADOPT}: it records the raw files that "
        f"are there. If this is named again, restore what it names from a bucket version or a backup; without one, "
        f"delete it, then {_CATCH_UP}."
    ),
    (Wrong.CONTRADICTS, Thing.DAY): (
        "Keep it: it may be all that is left of those hours, and messages_daily of this day would make it without "
        "them. Restore the raw files and records of the hours from bucket versions or a backup. Find out who removed "
        "them."
    ),
    (Wrong.CONTRADICTS, Thing.DAY_RECORD): (
        "It was edited, or copied from elsewhere. Delete it, then run messages_daily of this day in Dagster."
    ),
    (Wrong.NOT_RECORDED, Thing.RAW): (
        f"It may be the only copy of what was said: keep it. {_ADOPT} records it and builds the messages with it."
    ),
    (Wrong.NOT_RECORDED, Thing.DAY): (
        f"{_BUILD_DAY} If none of them has messages it stays: find out whose it is; chat-archive cleanup lists it, and "
        f"removes it when told so once more."
    ),
    (Wrong.EXTRA, Thing.MESSAGES): (
        f"{_NOT_THE_ARCHIVES} Whoever reads the folder reads it too: chat-archive cleanup removes it."
    ),
    (Wrong.EXTRA, Thing.DAY): (
        f"{_NOT_THE_ARCHIVES} Whoever reads the folder reads it too: chat-archive cleanup removes it."
    ),
    (Wrong.EXTRA, Thing.QUARANTINE): f"{_NOT_THE_ARCHIVES} chat-archive cleanup removes it.",
}
_REMEDIES_OF_ALL: Final = {
    Wrong.MISSING: _BUILD_AGAIN,
    Wrong.ALTERED: _BUILD_AFTER_DELETING,
    Wrong.DIFFERS: f"{_BUILD_AGAIN} After an update of this program that is all; otherwise report it.",
    Wrong.CONTRADICTS: f"It was edited, or copied from elsewhere. Delete it, then {_CATCH_UP}.",
    Wrong.NOT_RECORDED: (
        f"A run may have been stopped here. {_CATCH_UP} builds and records it. Without any raw file it stays: find out "
        f"whose it is; chat-archive cleanup lists it, and removes it when told so once more."
    ),
    Wrong.EXTRA: f"{_NOT_THE_ARCHIVES} Move it away by hand: nothing is ever removed here.",
    Wrong.NOT_BUILT: f"The raw files are safe. {_CATCH_UP} builds the messages from them.",
    Wrong.GAP: "chat-archive catch-up asks for it or records its loss. Find out why nothing is recorded.",
    Wrong.NOT_VERIFIED: "Report it. The rest was verified; of this nothing is known until the program is mended.",
}
