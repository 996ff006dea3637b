"""The ledger's records as data: what is known about an hour, and how one look changes it. No I/O.

There are two records an hour, because a record has one writer: capturing writes `CaptureRecord`, conversion writes
`MessagesRecord`. Both are JSON that a person and DuckDB can read. How they are stored lies in `ledger.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from resources.hours.due import HourFacts, is_given_up, next_look_at
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.hours.verdict import KnownBefore, Verdict

MOST_LOOKS_KEPT = 200
"""So many looks are kept in a record: more than the planner makes, and a bound on reruns by hand."""

_CLOCKS_APART = timedelta(hours=3)
"""The platform's clock is believed so far from this machine's, which S3 keeps within 15 minutes of its own."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Look(_Record):
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


class RawRevision(_Record):
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


class CaptureRecord(_Record):
    """What capturing knows of one hour."""

    record_version: Literal[1] = 1
    app: str
    hour: str
    state: HourState
    reason: Reason
    confirmed: bool = Field(default=False, description="empty only: a settled look has said so again")
    deadline: AwareDatetime
    looks_total: int = 0
    looks: tuple[Look, ...] = ()
    raw_revisions: tuple[RawRevision, ...] = ()
    next_look_at: AwareDatetime | None = Field(default=None, description="when it is asked for next; None: never again")
    updated_at: AwareDatetime

    @classmethod
    def new(cls, app: str, hour: Hour, policy: HourPolicy, now: AwareDatetime) -> Self:
        """Return the record of an hour of which nothing is known."""
        return cls(
            app=app,
            hour=hour.key,
            state=HourState.PENDING,
            reason=Reason.NOT_ASKED_YET,
            deadline=policy.deadline(hour),
            updated_at=now,
        )

    @property
    def intact_revisions(self) -> tuple[RawRevision, ...]:
        """The raw revisions that can be read whole."""
        return tuple(revision for revision in self.raw_revisions if revision.damage is None)

    def known(self, policy: HourPolicy) -> KnownBefore:
        """What a verdict on the next answer needs to know."""
        said_empty = any(look.said_empty for look in self.looks_at_it(policy))
        return KnownBefore(
            archived=self.state is HourState.ARCHIVED,
            said_empty_in_window=said_empty,
            empty_confirmed=self.is_confirmed(policy),
            lost=self.state is HourState.EXPIRED,
        )

    def is_confirmed(self, policy: HourPolicy) -> bool:
        """Whether the hour is empty, and a settled look has said so again."""
        is_confirmed = self.state is HourState.EMPTY and self.confirmed
        return is_confirmed and any(look.said_empty for look in self.looks_at_it(policy))

    def answers(self, policy: HourPolicy) -> tuple[Look, ...]:
        """The looks whose answer stands for the hour: no failures, and of an archived hour only those with its file.

        That nothing is there, or not yet, says nothing about an hour of which a file is kept: messages may still come.
        """
        is_archived = self.state is HourState.ARCHIVED
        return tuple(
            look
            for look in self.looks_at_it(policy)
            if not _failed(look) and (not is_archived or look.state is HourState.ARCHIVED)
        )

    def looks_at_it(self, policy: HourPolicy) -> Iterable[Look]:
        """Return the looks but those that asked for another hour, as by a wrong `hour_zone` that was mended since."""
        name = policy.name_of(Hour.from_key(self.hour))
        return (look for look in self.looks if look.asked_for in {None, name})

    @property
    def lacks_a_file(self) -> bool:
        """Whether a look named more files than it could fetch, and no later one gave as many."""
        lacking = 0
        for look in self.looks:
            if len(look.files) >= lacking:
                lacking = 0
            if len(look.files) < look.files_named:
                lacking = max(lacking, look.files_named)
        return bool(lacking)

    def with_look(
        self,
        look: Look,
        verdict: Verdict,
        revisions: tuple[RawRevision, ...],
        deadline: AwareDatetime,
    ) -> Self:
        """Return the record after a look that was answered.

        Revisions are only ever added. A file that is kept is a sign that somebody spoke, be it damaged or only one of
        several: with one, no answer makes the hour `empty`, and it stands as the reason of a loss. A look that is there
        already, since a put's answer was lost, is not added again.
        """
        known = {(each.run_id, each.asked_at) for each in self.looks if each.run_id is not None}
        if (look.run_id, look.asked_at) in known:
            return self
        kept = _joined(self.raw_revisions, revisions)
        looks = _bounded((*self.looks, look))
        if sign := _sign_that_somebody_spoke(kept):
            if verdict.state is HourState.EMPTY:
                verdict = Verdict(HourState.FAILED, sign)
            elif verdict.state is HourState.EXPIRED:
                verdict = Verdict(HourState.EXPIRED, sign)
        return self.model_copy(
            update={
                "state": verdict.state,
                "reason": verdict.reason,
                "confirmed": verdict.confirmed,
                "deadline": deadline,
                "looks": looks,
                "raw_revisions": kept,
                "looks_total": self.looks_total + 1,
                "updated_at": look.asked_at,
            },
        )

    def with_failed_look(self, look: Look, revisions: tuple[RawRevision, ...], deadline: AwareDatetime) -> Self:
        """Return the record after a look that failed: evidence is added; a final state is not taken back.

        A damaged file is a sign that somebody spoke, so it does take back `empty` and `expired`; an intact one that
        arrived although the look failed takes back `empty`.
        """
        final = {HourState.ARCHIVED}
        if look.reason is not Reason.DAMAGED_FILE:
            final |= {HourState.EMPTY, HourState.EXPIRED}
        verdict = Verdict(HourState.FAILED, look.reason)
        if self.state in final:
            verdict = Verdict(self.state, self.reason, self.confirmed)
        return self.with_look(look, verdict, revisions, deadline)

    def with_adopted(self, revisions: tuple[RawRevision, ...], now: AwareDatetime) -> Self:
        """Return the record after files were read in the archive that it did not name, or that it called damaged.

        With one that holds lines it is archived. It is no look, so the hour still counts as not looked at.
        """
        kept = _joined(self.raw_revisions, revisions)
        new = [revision for revision in kept if revision not in self.raw_revisions]
        verdict = self._verdict_with(new, kept, now)
        return self.model_copy(
            update={
                "state": verdict.state,
                "reason": verdict.reason,
                "confirmed": verdict.confirmed,
                "raw_revisions": kept,
                "updated_at": now,
            },
        )

    def _verdict_with(self, new: Collection[RawRevision], kept: Collection[RawRevision], now: datetime) -> Verdict:
        """Judge the hour by files that no look has brought: a file without lines cannot vouch for an empty hour."""
        if any(revision.lines for revision in new):
            return Verdict(HourState.ARCHIVED, Reason.FILE_KEPT)
        unchanged = Verdict(self.state, self.reason, self.confirmed)
        if not new or self.state is HourState.ARCHIVED:
            return unchanged
        is_over, sign = now >= self.deadline, _sign_that_somebody_spoke(kept)
        if sign is None:
            is_disproved = not self.looks or self.reason is Reason.DAMAGED_FILE
            return Verdict(HourState.EXPIRED, Reason.NOT_SETTLED) if is_over and is_disproved else unchanged
        is_asked_again = self.looks and self.state in {HourState.PENDING, HourState.FAILED}
        return Verdict(HourState.EXPIRED if is_over and not is_asked_again else HourState.FAILED, sign)

    def with_next_look(self, hour: Hour, policy: HourPolicy, now: AwareDatetime) -> Self:
        """Return the record with the time of the next look, for whoever reads it."""
        return self.model_copy(update={"next_look_at": next_look_at(hour, policy, facts_of(self, None, policy), now)})

    def as_it_counts(self, hour: Hour, policy: HourPolicy, now: AwareDatetime) -> Self:
        """Return the record as it counts now: an hour that was forgotten is lost, though no run has closed it yet."""
        return self.with_loss(Reason.NO_ANSWER_IN_TIME, now) if is_given_up(hour, policy, self.state, now) else self

    def with_loss(self, reason: Reason, now: AwareDatetime) -> Self:
        """Return the record of an hour that is lost without a further request.

        A file that is kept all the same is the better reason.
        """
        reason = _sign_that_somebody_spoke(self.raw_revisions) or reason
        return self.model_copy(
            update={"state": HourState.EXPIRED, "reason": reason, "next_look_at": None, "updated_at": now},
        )


