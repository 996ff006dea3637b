"""What the archive knows of every hour, one entry an app and hour: for the coverage table, its picture, and programs.

Pure functions of the ledger and the time. How it is shown is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from assets.coverage.doubt import doubt_about
from resources.archive.capture_record import CaptureRecord, messages_are_current
from resources.archive.ledger import HoursRead, UnreadableHour
from resources.archive.messages_record import MessagesRecord
from resources.archive.watch_record import Loss, WatchRecord
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from resources.settings import AppSettings


@dataclass(frozen=True, slots=True)
class HourStatus:
    """One hour of one app.

    Attributes:
        app: The app, `org/app`.
        hour: The hour's key, UTC.
        state: One of the five states. An hour nobody has asked for yet is pending, or, past its deadline, expired. One
            that was asked for and is still open a day past its deadline is expired too.
        reason: Why.
        doubt: Why an archived or empty hour may not be counted on all the same; None when it may, and for other hours.
        confirmed: Only for empty hours: a settled look has said so again.
        rows: Messages in the table; 0 for an empty hour, None when the table does not hold the hour.
        duplicates: Lines that said the same again; None when the table does not hold the hour.
        quarantined: Lines that could not be read as messages; likewise.
        messages_current: The table holds every raw revision there is.
        bytes: Of all raw revisions, compressed.
        first_message_at: The earliest timestamp of the hour's messages, None when there is none.
        last_message_at: The latest.
        looks: How often the platform was asked.
        captured_at: When the last raw revision was kept, None when there is none.
        deadline: When the platform deletes the hour.
        problem: What went wrong last, and what to do; None when nothing did.
        acknowledged: For hours lost or not settled: what the person wrote who has acknowledged it.
    """

    app: str
    hour: str
    state: HourState
    reason: Reason
    doubt: Reason | None
    confirmed: bool
    rows: int | None
    duplicates: int | None
    quarantined: int | None
    messages_current: bool
    bytes: int
    first_message_at: datetime | None
    last_message_at: datetime | None
    looks: int
    captured_at: datetime | None
    deadline: datetime
    problem: str | None
    acknowledged: str | None

    @property
    def complete(self) -> bool:
        """Whether everything the platform gave of the hour can be queried, or nobody spoke."""
        return self.state in {HourState.ARCHIVED, HourState.EMPTY} and self.doubt is None

    def as_json(self) -> dict[str, object]:
        """Return the entry as `chat-archive status --json` prints it."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entry that `as_json` made."""
        moments = ("first_message_at", "last_message_at", "captured_at", "deadline")
        read = {name: datetime.fromisoformat(entry[name]) if entry[name] else None for name in moments}
        doubt = Reason(entry["doubt"]) if entry["doubt"] else None
        words = {"state": HourState(entry["state"]), "reason": Reason(entry["reason"]), "doubt": doubt}
        return cls(**{**entry, **read, **words})


def status_of_app(
    app: AppSettings,
    hours: Sequence[Hour],
    records: HoursRead,
    watch: WatchRecord | None,
    now: datetime,
) -> list[HourStatus]:
    """Return the status of those hours of one app, in their order."""
    losses = watch.losses if watch is not None else {}
    return [_status(app, hour, records, losses.get(hour.key), now) for hour in hours]


def _status(app: AppSettings, hour: Hour, records: HoursRead, loss: Loss | None, now: datetime) -> HourStatus:
    known, unreadable = records.known(hour), records.unreadable.get(hour)
    if known.capture is None:
        return _status_without_a_record(app, hour, unreadable, loss, now)
    capture = known.capture.as_it_counts(hour, app.policy, now)
    return _status_by_records(
        app, hour, capture=capture, messages=known.messages, unreadable=unreadable, loss=loss, now=now
    )


def _status_without_a_record(
    app: AppSettings, hour: Hour, unreadable: UnreadableHour | None, loss: Loss | None, now: datetime
) -> HourStatus:
    """Return what is known of an hour that has no capture record, or none that can be read."""
    deadline = app.policy.deadline(hour)
    if unreadable is not None:
        state, reason = HourState.FAILED, Reason.UNREADABLE_RECORD
    elif now >= deadline:
        state, reason = HourState.EXPIRED, Reason.NEVER_ASKED
    else:
        state, reason = HourState.PENDING, Reason.NOT_ASKED_YET
    return HourStatus(
        app=app.name,
        hour=hour.key,
        state=state,
        reason=reason,
        doubt=None,
        confirmed=False,
        rows=None,
        duplicates=None,
        quarantined=None,
        messages_current=unreadable is None,
        bytes=0,
        first_message_at=None,
        last_message_at=None,
        looks=0,
        captured_at=None,
        deadline=deadline,
        problem=_in_words(unreadable),
        acknowledged=loss.acknowledged_because if loss is not None and state is HourState.EXPIRED else None,
    )


def _status_by_records(
    app: AppSettings,
    hour: Hour,
    *,
    capture: CaptureRecord,
    messages: MessagesRecord | None,
    unreadable: UnreadableHour | None,
    loss: Loss | None,
    now: datetime,
) -> HourStatus:
    published = messages if messages is not None and messages.messages is not None else None
    last_problem = capture.looks[-1].problem if capture.looks else None
    doubt = doubt_about(hour, app.policy, capture, messages, now)
    if unreadable is not None and capture.state in {HourState.ARCHIVED, HourState.EMPTY}:
        doubt = Reason.UNREADABLE_RECORD
    is_missed = capture.state is HourState.EXPIRED or doubt is Reason.NOT_SETTLED
    return HourStatus(
        app=app.name,
        hour=hour.key,
        state=capture.state,
        reason=capture.reason,
        doubt=doubt,
        confirmed=capture.is_confirmed(hour, app.policy),
        rows=published.counts.messages if published else (0 if capture.state is HourState.EMPTY else None),
        duplicates=published.counts.duplicates if published else None,
        quarantined=published.counts.quarantined if published else None,
        messages_current=unreadable is None and messages_are_current(capture, messages),
        bytes=sum(revision.bytes for revision in capture.raw_revisions),
        first_message_at=published.first_message_at if published else None,
        last_message_at=published.last_message_at if published else None,
        looks=capture.looks_total,
        captured_at=max((revision.captured_at for revision in capture.raw_revisions), default=None),
        deadline=app.policy.deadline(hour),
        problem=_in_words(unreadable) or last_problem or (messages.problem if messages is not None else None),
        acknowledged=loss.acknowledged_because if loss is not None and is_missed else None,
    )


def _in_words(unreadable: UnreadableHour | None) -> str | None:
    return " ".join(map(str, unreadable.errors)) if unreadable is not None else None
