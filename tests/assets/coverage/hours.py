"""Statuses of hours for tests, one of each kind unless a test says otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from assets.coverage.hour_status import HourStatus
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason

REASONS = {
    HourState.ARCHIVED: Reason.FILE_KEPT,
    HourState.EMPTY: Reason.NO_FILE,
    HourState.PENDING: Reason.NOT_GENERATED_YET,
    HourState.FAILED: Reason.LOOK_FAILED,
    HourState.EXPIRED: Reason.NEVER_ASKED,
}


def status(key: str, state: HourState = HourState.ARCHIVED, **fields: Any) -> HourStatus:
    """Return what is known of an hour."""
    has_rows = state is HourState.ARCHIVED
    start = Hour.from_key(key).start
    known: dict[str, Any] = {
        "app": "acme/support",
        "hour": key,
        "state": state,
        "reason": REASONS[state],
        "doubt": None,
        "confirmed": False,
        "rows": 10 if has_rows else 0 if state is HourState.EMPTY else None,
        "duplicates": 1 if has_rows else None,
        "quarantined": 0 if has_rows else None,
        "messages_current": True,
        "bytes": 1000 if has_rows else 0,
        "first_message_at": start if has_rows else None,
        "last_message_at": start + timedelta(minutes=5) if has_rows else None,
        "looks": 2,
        "captured_at": start + timedelta(hours=3) if has_rows else None,
        "deadline": start + timedelta(hours=73),
        "problem": None,
        "acknowledged": None,
    }
    return HourStatus(**(known | fields))
