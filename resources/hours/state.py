"""The states an hour can be in. Words only: how a state is reached lies in `verdict.py`."""

from __future__ import annotations

from enum import StrEnum


class HourState(StrEnum):
    """What the archive knows about one hour of one app."""

    ARCHIVED = "archived"
    """The platform's file is kept, byte for byte."""

    EMPTY = "empty"
    """The platform said, while it still kept the hour, that there is nothing in it."""

    PENDING = "pending"
    """Nothing yet, and the platform may still publish it: look again."""

    EXPIRED = "expired"
    """Lost: the platform has deleted the hour, and the archive has nothing of it, or not all."""

    FAILED = "failed"
    """The last look did not succeed. Its reason says what to do; the hour is looked at again until its deadline."""


class Reason(StrEnum):
    """Why an hour is in its state, as far as the state alone does not say it."""

    FILE_KEPT = "file_kept"
    NO_FILE = "no_file"
    FILE_WITHOUT_LINES = "file_without_lines"
    TOO_YOUNG = "too_young"
    NOT_GENERATED_YET = "not_generated_yet"
    LATE = "late"
    NEVER_ASKED = "never_asked"
    DELETED_BY_PLATFORM = "deleted_by_platform"
    NO_ANSWER_IN_TIME = "no_answer_in_time"
    LOOK_FAILED = "look_failed"
    DAMAGED_FILE = "damaged_file"
    PART_KEPT = "part_kept"
    NOT_ASKED_YET = "not_asked_yet"
    NOT_SETTLED = "not_settled"
    MESSAGES_NOT_BUILT = "messages_not_built"
    UNREADABLE_RECORD = "unreadable_record"


REASONS_IN_WORDS: dict[Reason, str] = {
    Reason.FILE_KEPT: "The platform's file is kept under its SHA-256.",
    Reason.NO_FILE: "The platform answered that no file exists for this hour.",
    Reason.FILE_WITHOUT_LINES: "The platform gave a file that holds no line.",
    Reason.TOO_YOUNG: "The hour ended too recently for the platform's answer to mean anything.",
    Reason.NOT_GENERATED_YET: "The platform has not written the hour yet.",
    Reason.LATE: "The hour should exist by now, and the platform has not written it. It is looked at again.",
    Reason.NEVER_ASKED: "Nobody asked for this hour before the platform deleted it.",
    Reason.DELETED_BY_PLATFORM: "The platform has deleted the hour, and no look before that could keep a file.",
    Reason.NO_ANSWER_IN_TIME: "No look brought the hour before the platform had deleted it; the looks say why.",
    Reason.LOOK_FAILED: "The last look failed; its error says what to do.",
    Reason.DAMAGED_FILE: "The platform's file is damaged. Its bytes are kept; it is fetched again until the deadline.",
    Reason.PART_KEPT: "The platform named a file of this hour that was never fetched; what else it gave is kept.",
    Reason.NOT_SETTLED: "No look brought the hour once it was settled: messages that came late may be missing.",
    Reason.MESSAGES_NOT_BUILT: "The platform's file is kept, but the messages were not, or not all, built from it yet.",
    Reason.UNREADABLE_RECORD: "A record of this hour cannot be read. It is left as it is; what depends on it waits.",
    Reason.NOT_ASKED_YET: "Nobody has asked for this hour yet, and the platform still keeps it.",
}
"""One sentence for each reason, for pages and terminals."""


def reason_in_words(reason: str) -> str:
    """Return the sentence for a reason that was read from a table; a newer version may have written one more."""
    return REASONS_IN_WORDS[Reason(reason)] if reason in set(Reason) else f"{reason}."
