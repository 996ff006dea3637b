"""What an answer of the platform says about an hour: one pure function, the heart of the archive's honesty.

The table it implements stands in docs/hour-states.md and is tested cell by cell. Not here: asking, storing, and when to
ask again (`due.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason


class Answer(StrEnum):
    """What a look brought, once errors are out of the way."""

    FILE = "file"
    """200 with at least one URL, and its file holds at least one line."""

    FILE_WITHOUT_LINES = "file_without_lines"
    """200 with at least one URL, and no file behind them holds a line."""

    NO_FILE = "no_file"
    """200 without a URL, or 404 `storage_object_not_found`: the platform knows of no message in this hour."""

    EXPIRED_OR_UNSTORED = "expired_or_unstored"
    """400 `illegal_argument` "... maybe chat message history is expired or unstored": not written yet, or deleted."""


@dataclass(frozen=True, slots=True)
class KnownBefore:
    """What the ledger already holds of the hour when an answer comes in.

    Attributes:
        archived: A raw revision with at least one line is kept.
        said_empty_in_window: A look before the deadline, and not too early, was answered with "nothing there".
        empty_confirmed: A settled look repeated it.
        lost: The hour counts as lost. The window may be open all the same, since the retention was raised; but whether
            the platform still keeps the hour is not known.
    """

    archived: bool = False
    said_empty_in_window: bool = False
    empty_confirmed: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state an answer puts the hour into, and why.

    Attributes:
        confirmed: Only for `empty`: a settled look has said so again.
    """

    state: HourState
    reason: Reason
    confirmed: bool = False


NOTHING_KNOWN = KnownBefore()


def judge(
    answer: Answer,
    hour: Hour,
    policy: HourPolicy,
    *,
    answered_at: datetime,
    known: KnownBefore = NOTHING_KNOWN,
) -> Verdict:
    """Turn an answer and the hour's age into a verdict.

    Args:
        answer: What the look brought.
        hour: The hour that was asked for.
        policy: The app's spans of time.
        answered_at: When the platform answered, by the platform's own clock where it told its time.
        known: What the ledger held before this look.
    """
    if known.archived or answer is Answer.FILE:
        # Never downgrade: nothing the platform says later can take back what is kept.
        return Verdict(HourState.ARCHIVED, Reason.FILE_KEPT)
    if known.lost:
        # Nor does a loss become "nobody spoke" because the settings say by now that the platform keeps hours longer.
        return _perhaps_deleted(answer, known)
    if answered_at < policy.first_look_at(hour):
        too_early = Reason.NOT_GENERATED_YET if answer is Answer.EXPIRED_OR_UNSTORED else Reason.TOO_YOUNG
        return Verdict(HourState.PENDING, too_early)
    if answered_at < policy.deadline(hour):
        return _in_the_window(answer, settled=answered_at >= policy.settled_at(hour), known=known)
    return _perhaps_deleted(answer, known)


def _in_the_window(answer: Answer, *, settled: bool, known: KnownBefore) -> Verdict:
    if answer is Answer.EXPIRED_OR_UNSTORED and not known.empty_confirmed:
        return Verdict(HourState.PENDING, Reason.LATE)
    # What two looks agreed on is not taken back by a platform that forgets earlier than the settings say.
    confirmed = known.empty_confirmed or (settled and known.said_empty_in_window)
    return Verdict(HourState.EMPTY, _why_empty(answer), confirmed)


def _perhaps_deleted(answer: Answer, known: KnownBefore) -> Verdict:
    # "Expired or unstored" fits a deleted file as well as none, so it cannot vouch for an empty hour that only one
    # look saw; "no file" and a file without lines can. What two looks agreed on inside the window stays.
    vouched = known.said_empty_in_window and answer is not Answer.EXPIRED_OR_UNSTORED
    if known.empty_confirmed or vouched:
        return Verdict(HourState.EMPTY, _why_empty(answer), confirmed=True)
    return Verdict(HourState.EXPIRED, Reason.DELETED_BY_PLATFORM)


def _why_empty(answer: Answer) -> Reason:
    return Reason.FILE_WITHOUT_LINES if answer is Answer.FILE_WITHOUT_LINES else Reason.NO_FILE


def says_empty_in_window(
    answer: Answer,
    hour: Hour,
    policy: HourPolicy,
    *,
    answered_at: datetime,
    known: KnownBefore = NOTHING_KNOWN,
) -> bool:
    """Tell whether this answer counts as the platform's word that nobody spoke, given while it still kept the hour."""
    said_nothing = answer in {Answer.NO_FILE, Answer.FILE_WITHOUT_LINES}
    return said_nothing and not known.lost and policy.first_look_at(hour) <= answered_at < policy.deadline(hour)
