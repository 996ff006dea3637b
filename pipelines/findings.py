"""What is wrong in an app's part of the ledger: pure functions from records and the time to findings.

Each kind of finding is a check in Dagster's UI, which stays red as long as its cause stays. Not here: reading the
ledger (`watch.py`), what a finding is and means (`finding.py`), telling them (`telling.py`), showing checks
(`asset_checks.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from statistics import median

from assets.conversion.unreadable import UnreadableReason
from assets.daily.closed_day import hours_that_matter, is_compacted, objects_of
from pipelines.finding import SENTENCES, THE_APP, Finding, FindingKind
from resources.archive.capture_record import CaptureRecord, is_safe, messages_are_current
from resources.archive.errors import RecordUnreadable
from resources.archive.ledger import NO_RECORDS, DaysRead, HourRecords, HoursRead
from resources.archive.messages_record import MessagesRecord
from resources.archive.verification_record import VerificationRecord
from resources.archive.watch_record import WatchRecord
from resources.hours.day import Day
from resources.hours.due import LAST_CHANCE
from resources.hours.hour import Hour
from resources.hours.state import HourState, Reason
from resources.hours.watched import CONVERSION_GRACE, LONGEST_LAG
from resources.settings import AppSettings

AT_RISK = timedelta(hours=12)
"""An hour that is not safe this long before its deadline is at risk."""

FAILURES_TO_TELL = 3
"""So many failures in a row are worth waking somebody."""

_COMPACTION_GRACE = timedelta(days=1)
_WEEKS_COMPARED = 4
_FEWEST_WEEKS = 2
_SMALLEST_MEDIAN = 20
_FAR = 5
_DAYS_JUDGED = 7
_ZONE_HOURS_JUDGED = 48
_FEWEST_MISFILED_HOURS = 3
_SHARE_TO_TELL = Fraction(1, 100)


def findings_of(
    app: AppSettings,
    hours: Sequence[Hour],
    records: HoursRead,
    watch: WatchRecord,
    *,
    older: Sequence[Hour] = (),
    dailies: DaysRead,
    verification: VerificationRecord | RecordUnreadable | None = None,
    now: datetime,
) -> list[Finding]:
    """Return what is wrong, at most one finding a kind, the most urgent first.

    Args:
        app: The app.
        hours: The recent hours, all that have ended; at least as many as the platform keeps.
        records: What the ledger holds of them.
        watch: The losses of all times and who acknowledged them, brought up to date.
        older: Hours before those for which something is still to be done.
        dailies: What the ledger holds of their days.
        verification: What verifying found of all times, or why that cannot be read.
        now: By this machine's clock.
    """
    open_losses = watch.unacknowledged
    unreadable = _unreadable_records(records, dailies)
    if isinstance(verification, RecordUnreadable):
        unreadable = {THE_APP: verification.uri} | unreadable
        verification = None
    concerned: dict[FindingKind, Sequence[str]] = {
        FindingKind.HOUR_ZONE: [day.hours[0].key for day in _days_of_a_wrong_zone(hours, records.readable)],
        FindingKind.HOURS_LOST: [key for key in open_losses if watch.losses[key].reason is not Reason.NOT_SETTLED],
        FindingKind.HOURS_UNSETTLED: [key for key in open_losses if watch.losses[key].reason is Reason.NOT_SETTLED],
        FindingKind.VOLUME: [hour.key for hour in _of_odd_volume(hours, records.readable)],
        FindingKind.HOURS_DAMAGED: sorted(verification.damaged if verification is not None else ()),
        FindingKind.DAYS_BEHIND: [day.hours[0].key for day in _days_behind(app, hours, records, dailies, now)],
        FindingKind.RECORDS_UNREADABLE: list(unreadable),
    }
    for kind, is_concerned in _TESTS.items():
        judged = [hour for hour in (*older, *hours) if kind not in _NEED_BOTH_RECORDS or hour not in records.unreadable]
        concerned[kind] = [hour.key for hour in judged if is_concerned(app, hour, records.known(hour), now)]
    details = {
        FindingKind.RECORDS_UNREADABLE: unreadable,
        FindingKind.LINES_QUARANTINED: _quarantined_in_words(concerned[FindingKind.LINES_QUARANTINED], records),
    }
    return [
        Finding(kind, tuple(concerned[kind]), SENTENCES[kind].replace("ORG/APP", app.name), details.get(kind, {}))
        for kind in FindingKind
        if concerned[kind]
    ]


def loss_of(app: AppSettings, hour: Hour, capture: CaptureRecord | None, now: datetime) -> Reason | None:
    """Return why an hour is lost, or may lack what came late; None when it is not, or is still asked for."""
    if now < app.policy.deadline(hour) and (capture is None or capture.state is not HourState.EXPIRED):
        return None
    if capture is None:
        return Reason.NEVER_ASKED
    counted = capture.as_it_counts(hour, app.policy, now)
    if counted.state is HourState.EXPIRED:
        return counted.reason
    if counted.state in {HourState.PENDING, HourState.FAILED} or is_safe(counted, hour, app.policy):
        return None
    return Reason.NOT_SETTLED


def _unreadable_records(records: HoursRead, dailies: DaysRead) -> dict[str, str]:
    """Return which records cannot be read, by the hour they are about; of a day's, by the day's last hour."""
    found: dict[str, list[str]] = defaultdict(list)
    for hour, unreadable in records.unreadable.items():
        found[hour.key] += [error.uri for error in unreadable.errors]
    for day, error in dailies.unreadable.items():
        found[day.hours[-1].key].append(error.uri)
    return {hour: " and ".join(found[hour]) for hour in sorted(found)}


def _is_at_risk(app: AppSettings, hour: Hour, known: HourRecords, now: datetime) -> bool:
    deadline = app.policy.deadline(hour)
    if now >= deadline:
        # It may be lost, and is not known to be: until its last look was answered, or a day has passed.
        is_open = known.capture is not None and known.capture.state in {HourState.PENDING, HourState.FAILED}
        return is_open and loss_of(app, hour, known.capture, now) is None
    tell_from = deadline - AT_RISK
    if known.capture is not None and known.capture.state in {HourState.ARCHIVED, HourState.EMPTY}:
        # Where hours are settled late, their settled looks are no danger before they are overdue.
        overdue_from = app.policy.settled_at(hour) + LONGEST_LAG
        tell_from = min(max(tell_from, overdue_from), deadline - LAST_CHANCE)
    return tell_from <= now and not is_safe(known.capture, hour, app.policy)


def _is_failing(app: AppSettings, hour: Hour, known: HourRecords, now: datetime) -> bool:
    del app, hour, now
    looks = known.capture.looks[-FAILURES_TO_TELL:] if known.capture else ()
    looks_fail = len(looks) == FAILURES_TO_TELL and all(look.problem is not None for look in looks)
    open_hour = known.capture is not None and known.capture.state is not HourState.EXPIRED
    conversion_fails = known.messages is not None and known.messages.failures_in_a_row >= FAILURES_TO_TELL
    return (looks_fail and open_hour) or conversion_fails


def _is_lagging(app: AppSettings, hour: Hour, known: HourRecords, now: datetime) -> bool:
    return known.capture is None and app.policy.first_look_at(hour) + LONGEST_LAG <= now < app.policy.deadline(hour)


def _is_not_conserved(app: AppSettings, hour: Hour, known: HourRecords, now: datetime) -> bool:
    del app, hour
    capture, messages = known.capture, known.messages
    if capture is None:
        return False
    if not messages_are_current(capture, messages):
        newest = max((revision.captured_at for revision in capture.intact_revisions), default=now)
        return now - newest > CONVERSION_GRACE
    return messages is not None and not messages.counts.add_up


def _has_lines_quarantined(app: AppSettings, hour: Hour, known: HourRecords, now: datetime) -> bool:
    """Tell whether more lines than one in a hundred could not be read; those that are too long have their own check."""
    del app, hour, now
    messages = known.messages
    return messages is not None and _unread(messages) > _with_content(messages) * _SHARE_TO_TELL


def _has_lines_too_long(app: AppSettings, hour: Hour, known: HourRecords, now: datetime) -> bool:
    del app, hour, now
    return known.messages is not None and UnreadableReason.TOO_LONG in known.messages.quarantined_as


def _has_shrunk(app: AppSettings, hour: Hour, known: HourRecords, now: datetime) -> bool:
    """Tell whether a look gave fewer lines than the one before it, in shorter files, in fewer, or in none.

    A file that could not be fetched, and is not named any more, counts likewise.
    """
    del now
    if known.capture is None:
        return False
    if known.capture.lacks_a_file and known.capture.looks[-1].problem is None:
        return True
    lines_in = {revision.sha256: revision.lines or 0 for revision in known.capture.raw_revisions}
    looks = known.capture.looks_at(hour, app.policy)
    answered = [look for look in looks if look.problem is None and (look.files or look.said_empty)]
    lines = [sum(lines_in.get(file, 0) for file in set(look.files)) for look in answered]
    return any(later < earlier for earlier, later in pairwise(lines))


_TESTS = {
    FindingKind.HOURS_AT_RISK: _is_at_risk,
    FindingKind.HOURS_FAILING: _is_failing,
    FindingKind.ARCHIVE_LAG: _is_lagging,
    FindingKind.CONSERVATION: _is_not_conserved,
    FindingKind.LINES_QUARANTINED: _has_lines_quarantined,
    FindingKind.LINES_TOO_LONG: _has_lines_too_long,
    FindingKind.FILES_SHRANK: _has_shrunk,
}
_NEED_BOTH_RECORDS = frozenset({FindingKind.ARCHIVE_LAG, FindingKind.CONSERVATION})
"""Of an hour with a record that cannot be read they would say what is not known, and what does not help."""


def _unread(messages: MessagesRecord) -> int:
    return messages.counts.quarantined - messages.quarantined_as.get(UnreadableReason.TOO_LONG, 0)


def _with_content(messages: MessagesRecord) -> int:
    return messages.counts.lines - messages.counts.blank


def _quarantined_in_words(keys: Sequence[str], records: HoursRead) -> dict[str, str]:
    """Return how many of an hour's lines could not be read, and as what most of them are quarantined."""
    words = {}
    for key in keys:
        messages = records.known(Hour.from_key(key)).messages
        if messages is None:
            continue
        reasons = {as_: lines for as_, lines in messages.quarantined_as.items() if as_ != UnreadableReason.TOO_LONG}
        most = f", most as {max(reasons, key=reasons.__getitem__)}" if reasons else ""
        words[key] = f"{_unread(messages):,} of {_with_content(messages):,} lines{most}"
    return words


