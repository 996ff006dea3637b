"""The ledger's records as data: what one look may change about an hour, and what nothing may take away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from resources.archive.capture_record import CaptureRecord, facts_of, messages_are_current
from resources.archive.evidence import MOST_LOOKS_KEPT, Look, RawRevision
from resources.archive.messages_record import MessageCounts, MessagesRecord, PublishedObject
from resources.hours.due import HourFacts
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.hours.verdict import NOTHING_KNOWN, Answer, Verdict, judge, says_empty_in_window

HOUR = Hour.from_key("2026110112")
POLICY = HourPolicy()
NEW = CaptureRecord.new("acme/support", HOUR, POLICY, HOUR.end)
FAILED_REASONS = (Reason.LOOK_FAILED, Reason.DAMAGED_FILE)


def at(hours: float) -> datetime:
    """The moment so many hours after the hour's end."""
    return HOUR.end + timedelta(hours=hours)


def revision(name: str, *, lines: int | None = 3, damage: str | None = None) -> RawRevision:
    return RawRevision(sha256=name, bytes=10, lines=lines, captured_at=at(2), damage=damage)


def damaged(name: str) -> RawRevision:
    return revision(name, lines=None, damage="ends too early")


def answered(record: CaptureRecord, answer: Answer, age: float, *revisions: RawRevision) -> CaptureRecord:
    """Apply an answered look, judged by the platform's own time."""
    verdict = judge(answer, HOUR, POLICY, answered_at=at(age), known=record.known(HOUR, POLICY))
    alone = judge(answer, HOUR, POLICY, answered_at=at(age))
    said = says_empty_in_window(answer, HOUR, POLICY, answered_at=at(age), known=record.known(HOUR, POLICY))
    look = Look(
        asked_at=at(age),
        state=alone.state,
        reason=alone.reason,
        said_empty=said,
        files=tuple(each.sha256 for each in revisions),
    )
    return record.with_look(look, verdict, revisions, POLICY.deadline(HOUR))


def failed(
    record: CaptureRecord, age: float, *revisions: RawRevision, reason: Reason = Reason.LOOK_FAILED
) -> CaptureRecord:
    """Apply a look that failed."""
    look = Look(asked_at=at(age), state=HourState.FAILED, reason=reason, problem="Something. Do something.")
    return record.with_failed_look(look, revisions, POLICY.deadline(HOUR))


def in_state(state: HourState) -> CaptureRecord:
    """A record in a state, as looks bring it there."""
    match state:
        case HourState.ARCHIVED:
            return answered(NEW, Answer.FILE, 3, revision("a"))
        case HourState.EMPTY:
            return answered(answered(NEW, Answer.NO_FILE, 3), Answer.NO_FILE, 25)
        case HourState.PENDING:
            return answered(NEW, Answer.EXPIRED_OR_UNSTORED, 3)
        case HourState.EXPIRED:
            return answered(NEW, Answer.EXPIRED_OR_UNSTORED, 80)
        case HourState.FAILED:
            return failed(NEW, 3)


ages = st.floats(0, 100)
names = st.sampled_from("abc")
some_revisions = st.lists(
    st.builds(revision, names, lines=st.integers(1, 5)) | st.builds(damaged, names), max_size=3
).map(tuple)
looks = st.one_of(
    st.tuples(st.just("answered"), st.sampled_from(Answer), ages, some_revisions),
    st.tuples(st.just("failed"), st.sampled_from(FAILED_REASONS), ages, some_revisions),
)


def lives(steps: Sequence[tuple[str, Answer | Reason, float, tuple[RawRevision, ...]]]) -> list[CaptureRecord]:
    """Return the record after each step, however absurd their order."""
    records = [NEW]
    for _, what, age, revisions in steps:
        if isinstance(what, Answer):
            records.append(answered(records[-1], what, age, *revisions))
        else:
            records.append(failed(records[-1], age, *revisions, reason=what))
    return records


@given(steps=st.lists(looks, max_size=12))
def test_an_archived_hour_stays_archived_whatever_is_answered_later(
    steps: list[tuple[str, Answer | Reason, float, tuple[RawRevision, ...]]],
) -> None:
    states = [record.state for record in lives(steps)]
    if HourState.ARCHIVED in states:
        assert set(states[states.index(HourState.ARCHIVED) :]) == {HourState.ARCHIVED}


