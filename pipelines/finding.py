"""A finding: something that is wrong with an app's hours, its kind, and what that means to people and asks of them.

When an hour is concerned is decided in `findings.py`, who is told in `telling.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import Final


class FindingKind(StrEnum):
    """What can be wrong, the most urgent first: in this order it is told. Each is the name of a check."""

    HOURS_AT_RISK = "hours_at_risk"
    HOUR_ZONE = "hour_zone"
    HOURS_FAILING = "hours_failing"
    HOURS_LOST = "hours_lost"
    HOURS_UNSETTLED = "hours_unsettled"
    HOURS_DAMAGED = "hours_damaged"
    RECORDS_UNREADABLE = "records_unreadable"
    CONSERVATION = "conservation"
    LINES_QUARANTINED = "lines_quarantined"
    LINES_TOO_LONG = "lines_too_long"
    FILES_SHRANK = "files_shrank"
    DAYS_BEHIND = "days_behind"
    ARCHIVE_LAG = "archive_lag"
    VOLUME = "volume"


WARNINGS = frozenset({FindingKind.ARCHIVE_LAG, FindingKind.VOLUME})
"""Shown, but nobody is woken for them: either they pass, or another kind follows."""


_HOURS_NAMED = 12
_LONGEST_LIST = 900
"""So many characters of hours at the most: with its sentence, a letter is not longer than any service takes."""

THE_APP: Final = "the app itself"
"""Stands among a finding's hours where a record that is about no hour of its own cannot be read."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        kind: What.
        hours: The keys of the hours concerned, in order; before them `THE_APP`, if it is.
        sentence: What it means and what to do now.
        details: What more is to be told of an hour than its key, by the key.
    """

    kind: FindingKind
    hours: tuple[str, ...]
    sentence: str
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def hours_counted(self) -> str:
        """How many hours are concerned."""
        count = len(self.hours) - (THE_APP in self.hours)
        hours = [f"{count:,} {'hour' if count == 1 else 'hours'}"] if count else []
        return " and ".join([THE_APP, *hours] if THE_APP in self.hours else hours)

    @property
    def hours_in_words(self) -> str:
        """The hours, shortened when there are many, or much is told of each."""
        named = [f"{hour} ({self.details[hour]})" if hour in self.details else hour for hour in self.hours]
        lengths = accumulate(len(each) + 2 for each in named)
        shown = max(1, sum(1 for length in lengths if length <= _LONGEST_LIST))
        shown = min(shown, _HOURS_NAMED)
        rest = len(named) - shown
        return ", ".join(named[:shown]) + (f" and {rest:,} more" if rest else "")


SENTENCES: Final = {
    FindingKind.HOUR_ZONE: (
        "On the days that begin with these hours, most messages carry a time that lies in another hour than the one "
        "they are filed under: hour_zone of this app is most likely wrong, and hours are asked for too early or too "
        "late. It is +08:00 on Easemob's clusters in China, and +00:00 overseas. Set it in the settings file and "
        "restart: the hours that the platform still has are then asked for again by themselves. If messages with older "
        "times were imported, do nothing. This passes once most of the latest 48 hours are filed right."
    ),
    FindingKind.HOURS_LOST: (
        "The platform has deleted these hours and the archive has nothing of them, or not all. Find out why nobody "
        "asked in time, then acknowledge the loss: chat-archive acknowledge --app ORG/APP --hours A..B --reason ..."
    ),
    FindingKind.HOURS_UNSETTLED: (
        "The platform has deleted these hours, and no look at them brought a file, or the word that nobody spoke, once "
        "they were settled: what was archived early is kept, but late messages may be missing. Find out why, then "
        "acknowledge it: chat-archive acknowledge."
    ),
    FindingKind.HOURS_AT_RISK: (
        "The platform deletes these hours in less than 12 hours, or has just done so, and they are not safe. See why "
        "with chat-archive status, then run chat-archive catch-up."
    ),
    FindingKind.HOURS_FAILING: (
        "These hours failed three times or more in a row. The sentence beside each in chat-archive status says what to "
        "do."
    ),
    FindingKind.ARCHIVE_LAG: (
        "These hours should have been asked for more than 3 hours ago. Check that the schedule is on and the daemon "
        "runs."
    ),
    FindingKind.CONSERVATION: (
        "The messages of these hours do not hold all lines of their raw files. Run the messages asset of these hours; "
        "the raw files are safe."
    ),
    FindingKind.LINES_QUARANTINED: (
        "More than one line in a hundred of these hours could not be read as a message and is in no table. The files "
        "are safe, and the quarantine has each line with its reason. If most lines have the same, the platform has "
        "probably changed its files: ask its support, update this program to a version that reads them, and run the "
        "messages asset of these hours."
    ),
    FindingKind.LINES_TOO_LONG: (
        "Lines of these hours are longer than limits.max_line_bytes of this app, so their messages are in no table. "
        "The files are safe: raise that limit in the settings file, restart, and run the messages asset of these hours."
    ),
    FindingKind.FILES_SHRANK: (
        "The platform gave less than before: a smaller file, or none. The archive keeps both, and messages are their "
        "union; ask the platform's support why."
    ),
    FindingKind.VOLUME: (
        "These hours hold five times more or fewer messages than the same hour of past weeks. If nothing has happened "
        "in the app that explains it, ask the platform's support."
    ),
    FindingKind.DAYS_BEHIND: (
        "The days that begin with these hours were closed more than a day ago and are not one object yet. See in "
        "Dagster why messages_daily failed for them; meanwhile their hours are read, so nothing is missing."
    ),
    FindingKind.HOURS_DAMAGED: (
        "What is stored of these hours is not what was stored, or not what the ledger says. chat-archive verify "
        "--read-data --hours HOUR names each object and what to do. This stays until the asset verification has found "
        "the hours whole."
    ),
    FindingKind.RECORDS_UNREADABLE: (
        "These records in the ledger cannot be read. They are left as they are, and what depends on them waits: an "
        "hour without its capture.json is asked for only in the last half hour before the platform deletes it, and its "
        "file kept unrecorded, so mend it before that. If a newer version of this program wrote them, update this one. "
        "If not, restore them from bucket versions or a backup. Without one, delete them, then: of a capture.json run "
        "chat-archive adopt --app ORG/APP --hours HOUR, of a messages.json the messages asset of the hour, of a "
        "daily.json messages_daily of the day, of a verification.json the asset verification: until then no damage "
        "that it finds is told."
    ),
}
"""What each kind means, and what to do now."""