def _of_odd_volume(hours: Sequence[Hour], records: Mapping[Hour, HourRecords]) -> Iterator[Hour]:
    rows = {hour: _rows(records.get(hour, NO_RECORDS)) for hour in hours}
    for hour in hours[-24 * _DAYS_JUDGED :]:
        found = rows[hour]
        past = [rows.get(hour.plus(-24 * 7 * week)) for week in range(1, _WEEKS_COMPARED + 1)]
        comparable = [count for count in past if count is not None]
        if found is None or len(comparable) < _FEWEST_WEEKS:
            continue
        usual = median(comparable)
        if usual >= _SMALLEST_MEDIAN and not usual / _FAR <= found <= usual * _FAR:
            yield hour


def _days_of_a_wrong_zone(hours: Sequence[Hour], records: Mapping[Hour, HourRecords]) -> list[Day]:
    """Return days, not hours, so that a person is told once a day; none unless most of the latest hours are misfiled.

    Only the latest are judged: what was filed under a wrong hour stays there after the settings are mended.
    """
    counts = {hour: known.counts for hour in hours[-_ZONE_HOURS_JUDGED:] if (known := _messages_of(hour, records))}
    spoken = [hour for hour, count in counts.items() if count.messages]
    misfiled = [hour for hour in spoken if counts[hour].outside_hour * 2 > counts[hour].messages]
    if len(misfiled) < _FEWEST_MISFILED_HOURS or len(misfiled) * 2 <= len(spoken):
        return []
    return sorted({Day.of(hour) for hour in misfiled})


def _messages_of(hour: Hour, records: Mapping[Hour, HourRecords]) -> MessagesRecord | None:
    return records.get(hour, NO_RECORDS).messages


def _days_behind(
    app: AppSettings,
    hours: Sequence[Hour],
    records: HoursRead,
    dailies: DaysRead,
    now: datetime,
) -> Iterator[Day]:
    # Not the first day: the hour before it may lie outside what was read.
    for day in sorted({Day.of(hour) for hour in hours})[1:]:
        if day in dailies.unreadable or not records.unreadable.keys().isdisjoint(hours_that_matter(day)):
            continue  # it waits for its records, and that is told
        objects = objects_of(day, records.readable)
        closed_for_long = app.policy.deadline(day.hours[-1]) + _COMPACTION_GRACE <= now
        if objects and closed_for_long and not is_compacted(dailies.readable.get(day), objects):
            yield day


def _rows(known: HourRecords) -> int | None:
    """How many messages an hour has; None when that is not known."""
    if known.messages is not None and known.messages.messages is not None:
        return known.messages.counts.messages
    is_empty = known.capture is not None and known.capture.state is HourState.EMPTY
    return 0 if is_empty else None
