"""What the archive knows of every hour, one entry an app and hour: for people, for programs, for the coverage grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pipelines.planner import NO_RECORDS
from resources.archive.ledger import HourRecords
from resources.archive.records import messages_are_current
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
        state: One of the five states. An hour nobody has asked for yet is pending, or, past its deadline, expired.
        reason: Why.
        confirmed: Only for empty hours: a settled look has said so again.
        rows: Messages in the table; 0 for an empty hour, None when the table does not hold the hour.
        messages_current: The table holds every raw revision there is.
        bytes: Of all raw revisions, compressed.
        looks: How often the platform was asked.
        deadline: When the platform deletes the hour, ISO 8601.
        problem: What went wrong last, and what to do; None when nothing did.
        acknowledged: Only for lost hours: what the person wrote who has acknowledged it.
    """

    app: str
    hour: str
    state: HourState
    reason: Reason
    confirmed: bool
    rows: int | None
    messages_current: bool
    bytes: int
    looks: int
    deadline: str
    problem: str | None
    acknowledged: str | None

    def as_json(self) -> dict[str, object]:
        """Return the entry as `chat-archive status --json` prints it."""
        return asdict(self)


def status_of_app(
    app: AppSettings,
    hours: Sequence[Hour],
    records: Mapping[Hour, HourRecords],
    watch: WatchRecord | None,
    now: datetime,
) -> list[HourStatus]:
    """Return the status of those hours of one app, in their order."""
    losses = watch.losses if watch is not None else {}
    return [_status(app, hour, records.get(hour, NO_RECORDS), losses.get(hour.key), now) for hour in hours]


def _status(app: AppSettings, hour: Hour, known: HourRecords, loss: Loss | None, now: datetime) -> HourStatus:
    capture, messages = known.capture, known.messages
    deadline = app.policy.deadline(hour)
    acknowledged = loss.acknowledged_because if loss is not None else None
    if capture is None:
        lost = now >= deadline
        return HourStatus(
            app=app.name,
            hour=hour.key,
            state=HourState.EXPIRED if lost else HourState.PENDING,
            reason=Reason.NEVER_ASKED if lost else Reason.NOT_ASKED_YET,
            confirmed=False,
            rows=None,
            messages_current=True,
            bytes=0,
            looks=0,
            deadline=deadline.isoformat(),
            problem=None,
            acknowledged=acknowledged,
        )
    rows = messages.counts.messages if messages is not None and messages.messages is not None else None
    last_problem = capture.looks[-1].problem if capture.looks else None
    return HourStatus(
        app=app.name,
        hour=hour.key,
        state=capture.state,
        reason=capture.reason,
        confirmed=capture.confirmed,
        rows=0 if rows is None and capture.state is HourState.EMPTY else rows,
        messages_current=messages_are_current(capture, messages),
        bytes=sum(revision.bytes for revision in capture.raw_revisions),
        looks=capture.looks_total,
        deadline=capture.deadline.isoformat(),
        problem=last_problem or (messages.problem if messages is not None else None),
        acknowledged=acknowledged if capture.state is HourState.EXPIRED else None,
    )