class MessageCounts(_Record):
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


class Oddity(_Record):
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


class PublishedObject(_Record):
    """A data object that a record points to."""

    key: str
    bytes: int
    sha256: str


class MessagesRecord(_Record):
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


def _joined(before: Iterable[RawRevision], more: Iterable[RawRevision]) -> tuple[RawRevision, ...]:
    """Add revisions, each once; one that was held to be damaged and can be read by now is no longer so."""
    kept = {revision.sha256: revision for revision in before}
    for revision in more:
        known = kept.setdefault(revision.sha256, revision)
        if known.damage is not None and revision.damage is None:
            kept[revision.sha256] = known.model_copy(update={"lines": revision.lines, "damage": None})
    return tuple(kept.values())


def _sign_that_somebody_spoke(revisions: Iterable[RawRevision]) -> Reason | None:
    revisions = tuple(revisions)
    if any(revision.damage is not None for revision in revisions):
        return Reason.DAMAGED_FILE
    return Reason.PART_KEPT if any(revision.lines for revision in revisions) else None


def _bounded(looks: tuple[Look, ...]) -> tuple[Look, ...]:
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


def facts_of(capture: CaptureRecord | None, messages: MessagesRecord | None, policy: HourPolicy) -> HourFacts:
    """Reduce an hour's two records to what decides about the next step."""
    failed_conversions = messages.failures_in_a_row if messages else 0
    if capture is None:
        return HourFacts()
    failures = sum(1 for _ in takewhile(_failed, reversed(capture.looks)))
    return HourFacts(
        state=capture.state,
        confirmed=capture.is_confirmed(policy),
        last_look_at=capture.looks[-1].asked_at if capture.looks else None,
        last_answer_at=max((answer.certainly_at for answer in capture.answers(policy)), default=None),
        failures_in_a_row=failures,
        messages_current=messages_are_current(capture, messages),
        last_conversion_at=messages.last_failure_at if messages else None,
        conversion_failures=failed_conversions,
    )


def _failed(look: Look) -> bool:
    return look.reason in {Reason.LOOK_FAILED, Reason.DAMAGED_FILE}


def messages_are_current(capture: CaptureRecord, messages: MessagesRecord | None) -> bool:
    """Tell whether the messages table holds every raw revision that can be read."""
    wanted = {revision.sha256 for revision in capture.intact_revisions if revision.lines}
    return wanted <= set(messages.raw_revisions if messages else ())


def is_safe(capture: CaptureRecord | None, policy: HourPolicy) -> bool:
    """Archived by a file, or said to be empty, by a look that was made when the hour was settled.

    What was settled by the settings of the time stays so when they are changed.
    """
    if capture is None or capture.state not in {HourState.ARCHIVED, HourState.EMPTY}:
        return False
    settled_at = policy.settled_at(Hour.from_key(capture.hour))
    return any(answer.settled or answer.certainly_at >= settled_at for answer in capture.answers(policy))
