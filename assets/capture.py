"""Capturing an hour: look once, keep every file it gives, judge the answer, and write it all down. Plain Python.

The order is the promise: the platform's bytes are in S3 before anything that was read from them is used, and the record
that points to them is written last. Not here: asking and storing (`fetch_hour.py`), what the lines say (`conversion/`),
and how Dagster shows it (`app_assets.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from assets.fetch_hour import Fetched, fetch_hour
from assets.raw_files import read_unrecorded, record_files
from resources.archive.app_archive import AppArchive
from resources.archive.capture_record import CaptureRecord, facts_of
from resources.archive.errors import ArchiveDamaged, RecordUnreadable
from resources.archive.evidence import Look, RawRevision
from resources.chat_platform.client import ChatPlatform, HistoryAnswer
from resources.chat_platform.error_catalogue import HourAnswer
from resources.clock import Clock
from resources.hours.due import Task, task_of_a_run
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.hours.verdict import Answer, judge, says_empty_in_window
from resources.hours.watched import planned_from


@dataclass(frozen=True, slots=True)
class Capture:
    """What a run learned about an hour.

    Attributes:
        record: The hour's record after it.
        asked: A request was made.
        problem: What happened and what to do, when the look failed; None when it was answered.
        newly_lost: The hour is lost, and was not known to be before.
    """

    record: CaptureRecord
    asked: bool
    problem: str | None = None
    newly_lost: bool = False


def capture_hour(
    hour: Hour,
    archive: AppArchive,
    platform: Callable[[], ChatPlatform],
    clock: Clock,
    *,
    run_id: str | None = None,
) -> Capture:
    """Do for an hour what a run does now: look at it, write down its loss, or only read its record.

    Args:
        hour: The hour; it should have ended.
        archive: Where the app's hours are kept.
        platform: Gives the app's client; called only if a request is to be made.
        clock: Wall time.
        run_id: The Dagster run, kept as evidence.

    Raises:
        ArchiveError: S3 cannot be read or written, or the hour there is another app's. What was archived is unharmed.
            When its record cannot be read, what the platform has of the hour has been kept.
        LocalDiskError: A file that lies in the archive unrecorded cannot be kept on this machine while it is read.
    """
    policy, now = archive.app.policy, clock.now()
    try:
        before = archive.owned(archive.ledger.capture(hour))
    except RecordUnreadable as error:
        if now >= policy.deadline(hour):
            raise
        raise _kept_unrecorded(hour, archive, platform, clock, error) from None
    task = task_of_a_run(hour, policy, facts_of(before, None, hour, policy), now)
    found = None
    if task is not None and now >= policy.deadline(hour):
        found = _found_before_closing(hour, before, archive, clock)
        task = task_of_a_run(hour, policy, facts_of(found or before, None, hour, policy), now)
    if task is Task.LOOK:
        return _look(hour, archive, platform, clock, run_id=run_id, before=found or before)
    if task is Task.RECORD_LOSS:
        return _record_loss(hour, archive, now)
    record = found or before
    if record is None:  # pragma: no cover - an hour without a record always has a task
        raise AssertionError(f"Hour {hour} of {archive.app.name} has neither a record nor a task.")
    return Capture(record, asked=False, newly_lost=found is not None and found.state is HourState.EXPIRED)


def _found_before_closing(
    hour: Hour, before: CaptureRecord | None, archive: AppArchive, clock: Clock
) -> CaptureRecord | None:
    """Record files that lie in the archive unrecorded, before the hour is given up or called empty: it may be neither.

    A killed run has left them, or a record was lost that named them. None when there is nothing of the kind.
    """
    files = read_unrecorded(hour, before.raw_revisions if before is not None else (), archive)
    return record_files(hour, files.revisions, archive, clock) if files.revisions else None


def _record_loss(hour: Hour, archive: AppArchive, now: datetime) -> Capture:
    app = archive.app

    def change(record: CaptureRecord | None) -> CaptureRecord:
        if record is None:
            return CaptureRecord.new(app.name, hour, app.policy, now).with_loss(Reason.NEVER_ASKED, now)
        if record.state not in {HourState.PENDING, HourState.FAILED}:
            return record
        return record.with_loss(Reason.NO_ANSWER_IN_TIME, now)

    record = archive.ledger.update_capture(hour, change)
    if record.state is HourState.EXPIRED and hour.end <= planned_from(now, app.policy):
        archive.ledger.note_hours(app.name, lost={hour.key: record.reason}, not_lost=(), now=now)
    return Capture(record, asked=False, newly_lost=record.state is HourState.EXPIRED)


def _kept_unrecorded(
    hour: Hour,
    archive: AppArchive,
    platform: Callable[[], ChatPlatform],
    clock: Clock,
    unreadable: RecordUnreadable,
) -> ArchiveDamaged:
    """Keep what the platform has of an hour whose record cannot be read: the record can wait, the platform does not.

    Returns:
        What is wrong with the record, and what has become of the hour.
    """
    fetched = fetch_hour(hour, archive, platform, clock)
    became = [
        unreadable.what_happened,
        "The platform was asked for the hour all the same.",
        *([fetched.problem] if fetched.problem else []),
        f"{len(fetched.revisions)} of its files are kept, unrecorded." if fetched.revisions else "No file came of it.",
    ]
    return ArchiveDamaged(
        " ".join(became), f"{unreadable.remedy} Then run chat-archive adopt of the hour, which records what was kept."
    )


def _look(
    hour: Hour,
    archive: AppArchive,
    platform: Callable[[], ChatPlatform],
    clock: Clock,
    *,
    run_id: str | None,
    before: CaptureRecord | None,
) -> Capture:
    asked_at = clock.now()
    fetched = fetch_hour(hour, archive, platform, clock)
    revisions = fetched.revisions
    if fetched.answer is None:
        # A missing secret is evidence too: written down, it is asked about ever more rarely, and somebody is told.
        failed = Look(
            asked_at=asked_at,
            asked_for=archive.app.policy.name_of(hour),
            state=HourState.FAILED,
            reason=Reason.LOOK_FAILED,
            files=tuple(revision.sha256 for revision in revisions),
            files_named=fetched.files_named,
            retries=fetched.retries,
            problem=fetched.problem,
            run_id=run_id,
        )
        # Of several files some may have arrived: what was seen is kept, although the look failed.
        return Capture(_write_failure(hour, archive, failed, revisions), asked=True, problem=failed.problem)
    look = _evidence(hour, fetched.answer, fetched, archive.app.policy, asked_at=asked_at, run_id=run_id)
    damaged = [revision for revision in revisions if revision.damage is not None]
    if damaged:
        look = look.model_copy(update={"reason": Reason.DAMAGED_FILE, "problem": _damage_in_words(hour, damaged)})
        return Capture(_write_failure(hour, archive, look, revisions), asked=True, problem=look.problem)
    record = _write_answer(hour, archive, look, _answer_of(fetched.answer, revisions), revisions)
    if record.state is HourState.EMPTY:  # unless a killed run has kept what the platform gave it, and no longer gives
        record = _found_before_closing(hour, record, archive, clock) or record
    lost_before = before is not None and before.state is HourState.EXPIRED
    return Capture(record, asked=True, newly_lost=record.state is HourState.EXPIRED and not lost_before)


def _evidence(
    hour: Hour, answer: HistoryAnswer, fetched: Fetched, policy: HourPolicy, *, asked_at: datetime, run_id: str | None
) -> Look:
    """What was asked and answered; the verdict is filled in when the record is written."""
    look = Look(
        asked_at=asked_at,
        asked_for=policy.name_of(hour),
        platform_time=answer.platform_time,
        http_status=answer.http_status,
        error=answer.error,
        state=HourState.FAILED,
        reason=Reason.LOOK_FAILED,
        files=tuple(revision.sha256 for revision in fetched.revisions),
        files_named=fetched.files_named,
        retries=fetched.retries,
        run_id=run_id,
    )
    return look.model_copy(update={"settled": look.certainly_at >= policy.settled_at(hour)})


def _answer_of(answer: HistoryAnswer, revisions: tuple[RawRevision, ...]) -> Answer:
    if any(revision.lines for revision in revisions):
        return Answer.FILE
    if revisions:
        return Answer.FILE_WITHOUT_LINES
    if answer.hour_answer is HourAnswer.EXPIRED_OR_UNSTORED:
        return Answer.EXPIRED_OR_UNSTORED
    return Answer.NO_FILE


def _write_answer(
    hour: Hour,
    archive: AppArchive,
    look: Look,
    answer: Answer,
    revisions: tuple[RawRevision, ...],
) -> CaptureRecord:
    app, policy = archive.app, archive.app.policy
    answered_at = look.answered_at
    told_lost = answer is not Answer.FILE and _was_told_lost(hour, archive)

    def change(record: CaptureRecord | None) -> CaptureRecord:
        record = record or CaptureRecord.new(app.name, hour, policy, look.asked_at)
        known = record.known(hour, policy)
        known = replace(known, lost=known.lost or told_lost)
        verdict = judge(answer, hour, policy, answered_at=answered_at, known=known)
        alone = judge(answer, hour, policy, answered_at=answered_at)
        said = says_empty_in_window(answer, hour, policy, answered_at=answered_at, known=known)
        seen = look.model_copy(update={"state": alone.state, "reason": alone.reason, "said_empty": said})
        return record.with_look(seen, verdict, revisions, policy.deadline(hour)).with_next_look(
            hour, policy, look.asked_at
        )

    return archive.ledger.update_capture(hour, change)


def _was_told_lost(hour: Hour, archive: AppArchive) -> bool:
    """Tell whether the watch holds the hour for lost, although no run has closed it: a longer retention may be set now.

    It is one request, made where an hour might become `empty` that people were told is lost.
    """
    watch = archive.ledger.readable_watch()
    loss = watch.losses.get(hour.key) if watch is not None else None
    return loss is not None and loss.reason is not Reason.NOT_SETTLED


def _write_failure(
    hour: Hour,
    archive: AppArchive,
    look: Look,
    revisions: tuple[RawRevision, ...],
) -> CaptureRecord:
    app, policy = archive.app, archive.app.policy

    def change(record: CaptureRecord | None) -> CaptureRecord:
        record = record or CaptureRecord.new(app.name, hour, policy, look.asked_at)
        return record.with_failed_look(look, revisions, policy.deadline(hour)).with_next_look(
            hour, policy, look.asked_at
        )

    return archive.ledger.update_capture(hour, change)


def _damage_in_words(hour: Hour, damaged: list[RawRevision]) -> str:
    reasons = "; ".join(f"{revision.sha256[:12]}: {revision.damage}" for revision in damaged)
    return f"The platform gave a file for hour {hour} that cannot be read whole. Its bytes are kept ({reasons})."