@given(steps=st.lists(looks, max_size=12))
def test_raw_revisions_only_grow_and_each_stands_there_once(
    steps: list[tuple[str, Answer | Reason, float, tuple[RawRevision, ...]]],
) -> None:
    records = lives(steps)
    for before, after in pairwise(records):
        kept = [each.sha256 for each in before.raw_revisions]
        assert [each.sha256 for each in after.raw_revisions][: len(kept)] == kept
        assert {each.sha256 for each in before.intact_revisions} <= {each.sha256 for each in after.intact_revisions}
    final = [each.sha256 for each in records[-1].raw_revisions]
    assert len(set(final)) == len(final)
    assert set(final) == {each.sha256 for _, _, _, revisions in steps for each in revisions}


@given(steps=st.lists(looks, max_size=12))
def test_the_word_that_nobody_spoke_is_never_forgotten(
    steps: list[tuple[str, Answer | Reason, float, tuple[RawRevision, ...]]],
) -> None:
    said = [record.known(HOUR, POLICY).said_empty_in_window for record in lives(steps)]
    assert said == sorted(said)


@given(steps=st.lists(looks, max_size=12))
def test_a_record_survives_its_json(
    steps: list[tuple[str, Answer | Reason, float, tuple[RawRevision, ...]]],
) -> None:
    record = lives(steps)[-1]
    assert CaptureRecord.model_validate_json(record.model_dump_json(indent=1)) == record


@pytest.mark.parametrize(
    ("before", "reason", "after"),
    [
        (HourState.ARCHIVED, Reason.LOOK_FAILED, HourState.ARCHIVED),
        (HourState.EMPTY, Reason.LOOK_FAILED, HourState.EMPTY),
        (HourState.EXPIRED, Reason.LOOK_FAILED, HourState.EXPIRED),
        (HourState.PENDING, Reason.LOOK_FAILED, HourState.FAILED),
        (HourState.FAILED, Reason.LOOK_FAILED, HourState.FAILED),
        (HourState.ARCHIVED, Reason.DAMAGED_FILE, HourState.ARCHIVED),
        (HourState.EMPTY, Reason.DAMAGED_FILE, HourState.FAILED),
        (HourState.EXPIRED, Reason.DAMAGED_FILE, HourState.FAILED),
        (HourState.PENDING, Reason.DAMAGED_FILE, HourState.FAILED),
        (HourState.FAILED, Reason.DAMAGED_FILE, HourState.FAILED),
    ],
)
def test_what_a_failed_look_makes_of_a_state(before: HourState, reason: Reason, after: HourState) -> None:
    record = in_state(before)
    assert record.state is before
    changed = failed(record, 30, reason=reason)
    assert changed.state is after
    assert changed.looks_total == record.looks_total + 1
    if after is before is not HourState.FAILED:
        assert (changed.reason, changed.confirmed) == (record.reason, record.confirmed)


def test_an_hour_of_which_a_damaged_file_was_seen_is_no_longer_confirmed_empty() -> None:
    empty = in_state(HourState.EMPTY)
    assert empty.confirmed
    assert not failed(empty, 30, damaged("d"), reason=Reason.DAMAGED_FILE).confirmed


def test_a_file_that_can_be_read_by_now_is_no_longer_damaged() -> None:
    before = failed(NEW, 3, damaged("a"), reason=Reason.DAMAGED_FILE)
    after = answered(before, Answer.FILE, 4, revision("a", lines=7))
    assert [(each.sha256, each.lines, each.damage) for each in after.raw_revisions] == [("a", 7, None)]
    assert not messages_are_current(after, None)


def test_a_file_that_was_readable_does_not_become_damaged() -> None:
    before = answered(NEW, Answer.FILE, 3, revision("a"))
    after = failed(before, 4, damaged("a"), reason=Reason.DAMAGED_FILE)
    assert after.raw_revisions == before.raw_revisions


def test_two_equal_files_of_one_look_are_one_revision() -> None:
    assert answered(NEW, Answer.FILE, 3, revision("a"), revision("a")).raw_revisions == (revision("a"),)


@pytest.mark.parametrize("answer", [Answer.NO_FILE, Answer.EXPIRED_OR_UNSTORED])
def test_looks_are_bounded_and_the_first_and_the_latest_are_kept(answer: Answer) -> None:
    record = answered(NEW, Answer.NO_FILE, 2)
    for number in range(MOST_LOOKS_KEPT + 20):
        record = answered(record, answer, 3 + number / 1000)
    record = failed(record, 5)
    assert len(record.looks) == MOST_LOOKS_KEPT
    assert record.looks_total == MOST_LOOKS_KEPT + 22
    assert (record.looks[0].asked_at, record.looks[-1].asked_at) == (at(2), at(5))
    assert record.known(HOUR, POLICY).said_empty_in_window


