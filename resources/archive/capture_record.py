"""What capturing knows of an hour, as data: how one look changes it, and what it means for the next step. No I/O.

Capturing is this record's one writer. Like all records it is JSON that a person and DuckDB can read; how it is stored
lies in `ledger.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import takewhile
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from resources.archive.evidence import (
    FrozenRecord,
    Look,
    RawRevision,
    bounded,
    failed,
    joined,
    sign_that_somebody_spoke,
)
from resources.archive.messages_record import MessagesRecord
from resources.hours.due import HourFacts, is_given_up, next_look_at
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.hours.verdict import KnownBefore, Verdict


class CaptureRecord(FrozenRecord):
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

    def known(self, hour: Hour, policy: HourPolicy) -> KnownBefore:
        """What a verdict on the next answer needs to know."""
        said_empty = any(look.said_empty for look in self.looks_at(hour, policy))
        return KnownBefore(
            archived=self.state is HourState.ARCHIVED,
            said_empty_in_window=said_empty,
            empty_confirmed=self.is_confirmed(hour, policy),
            lost=self.state is HourState.EXPIRED,
        )

    def is_confirmed(self, hour: Hour, policy: HourPolicy) -> bool:
        """Whether the hour is empty, and a settled look has said so again."""
        is_confirmed = self.state is HourState.EMPTY and self.confirmed
        return is_confirmed and any(look.said_empty for look in self.looks_at(hour, policy))

    def answers(self, hour: Hour, policy: HourPolicy) -> tuple[Look, ...]:
        """The looks whose answer stands for the hour: no failures, and of an archived hour only those with its file.

        That nothing is there, or not yet, says nothing about an hour of which a file is kept: messages may still come.
        """
        is_archived = self.state is HourState.ARCHIVED
        return tuple(
            look
            for look in self.looks_at(hour, policy)
            if not failed(look) and (not is_archived or look.state is HourState.ARCHIVED)
        )

    def looks_at(self, hour: Hour, policy: HourPolicy) -> Iterable[Look]:
        """Return the looks but those that asked for another hour, as by a wrong `hour_zone` that was mended since."""
        name = policy.name_of(hour)
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
        kept = joined(self.raw_revisions, revisions)
        looks = bounded((*self.looks, look))
        if sign := sign_that_somebody_spoke(kept):
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
        kept = joined(self.raw_revisions, revisions)
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
        is_over, sign = now >= self.deadline, sign_that_somebody_spoke(kept)
        if sign is None:
            is_disproved = not self.looks or self.reason is Reason.DAMAGED_FILE
            return Verdict(HourState.EXPIRED, Reason.NOT_SETTLED) if is_over and is_disproved else unchanged
        is_asked_again = self.looks and self.state in {HourState.PENDING, HourState.FAILED}
        return Verdict(HourState.EXPIRED if is_over and not is_asked_again else HourState.FAILED, sign)

    def with_next_look(self, hour: Hour, policy: HourPolicy, now: AwareDatetime) -> Self:
        """Return the record with the time of the next look, for whoever reads it."""
        return self.model_copy(
            update={"next_look_at": next_look_at(hour, policy, facts_of(self, None, hour, policy), now)}
        )

    def as_it_counts(self, hour: Hour, policy: HourPolicy, now: AwareDatetime) -> Self:
        """Return the record as it counts now: an hour that was forgotten is lost, though no run has closed it yet."""
        return self.with_loss(Reason.NO_ANSWER_IN_TIME, now) if is_given_up(hour, policy, self.state, now) else self

    def with_loss(self, reason: Reason, now: AwareDatetime) -> Self:
        """Return the record of an hour that is lost without a further request.

        A file that is kept all the same is the better reason.
        """
        reason = sign_that_somebody_spoke(self.raw_revisions) or reason
        return self.model_copy(
            update={"state": HourState.EXPIRED, "reason": reason, "next_look_at": None, "updated_at": now},
        )


def facts_of(
    capture: CaptureRecord | None, messages: MessagesRecord | None, hour: Hour, policy: HourPolicy
) -> HourFacts:
    """Reduce an hour's two records to what decides about the next step."""
    failed_conversions = messages.failures_in_a_row if messages else 0
    if capture is None:
        return HourFacts()
    failures = sum(1 for _ in takewhile(failed, reversed(capture.looks)))
    return HourFacts(
        state=capture.state,
        confirmed=capture.is_confirmed(hour, policy),
        last_look_at=capture.looks[-1].asked_at if capture.looks else None,
        last_answer_at=max((answer.certainly_at for answer in capture.answers(hour, policy)), default=None),
        failures_in_a_row=failures,
        messages_current=messages_are_current(capture, messages),
        last_conversion_at=messages.last_failure_at if messages else None,
        conversion_failures=failed_conversions,
    )


def messages_are_current(capture: CaptureRecord, messages: MessagesRecord | None) -> bool:
    """Tell whether the messages table holds every raw revision that can be read."""
    wanted = {revision.sha256 for revision in capture.intact_revisions if revision.lines}
    return wanted <= set(messages.raw_revisions if messages else ())


def is_safe(capture: CaptureRecord | None, hour: Hour, policy: HourPolicy) -> bool:
    """Archived by a file, or said to be empty, by a look that was made when the hour was settled.

    What was settled by the settings of the time stays so when they are changed.
    """
    if capture is None or capture.state not in {HourState.ARCHIVED, HourState.EMPTY}:
        return False
    settled_at = policy.settled_at(hour)
    return any(answer.settled or answer.certainly_at >= settled_at for answer in capture.answers(hour, policy))
