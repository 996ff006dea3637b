"""An archived or empty hour counts as complete only while nothing speaks against it."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta

import pytest

from assets.coverage.doubt import doubt_about
from assets.coverage.publish_coverage import publish_coverage
from assets.publish_messages import publish_messages
from pipelines.finding import FindingKind
from pipelines.watch import look_through
from resources.archive.capture_record import CaptureRecord
from resources.archive.evidence import Look, RawRevision
from resources.archive.messages_record import MessagesRecord
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.hours.state import HourState, Reason
from resources.simulated_platform import ScriptedAnswer
from tests.assets.coverage.test_publish_coverage import rows
from tests.assets.looking import SILENT, hour_that_grows, look, turn_to_age
from tests.conftest import MakeWorld
from tests.world import World

HOUR = Hour.from_key("2026112012")
POLICY = HourPolicy()
WHOLE, CUT = "a" * 64, "b" * 64
CUT_GZIP = ScriptedAnswer(200, gzip.compress(b'{"msg_id":"1"}\n' * 100)[:-5])


def at(age: float) -> datetime:
    return HOUR.end + timedelta(hours=age)


def capture(*looks: tuple[float, str | None], adopted: float | None = None, **more: object) -> CaptureRecord:
    """Return a record with looks at these ages, each with the file it gave, or None for an answer that failed.

    `adopted` is the age at which a cut file was stored that was adopted later.
    """
    made = [
        Look(
            asked_at=at(age),
            state=HourState.ARCHIVED if file == WHOLE else HourState.FAILED,
            reason=Reason.FILE_KEPT if file == WHOLE else Reason.DAMAGED_FILE if file else Reason.LOOK_FAILED,
            files=(file,) if file else (),
            problem=None if file == WHOLE else "It failed.",
        )
        for age, file in looks
    ]
    revisions = [RawRevision(sha256=WHOLE, bytes=1, lines=1, captured_at=at(3))]
    if any(file == CUT for _, file in looks) or adopted is not None:
        revisions.append(
            RawRevision(
                sha256=CUT,
                bytes=1,
                lines=None,
                captured_at=at(adopted or 3),
                damage="It is cut.",
                adopted=adopted is not None,
            )
        )
    new = CaptureRecord.new("acme/support", HOUR, POLICY, at(3))
    archived = {"state": HourState.ARCHIVED, "reason": Reason.FILE_KEPT, "raw_revisions": tuple(revisions)}
    return new.model_copy(update=archived | {"looks": tuple(made)} | more)


BUILT = MessagesRecord(app="acme/support", hour=HOUR.key, raw_revisions=(WHOLE,), updated_at=at(3))


@pytest.mark.parametrize(
    ("record", "messages", "age", "doubt"),
    [
        (capture((3, WHOLE)), BUILT, 71, None),
        (capture((3, WHOLE)), BUILT, 72, Reason.NOT_SETTLED),
        (capture((3, WHOLE)), None, 72, Reason.MESSAGES_NOT_BUILT),
        (capture((3, WHOLE), (25, WHOLE)), BUILT, 100, None),
        (capture((3, WHOLE), (25, CUT)), BUILT, 26, Reason.DAMAGED_FILE),
        (capture((3, WHOLE), (25, CUT), (40, None)), BUILT, 100, Reason.DAMAGED_FILE),
        (capture((3, CUT), (25, WHOLE)), BUILT, 100, None),
        (capture((3, WHOLE), (25, WHOLE), (40, CUT)), BUILT, 100, Reason.DAMAGED_FILE),
        (capture((3, WHOLE), (25, CUT), (40, WHOLE)), BUILT, 100, None),
        (capture((3, WHOLE), (25, WHOLE), (40, None)), BUILT, 100, None),
        (capture((3, WHOLE), (25, WHOLE), adopted=40), BUILT, 100, Reason.DAMAGED_FILE),
        (capture((3, WHOLE), (25, WHOLE), adopted=20), BUILT, 100, None),
        (capture(adopted=40), BUILT, 50, Reason.DAMAGED_FILE),
        (capture((3, None), state=HourState.FAILED, raw_revisions=()), None, 100, None),
    ],
)
def test_an_hour_is_doubted_for_the_newest_of_its_files_and_when_no_settled_look_was_answered_in_time(
    record: CaptureRecord, messages: MessagesRecord | None, age: float, doubt: Reason | None
) -> None:
    assert doubt_about(HOUR, POLICY, record, messages, at(age)) is doubt


def row_of(world: World, hour: Hour) -> tuple[object, object, object]:
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", hour.key]
    return row["state"], row["reason"], row["complete"]


def test_an_archived_hour_whose_newest_file_is_cut_is_not_complete_until_a_whole_one_comes(world: World) -> None:
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    assert row_of(world, hour) == ("archived", "file_kept", True)
    world.platform.script("file", CUT_GZIP)
    look(world, hour, age=25)
    assert row_of(world, hour) == ("archived", "damaged_file", False)
    look(world, hour, age=26)
    publish_messages(hour, world.archive, world.clock)
    assert row_of(world, hour) == ("archived", "file_kept", True)


def test_an_hour_archived_early_is_not_complete_once_the_platform_has_deleted_it(world: World) -> None:
    hour = hour_that_grows(world.simulated_app)
    look(world, hour, age=3)
    publish_messages(hour, world.archive, world.clock)
    turn_to_age(world, hour, 73)
    assert row_of(world, hour) == ("archived", "not_settled", False)


def test_an_hour_that_one_early_look_called_empty_is_not_complete_once_the_platform_has_deleted_it(
    make_world: MakeWorld,
) -> None:
    world = make_world(apps=[SILENT], first_hour=HOUR.key)
    look(world, HOUR, age=3)
    assert row_of(world, HOUR) == ("empty", "no_file", True)
    turn_to_age(world, HOUR, 73)
    assert row_of(world, HOUR) == ("empty", "not_settled", False)
    now = world.clock.now()
    (told,) = [each for each in look_through(world.runtime, world.app, now) if HOUR.key in each.hours]
    assert told.kind is FindingKind.HOURS_UNSETTLED
    world.archive.ledger.update_watch(lambda watch: watch.with_acknowledged([HOUR.key], "an outage", now))  # type: ignore[union-attr]
    publish_coverage(world.runtime)
    row = rows(world)["acme__support", HOUR.key]
    assert (row["complete"], row["acknowledged"]) == (False, "an outage")