def test_the_look_that_settled_an_archived_hour_outlives_any_number_of_others() -> None:
    record = answered(in_state(HourState.ARCHIVED), Answer.FILE, 25, revision("b"))
    others = {Answer.EXPIRED_OR_UNSTORED: (), Answer.NO_FILE: (), Answer.FILE_WITHOUT_LINES: (revision("c", lines=0),)}
    for other, revisions in others.items():
        for _ in range(2 * MOST_LOOKS_KEPT):
            record = answered(record, other, 30, *revisions)
    assert len(record.looks) == MOST_LOOKS_KEPT
    assert facts_of(record, None, HOUR, POLICY).last_answer_at == at(25)


def test_the_word_that_nobody_spoke_outlives_any_number_of_other_looks() -> None:
    record = answered(answered(NEW, Answer.EXPIRED_OR_UNSTORED, 1), Answer.NO_FILE, 3)
    for _ in range(2 * MOST_LOOKS_KEPT):
        record = failed(record, 4)
    assert record.known(HOUR, POLICY).said_empty_in_window


def test_a_loss_is_recorded_with_its_reason_and_keeps_the_evidence() -> None:
    record = failed(NEW, 3).with_loss(Reason.NO_ANSWER_IN_TIME, at(80))
    assert (record.state, record.reason, record.updated_at) == (
        HourState.EXPIRED,
        Reason.NO_ANSWER_IN_TIME,
        at(80),
    )
    assert len(record.looks) == 1


def test_a_new_record_knows_nothing() -> None:
    assert (NEW.state, NEW.reason, NEW.deadline) == (HourState.PENDING, Reason.NOT_ASKED_YET, at(72))
    assert NEW.known(HOUR, POLICY) == NOTHING_KNOWN


@pytest.mark.parametrize(
    ("record", "facts"),
    [
        (None, HourFacts()),
        (NEW, HourFacts(state=HourState.PENDING)),
        (
            in_state(HourState.PENDING),
            HourFacts(state=HourState.PENDING, last_look_at=at(3), last_answer_at=at(3)),
        ),
        (
            failed(in_state(HourState.PENDING), 4),
            HourFacts(state=HourState.FAILED, last_look_at=at(4), last_answer_at=at(3), failures_in_a_row=1),
        ),
        (
            failed(failed(NEW, 3), 3),
            HourFacts(state=HourState.FAILED, last_look_at=at(3), failures_in_a_row=2),
        ),
        (
            failed(failed(in_state(HourState.EMPTY), 26), 27, reason=Reason.DAMAGED_FILE),
            HourFacts(state=HourState.FAILED, last_look_at=at(27), last_answer_at=at(25), failures_in_a_row=2),
        ),
        (
            failed(answered(in_state(HourState.PENDING), Answer.EXPIRED_OR_UNSTORED, 3), 3),
            HourFacts(state=HourState.FAILED, last_look_at=at(3), last_answer_at=at(3), failures_in_a_row=1),
        ),
        (
            in_state(HourState.EMPTY),
            HourFacts(state=HourState.EMPTY, confirmed=True, last_look_at=at(25), last_answer_at=at(25)),
        ),
        (
            in_state(HourState.ARCHIVED),
            HourFacts(state=HourState.ARCHIVED, last_look_at=at(3), last_answer_at=at(3), messages_current=False),
        ),
        (NEW.with_loss(Reason.NEVER_ASKED, at(80)), HourFacts(state=HourState.EXPIRED)),
        (
            answered(in_state(HourState.ARCHIVED), Answer.EXPIRED_OR_UNSTORED, 25),
            HourFacts(state=HourState.ARCHIVED, last_look_at=at(25), last_answer_at=at(3), messages_current=False),
        ),
        (
            answered(in_state(HourState.ARCHIVED), Answer.FILE_WITHOUT_LINES, 25, revision("b", lines=0)),
            HourFacts(state=HourState.ARCHIVED, last_look_at=at(25), last_answer_at=at(3), messages_current=False),
        ),
        (
            answered(in_state(HourState.PENDING), Answer.NO_FILE, 25).with_adopted((revision("a"),), at(26)),
            HourFacts(state=HourState.ARCHIVED, last_look_at=at(25), messages_current=False),
        ),
    ],
)
def test_what_the_next_step_is_decided_by(record: CaptureRecord | None, facts: HourFacts) -> None:
    assert facts_of(record, None, HOUR, POLICY) == facts


def messages_of(*revisions: str, failures: int = 0) -> MessagesRecord:
    return MessagesRecord(
        app="acme/support",
        hour=HOUR.key,
        schema_version=1,
        raw_revisions=revisions,
        counts=MessageCounts(lines=3, messages=3),
        messages=PublishedObject(key="k", bytes=1, sha256="s"),
        body_types={"txt": 3},
        failures_in_a_row=failures,
        last_failure_at=at(5) if failures else None,
        updated_at=at(5),
    )


