"""Why an hour that is archived or empty may not be counted on all the same: a pure function of its records.

The state says what the platform was heard to say; this says what speaks against relying on it. Not here: how it shows
(`table.py`, `page.py`), and who is told (`pipelines/findings.py`).
"""

from __future__ import annotations

from datetime import datetime

from resources.archive.capture_record import CaptureRecord, is_safe, messages_are_current
from resources.archive.messages_record import MessagesRecord
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason


def doubt_about(
    hour: Hour, policy: HourPolicy, capture: CaptureRecord, messages: MessagesRecord | None, now: datetime
) -> Reason | None:
    """Return the gravest doubt about an archived or empty hour; None for hours without any, and in other states."""
    if capture.state not in {HourState.ARCHIVED, HourState.EMPTY}:
        return None
    if not messages_are_current(capture, messages):
        return Reason.MESSAGES_NOT_BUILT
    if _newest_file_is_damaged(capture):
        return Reason.DAMAGED_FILE
    if capture.lacks_a_file:
        return Reason.PART_KEPT
    if now >= policy.deadline(hour) and not is_safe(capture, hour, policy):
        return Reason.NOT_SETTLED
    return None


def _newest_file_is_damaged(capture: CaptureRecord) -> bool:
    """Tell whether of the files the platform gave last one cannot be read whole: it may say more than those before."""
    damaged = {revision.sha256: revision for revision in capture.raw_revisions if revision.damage is not None}
    last = next((look for look in reversed(capture.looks) if look.files), None)
    if last is None:
        return bool(damaged)
    adopted_since = any(each.adopted and each.captured_at > last.asked_at for each in damaged.values())
    return adopted_since or not damaged.keys().isdisjoint(last.files)
