"""What one person or one conversation said, as a file, with the hours in that range that are missing and why.

An export that is silent about its gaps would be taken for everything; so it never is. For the same reason a message is
in the range when it was sent in it, wherever it is filed, and when it is filed in it, whenever it was sent: it may have
been imported with a time of its own, or be filed an hour off.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.query.form import FORMS_OF_FILES
from pipelines.query.output import write
from resources.hours.hour import Hour, hours_between
from resources.hours.state import reason_in_words

_BY_USER: Final = """(sender = $user
    -- A group may have the same id as a user.
    OR (recipient = $user AND chat_type IS DISTINCT FROM 'groupchat' AND chat_type IS DISTINCT FROM 'chatroom'))"""
_BY_CONVERSATION: Final = "conversation_id = $conversation"
_SENT_IN_RANGE: Final = "(timestamp >= $begin AND timestamp < $end)"
_FILED_IN_RANGE: Final = """(date + to_hours(hour) >= $begin::TIMESTAMP AND date + to_hours(hour) < $end::TIMESTAMP)"""
_MESSAGES: Final = f"""
SELECT * FROM messages
WHERE app = $app AND date BETWEEN $first_date AND $last_date AND ({_SENT_IN_RANGE} OR {_FILED_IN_RANGE}) AND {{who}}
ORDER BY timestamp, msg_id, hour"""
_SENT_OUTSIDE: Final = f"""
SELECT count(*) FROM messages
WHERE app = $app AND date BETWEEN $begin::DATE AND $end::DATE AND NOT {_SENT_IN_RANGE} AND {_FILED_IN_RANGE} AND {{who}}
"""
# What decides which objects are opened: the days of the range, and those that hold messages of a time in the range.
_DAYS: Final = """
SELECT least(min(date), $begin::DATE), greatest(max(date), $end::DATE) FROM coverage
WHERE app = $app AND first_message_at < $end AND last_message_at >= $begin"""
_KNOWN: Final = """
SELECT starts_at, state, reason, complete, quarantined FROM coverage
WHERE app = $app AND starts_at >= $begin AND starts_at < $end ORDER BY starts_at"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported.

    Attributes:
        app: The app's slug.
        first: The first hour.
        last: The last hour, included.
        user: Whose messages: those a user sent, and those sent to it alone.
        conversation: Or of which conversation.
    """

    app: str
    first: Hour
    last: Hour
    user: str | None = None
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class MissingHour:
    """An hour of the range of which the archive does not have, or does not hold in its table, everything.

    Attributes:
        hour: Its key.
        state: Its state; `unknown` when the coverage table does not have it.
        reason: Why, in a sentence.
    """

    hour: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """What was exported.

    Attributes:
        messages: How many.
        sent_outside: How many of them are filed in the range and carry a time outside of it.
        missing: The hours that are missing, in order.
        missing_file: Where they are listed.
    """

    messages: int
    sent_outside: int
    missing: tuple[MissingHour, ...]
    missing_file: Path


def export(connection: duckdb.DuckDBPyConnection, wanted: Wanted, output: Path) -> Export:
    """Write the messages to a file, and the missing hours beside it. Neither is left behind half-written.

    Args:
        connection: A DuckDB with the views.
        wanted: What.
        output: The file; its suffix is one of `FORMS_OF_FILES`.

    Raises:
        duckdb.Error: The archive cannot be read or the file cannot be written.
    """
    span = {"app": wanted.app, "begin": wanted.first.start, "end": wanted.last.end}
    parameters: dict[str, Any] = dict(span)
    conditions = []
    if wanted.user is not None:
        conditions.append(_BY_USER)
        parameters["user"] = wanted.user
    if wanted.conversation is not None:
        conditions.append(_BY_CONVERSATION)
        parameters["conversation"] = wanted.conversation
    who = " AND ".join(conditions)
    missing = tuple(_missing(wanted, connection.execute(_KNOWN, span).fetchall()))
    missing_file = output.with_name(f"{output.name}.missing.csv")
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        ((sent_outside,),) = connection.execute(_SENT_OUTSIDE.format(who=who), parameters).fetchall()
        ((first_date, last_date),) = connection.execute(_DAYS, span).fetchall()
        parameters |= {"first_date": first_date, "last_date": last_date}
        query = _MESSAGES.format(who=who)
        messages = write(connection, query, FORMS_OF_FILES[output.suffix], unfinished, parameters)
        _write_missing(missing, missing_file)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    return Export(messages, sent_outside, missing, missing_file)


def _missing(wanted: Wanted, known: list[tuple[datetime, str, str, bool, int | None]]) -> Iterator[MissingHour]:
    by_hour = {Hour.containing(row[0]): row for row in known}
    for hour in hours_between(wanted.first, wanted.last):
        if hour not in by_hour:
            sentence = "The coverage table does not have this hour: it lies outside the archive, or is too new."
            yield MissingHour(hour.key, "unknown", sentence)
            continue
        _, state, reason, complete, quarantined = by_hour[hour]
        if not complete:
            yield MissingHour(hour.key, state, reason_in_words(reason))
        elif quarantined:
            sentence = (
                f"Lines of this hour that could not be read as messages, and are in the quarantine: {quarantined:,}."
            )
            yield MissingHour(hour.key, state, sentence)


def _write_missing(missing: tuple[MissingHour, ...], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["hour", "state", "reason"])
        writer.writerows((each.hour, each.state, each.reason) for each in missing)