@pytest.mark.parametrize(
    ("revisions", "messages", "current"),
    [
        ((), None, True),
        ((revision("a"),), None, False),
        ((revision("a"),), messages_of("a"), True),
        ((revision("a"), revision("b")), messages_of("a"), False),
        ((revision("a"),), messages_of("a", "b"), True),
        ((revision("a", lines=0),), None, True),
        ((damaged("a"),), None, True),
        ((damaged("a"), revision("b")), None, False),
    ],
)
def test_messages_are_current_when_they_hold_every_revision_with_lines(
    revisions: tuple[RawRevision, ...], messages: MessagesRecord | None, current: bool
) -> None:
    assert messages_are_current(NEW.model_copy(update={"raw_revisions": revisions}), messages) is current


def test_a_failed_conversion_is_among_the_facts() -> None:
    facts = facts_of(in_state(HourState.ARCHIVED), messages_of(failures=2), HOUR, POLICY)
    assert (facts.messages_current, facts.conversion_failures, facts.last_conversion_at) == (False, 2, at(5))


def test_a_messages_record_survives_its_json() -> None:
    record = messages_of("a", "b", failures=1)
    assert MessagesRecord.model_validate_json(record.model_dump_json(indent=1)) == record


def test_a_record_of_a_newer_version_is_not_misread() -> None:
    newer = json.loads(NEW.model_dump_json()) | {"record_version": 2}
    with pytest.raises(ValidationError, match="record_version"):
        CaptureRecord.model_validate(newer)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="asked_at"):
        Look.model_validate(
            {"asked_at": datetime(2026, 11, 1, tzinfo=UTC).replace(tzinfo=None), "state": "failed", "reason": "late"}
        )


def test_verdicts_of_others_are_taken_as_they_are() -> None:
    look = Look(asked_at=at(3), state=HourState.PENDING, reason=Reason.LATE)
    record = NEW.with_look(look, Verdict(HourState.EMPTY, Reason.NO_FILE, confirmed=True), (), at(100))
    assert (record.state, record.reason, record.confirmed, record.deadline) == (
        HourState.EMPTY,
        Reason.NO_FILE,
        True,
        at(100),
    )


def test_no_answer_makes_an_hour_empty_of_which_a_damaged_file_is_kept() -> None:
    record = failed(NEW, 3, damaged("d"), reason=Reason.DAMAGED_FILE)
    for age in (25, 66):
        record = answered(record, Answer.NO_FILE, age)
        assert (record.state, record.reason) == (HourState.FAILED, Reason.DAMAGED_FILE)


def test_a_damaged_file_that_is_kept_is_the_reason_of_a_loss() -> None:
    record = failed(failed(NEW, 3, damaged("d"), reason=Reason.DAMAGED_FILE), 4)
    assert answered(record, Answer.EXPIRED_OR_UNSTORED, 73).reason is Reason.DAMAGED_FILE
    assert record.with_loss(Reason.NO_ANSWER_IN_TIME, at(97)).reason is Reason.DAMAGED_FILE


def test_no_answer_makes_an_hour_empty_of_whose_several_files_one_is_kept() -> None:
    record = failed(NEW, 3, revision("a"))
    assert (record.state, record.reason) == (HourState.FAILED, Reason.LOOK_FAILED)
    for age in (25, 66):
        record = answered(record, Answer.NO_FILE, age)
        assert (record.state, record.reason) == (HourState.FAILED, Reason.PART_KEPT)


def test_a_file_that_arrives_after_an_hour_was_called_empty_takes_that_back() -> None:
    record = failed(in_state(HourState.EMPTY), 30, revision("a"))
    assert (record.state, record.reason, record.confirmed) == (HourState.FAILED, Reason.PART_KEPT, False)


def test_one_of_several_files_that_is_kept_is_the_reason_of_a_loss() -> None:
    record = failed(NEW, 3, revision("a"))
    assert answered(record, Answer.EXPIRED_OR_UNSTORED, 73).reason is Reason.PART_KEPT
    assert record.with_loss(Reason.NO_ANSWER_IN_TIME, at(97)).reason is Reason.PART_KEPT


def test_a_lost_hour_is_not_announced_to_be_asked_for_again() -> None:
    record = failed(NEW, 3).with_next_look(HOUR, POLICY, at(3))
    assert record.next_look_at is not None
    assert record.with_loss(Reason.NO_ANSWER_IN_TIME, at(97)).next_look_at is None
