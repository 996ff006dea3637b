"""Lines that are in no table of messages are told to people, whatever the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assets.publish_messages import publish_messages
from pipelines.finding import Finding, FindingKind
from pipelines.telling import watch_and_tell
from pipelines.watch import look_through
from resources.archive.ledger import HourRecords
from resources.archive.messages_record import MessageCounts
from resources.limits import DEFAULT_LIMITS
from tests.conftest import MakeWorld
from tests.pipelines.inbox import Inbox
from tests.pipelines.query.archives import DAY, archive_lines, message
from tests.pipelines.test_findings import ARCHIVED, END, capture, kinds_at, messages


def quarantined(lines: int, *, blank: int = 0, **reasons: int) -> HourRecords:
    """An hour of so many lines, of which some are quarantined, each for a reason."""
    counts = MessageCounts(
        lines=lines, messages=lines - blank - sum(reasons.values()), quarantined=sum(reasons.values()), blank=blank
    )
    return HourRecords(capture(ARCHIVED, 3, lines=(lines,)), messages(0, counts=counts, quarantined_as=reasons))


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (quarantined(500, no_msg_id=500), {FindingKind.LINES_QUARANTINED}),
        (quarantined(500, not_json=3, bad_utf8=3), {FindingKind.LINES_QUARANTINED}),
        (quarantined(500, not_json=5), set()),
        (quarantined(500, not_json=6), {FindingKind.LINES_QUARANTINED}),
        (quarantined(1000, blank=900, not_json=2), {FindingKind.LINES_QUARANTINED}),  # of the hundred that say anything
        (quarantined(1, not_an_object=1), {FindingKind.LINES_QUARANTINED}),
        (quarantined(500, too_long=500), {FindingKind.LINES_TOO_LONG}),
        (quarantined(500, too_long=5, not_json=5), {FindingKind.LINES_TOO_LONG}),
        (quarantined(500, too_long=5, not_json=6), {FindingKind.LINES_TOO_LONG, FindingKind.LINES_QUARANTINED}),
        (quarantined(0), set()),
    ],
)
def test_an_hour_is_told_when_more_than_one_line_in_a_hundred_is_quarantined(
    records: HourRecords, expected: set[FindingKind]
) -> None:
    assert kinds_at(END + timedelta(hours=5), records) == expected


def test_that_the_platform_has_changed_its_files_is_told_once_with_how_many_lines_and_why(
    make_world: MakeWorld,
) -> None:
    hour, other = DAY.hours[7], DAY.hours[8]
    world = make_world(first_hour=hour.key)
    archive_lines(world, hour, *[b'{"id": "%d", "timestamp": 1}' % number for number in range(150)], b"no message")
    archive_lines(
        world, other, *[message(number, other, "ann", "bob", "hello") for number in range(150)], b"no message"
    )
    inbox = Inbox()
    for _ in range(2):
        watch_and_tell(world.runtime, [world.app], world.clock.now(), [inbox])
    (letter,) = [text for title, text in inbox.letters if title.endswith("1 hour, lines_quarantined")]
    assert letter.startswith(f"{hour} (151 of 151 lines, most as no_msg_id) (UTC). ")


def test_lines_that_pass_the_limit_are_told_until_it_is_raised_and_the_hour_is_run(
    make_world: MakeWorld,
) -> None:
    hour = DAY.hours[7]
    long = message(1, hour, "ann", "bob", "x" * 1000)
    world = make_world(first_hour="2026111900", limits={"max_line_bytes": 500})
    archive_lines(world, hour, long, message(2, hour, "ann", "bob", "short"), b"no message")

    def found() -> dict[FindingKind, Finding]:
        return {each.kind: each for each in look_through(world.runtime, world.app, world.clock.now())}

    told = found()[FindingKind.LINES_TOO_LONG]
    assert told.hours == (hour.key,)
    assert "limits.max_line_bytes" in told.sentence
    raised = replace(world.archive, app=world.app.model_copy(update={"limits": DEFAULT_LIMITS}))
    publish_messages(hour, raised, world.clock)
    assert FindingKind.LINES_TOO_LONG not in found()
