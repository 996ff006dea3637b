"""What one person or one conversation said, as a file, with the hours in that range that are missing and why.

An export that is silent about its gaps would be taken for everything; so it never is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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
# A message may be filed an hour off, and so in a neighbouring day.
_MESSAGES: Final = """
SELECT * FROM messages
WHERE app = $app AND date BETWEEN $first_date AND $last_date AND timestamp >= $begin AND timestamp < $end AND {who}
ORDER BY timestamp, msg_id, hour"""
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
        missing: The hours that are missing, in order.
        missing_file: Where they are listed.
    """

    messages: int
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
    parameters: dict[str, Any] = span | {
        "first_date": (wanted.first.start - timedelta(days=1)).date(),
        "last_date": (wanted.last.end + timedelta(days=1)).date(),
    }
    who = []
    if wanted.user is not None:
        who.append(_BY_USER)
        parameters["user"] = wanted.user
    if wanted.conversation is not None:
        who.append(_BY_CONVERSATION)
        parameters["conversation"] = wanted.conversation
    missing = tuple(_missing(wanted, connection.execute(_KNOWN, span).fetchall()))
    missing_file = output.with_name(f"{output.name}.missing.csv")
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        query = _MESSAGES.format(who=" AND ".join(who))
        messages = write(connection, query, FORMS_OF_FILES[output.suffix], unfinished, parameters)
        _write_missing(missing, missing_file)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    return Export(messages, missing, missing_file)


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
