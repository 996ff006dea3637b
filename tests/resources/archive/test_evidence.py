"""Which looks stand for an hour: by whose clock, under which name, and with how many of its files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from resources.archive.capture_record import CaptureRecord, facts_of, is_safe
from resources.archive.evidence import Look, RawRevision
from resources.hours.due import what_is_due
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.hours.verdict import NOTHING_KNOWN, Verdict

HOUR = Hour.from_key("2026110112")
POLICY, IN_CHINA = HourPolicy(), HourPolicy(hour_zone=timezone(timedelta(hours=8)))
NEW = CaptureRecord.new("acme/support", HOUR, POLICY, HOUR.end)
FILE = RawRevision(sha256="a", bytes=10, lines=3, captured_at=HOUR.end)


def at(hours: float) -> datetime:
    """The moment so many hours after the hour's end."""
    return HOUR.end + timedelta(hours=hours)


def test_a_look_that_is_recorded_already_is_not_added_again() -> None:
    look = Look(asked_at=at(3), state=HourState.EMPTY, reason=Reason.NO_FILE, said_empty=True, run_id="run-1")
    verdict = Verdict(HourState.EMPTY, Reason.NO_FILE)
    once = NEW.with_look(look, verdict, (), POLICY.deadline(HOUR))
    assert once.with_look(look, replace(verdict, confirmed=True), (), POLICY.deadline(HOUR)) == once
    assert once.looks_total == 1


def test_a_look_that_asked_for_another_hour_settles_and_confirms_nothing_and_keeps_what_it_gave() -> None:
    look = Look(asked_at=at(25), asked_for=POLICY.name_of(HOUR), state=HourState.ARCHIVED, reason=Reason.FILE_KEPT)
    archived = NEW.with_look(look, Verdict(HourState.ARCHIVED, Reason.FILE_KEPT), (FILE,), at(72))
    assert facts_of(archived, None, HOUR, POLICY).last_answer_at == at(25)
    assert facts_of(archived, None, HOUR, IN_CHINA).last_answer_at is None
    assert (is_safe(archived, HOUR, POLICY), is_safe(archived, HOUR, IN_CHINA)) == (True, False)
    empty = NEW
    for age in (3, 25):
        said = look.model_copy(
            update={"asked_at": at(age), "state": HourState.EMPTY, "reason": Reason.NO_FILE, "said_empty": True}
        )
        empty = empty.with_look(said, Verdict(HourState.EMPTY, Reason.NO_FILE, confirmed=age > 24), (), at(72))
    assert (empty.is_confirmed(HOUR, POLICY), empty.is_confirmed(HOUR, IN_CHINA)) == (True, False)
    assert empty.known(HOUR, IN_CHINA) == NOTHING_KNOWN
    assert (archived.state, archived.raw_revisions) == (HourState.ARCHIVED, (FILE,))


def test_what_a_forged_record_says_of_its_hour_is_not_read() -> None:
    look = Look(asked_at=at(25), asked_for=POLICY.name_of(HOUR), state=HourState.ARCHIVED, reason=Reason.FILE_KEPT)
    record = NEW.with_look(look, Verdict(HourState.ARCHIVED, Reason.FILE_KEPT), (FILE,), at(72))
    forged = record.model_copy(update={"hour": "rubbish"})
    assert facts_of(forged, None, HOUR, POLICY) == facts_of(record, None, HOUR, POLICY)
    assert is_safe(forged, HOUR, POLICY)


def test_what_was_settled_by_the_settings_of_the_time_stays_so() -> None:
    look = Look(asked_at=at(24.2), settled=True, state=HourState.ARCHIVED, reason=Reason.FILE_KEPT)
    record = NEW.with_look(look, Verdict(HourState.ARCHIVED, Reason.FILE_KEPT), (FILE,), at(72))
    later = HourPolicy(settle=timedelta(hours=25))
    assert is_safe(record, HOUR, later)
    assert what_is_due(HOUR, later, facts_of(record, None, HOUR, later), at(30)) is not None


@pytest.mark.parametrize(
    ("looks", "lacks"),
    [
        ([(1, 1)], False),
        ([(1, 2)], True),
        ([(1, 2), (2, 2)], False),
        ([(1, 2), (1, 1)], True),
        ([(2, 2), (1, 1)], False),
        ([(0, 1), (0, 0)], True),
        ([(0, 1), (1, 1)], False),
    ],
)
def test_a_file_that_was_named_and_never_fetched_is_lacking_until_as_many_come(
    looks: list[tuple[int, int]], *, lacks: bool
) -> None:
    seen = [
        Look(
            asked_at=at(age),
            state=HourState.ARCHIVED,
            reason=Reason.FILE_KEPT,
            files=("a",) * came,
            files_named=named,
        )
        for age, (came, named) in enumerate(looks, start=3)
    ]
    assert NEW.model_copy(update={"looks": tuple(seen)}).lacks_a_file == lacks


@pytest.mark.parametrize(("apart", "believed"), [(-3, True), (2.9, True), (3.1, False), (-24 * 365, False)])
def test_the_platforms_clock_is_believed_when_it_is_near_this_machines(apart: float, *, believed: bool) -> None:
    theirs = at(30) + timedelta(hours=apart)
    look = Look(asked_at=at(30), platform_time=theirs, state=HourState.EMPTY, reason=Reason.NO_FILE)
    assert look.answered_at == (theirs if believed else at(30))
    assert look.certainly_at == (min(theirs, at(30)) if believed else at(30))
