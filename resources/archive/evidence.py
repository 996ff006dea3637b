"""What an hour's record keeps as evidence: looks at the platform, and the files they brought. Data, and no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from resources.hours.state import HourState, Reason

MOST_LOOKS_KEPT = 200
"""So many looks are kept in a record: more than the planner makes, and a bound on reruns by hand."""


_CLOCKS_APART = timedelta(hours=3)
"""The platform's clock is believed so far from this machine's, which S3 keeps within 15 minutes of its own."""


class FrozenRecord(BaseModel):
    """A part of the ledger: what a newer version has added to it is passed over, and nothing is changed in place."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Look(FrozenRecord):
    """One request for an hour, kept as evidence: what was asked, when, and what the platform answered.

    Attributes:
        asked_at: By this program's clock.
        asked_for: What the hour was called in the request; None where an older version of this program has looked.
        settled: It was made when the hour was settled, by both clocks and by the settings of the time; None likewise.
        platform_time: By the platform's clock, where it told its time.
        http_status: Of the platform's answer; None when there was none.
        error: The platform's error code; None when there was none.
        state: What the look on its own put the hour into.
        reason: Why.
        said_empty: The answer counts as the platform's word, inside the window, that nobody spoke.
        files: SHA-256 of each file it gave.
        files_named: How many files the platform named.
        retries: How often something was asked for again before it came to this: a request, a download, or new URLs.
        problem: What happened and what to do, when the look failed.
        run_id: The Dagster run that looked.
    """

    asked_at: AwareDatetime
    asked_for: str | None = None
    settled: bool | None = None
    platform_time: AwareDatetime | None = None
    http_status: int | None = None
    error: str | None = None
    state: HourState
    reason: Reason
    said_empty: bool = False
    files: tuple[str, ...] = ()
    files_named: int = 0
    retries: int = 0
    problem: str | None = None
    run_id: str | None = None

    @property
    def answered_at(self) -> datetime:
        """When it was answered, by the platform's clock where it told its time and one may believe it."""
        theirs = self.platform_time
        return theirs if theirs is not None and abs(theirs - self.asked_at) <= _CLOCKS_APART else self.asked_at

    @property
    def certainly_at(self) -> datetime:
        """When it was made by whichever clock is behind: an hour is settled when both say so."""
        return min(self.asked_at, self.answered_at)


class RawRevision(FrozenRecord):
    """One file the platform gave, kept unchanged.

    Attributes:
        sha256: Of its bytes; also its name in S3.
        bytes: Its length, compressed.
        lines: Lines in it that are not blank; None for a damaged file.
        captured_at: When it was kept.
        damage: Why it cannot be read whole; None when it can.
        adopted: It was found in the archive without a record; `captured_at` is then when it was written there.
    """

    sha256: str
    bytes: int
    lines: int | None
    captured_at: AwareDatetime
    damage: str | None = None
    adopted: bool = False


def joined(before: Iterable[RawRevision], more: Iterable[RawRevision]) -> tuple[RawRevision, ...]:
    """Add revisions, each once; one that was held to be damaged and can be read by now is no longer so."""
    kept = {revision.sha256: revision for revision in before}
    for revision in more:
        known = kept.setdefault(revision.sha256, revision)
        if known.damage is not None and revision.damage is None:
            kept[revision.sha256] = known.model_copy(update={"lines": revision.lines, "damage": None})
    return tuple(kept.values())


def sign_that_somebody_spoke(revisions: Iterable[RawRevision]) -> Reason | None:
    """Return why an hour with these files is not empty, whatever the platform says; None when it may be."""
    revisions = tuple(revisions)
    if any(revision.damage is not None for revision in revisions):
        return Reason.DAMAGED_FILE
    return Reason.PART_KEPT if any(revision.lines for revision in revisions) else None


def bounded(looks: tuple[Look, ...]) -> tuple[Look, ...]:
    """Leave out a look when there are too many: a repetition that was neither a file nor the word that nobody spoke.

    The first look and the latest, the latest file and the first such word are kept in any case.
    """
    if len(looks) <= MOST_LOOKS_KEPT:
        return looks
    numbers = range(len(looks))
    latest_file = max((number for number in numbers if looks[number].state is HourState.ARCHIVED), default=0)
    first_word = min((number for number in numbers if looks[number].said_empty), default=0)
    repetitions = [number for number in numbers[1:-1] if number not in {latest_file, first_word}]
    plain = (number for number in repetitions if not looks[number].files and not looks[number].said_empty)
    dispensable = next(plain, repetitions[0])
    return looks[:dispensable] + looks[dispensable + 1 :]


def failed(look: Look) -> bool:
    """Tell whether a look says nothing about its hour."""
    return look.reason in {Reason.LOOK_FAILED, Reason.DAMAGED_FILE}
