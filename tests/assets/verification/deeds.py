"""What somebody may do to an archive behind its back, and what verifying has to name then."""

from __future__ import annotations

import json
from collections.abc import Callable

from assets.verification.discrepancy import Thing, Wrong
from resources.archive.app_archive import AppArchive
from resources.hours.hour import Hour
from tests.assets.verification.archives import (
    LAST_HOUR,
    LOST,
    PLAIN,
    QUARANTINED,
    REVISED,
    BehindItsBack,
    forge_day,
    with_other_text,
)
from tests.behind_the_back import digest_of
from tests.pipelines.query.archives import DAY

Deed = Callable[[BehindItsBack, AppArchive], None]


def raw_deleted(who: BehindItsBack, _: AppArchive) -> None:
    who.delete(who.raw_key(PLAIN))


def raw_truncated(who: BehindItsBack, _: AppArchive) -> None:
    who.put(who.raw_key(PLAIN), who.content(who.raw_key(PLAIN))[:-5])


def raw_replaced_by_another_hours(who: BehindItsBack, _: AppArchive) -> None:
    who.stored_as_ours(who.raw_key(PLAIN), who.content(who.raw_key(QUARANTINED)))


def raw_rotten(who: BehindItsBack, _: AppArchive) -> None:
    who.rot(who.raw_key(PLAIN))


def raw_extra(who: BehindItsBack, archive: AppArchive) -> None:
    who.put(f"{archive.layout.raw_hour(PLAIN)}notes.txt", b"mine")


def raw_not_recorded(who: BehindItsBack, _: AppArchive) -> None:
    who.unrecorded_raw_file(PLAIN, b'{"msg_id":"77"}')


def messages_deleted(who: BehindItsBack, archive: AppArchive) -> None:
    who.delete(archive.layout.messages(PLAIN))


def messages_edited(who: BehindItsBack, archive: AppArchive) -> None:
    content = who.content(archive.layout.messages(PLAIN))
    who.put(archive.layout.messages(PLAIN), content.replace(b"good morning", b"good evening"))


def messages_rotten(who: BehindItsBack, archive: AppArchive) -> None:
    who.rot(archive.layout.messages(PLAIN))


def messages_of_another_hour(who: BehindItsBack, archive: AppArchive) -> None:
    who.stored_as_ours(archive.layout.messages(PLAIN), who.content(archive.layout.messages(QUARANTINED)))


def messages_extra(who: BehindItsBack, archive: AppArchive) -> None:
    who.put(archive.layout.messages(PLAIN).replace("messages.parquet", "part-0.parquet"), b"PAR1")


def messages_of_no_hour(who: BehindItsBack, archive: AppArchive) -> None:
    who.put(archive.layout.messages(LAST_HOUR).replace("hour=23", "hour=99"), b"PAR1")


def quarantine_deleted(who: BehindItsBack, archive: AppArchive) -> None:
    who.delete(archive.layout.quarantine(QUARANTINED))


def quarantine_not_recorded(who: BehindItsBack, archive: AppArchive) -> None:
    who.stored_as_ours(archive.layout.quarantine(PLAIN), who.content(archive.layout.quarantine(QUARANTINED)))


def day_deleted(who: BehindItsBack, archive: AppArchive) -> None:
    who.delete(archive.layout.messages_daily(DAY))


def day_rotten(who: BehindItsBack, archive: AppArchive) -> None:
    who.rot(archive.layout.messages_daily(DAY))


def day_overwritten(who: BehindItsBack, archive: AppArchive) -> None:
    who.put(archive.layout.messages_daily(DAY), b"PAR1")


def day_extra(who: BehindItsBack, archive: AppArchive) -> None:
    who.put(archive.layout.messages_daily(DAY).replace("messages.parquet", "copy.parquet"), b"PAR1")


def day_record_edited(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.daily_record(DAY), messages=99)


def day_record_unreadable(who: BehindItsBack, archive: AppArchive) -> None:
    who.put(archive.layout.daily_record(DAY), b"{}")


def day_record_deleted(who: BehindItsBack, archive: AppArchive) -> None:
    who.delete(archive.layout.daily_record(DAY))


def day_forged_with_its_record(who: BehindItsBack, archive: AppArchive) -> None:
    forge_day(who, with_other_text(who.content(archive.layout.messages_daily(DAY))))


def day_record_of_an_unknown_schema(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.daily_record(DAY), schema_version=99)


def capture_record_deleted(who: BehindItsBack, archive: AppArchive) -> None:
    who.delete(archive.layout.capture_record(PLAIN))


def both_records_deleted(who: BehindItsBack, archive: AppArchive) -> None:
    who.delete(archive.layout.capture_record(PLAIN), archive.layout.messages_record(PLAIN))


def capture_record_unreadable(who: BehindItsBack, archive: AppArchive) -> None:
    who.put(archive.layout.capture_record(PLAIN), b"not what it was")


def capture_record_of_another_hour(who: BehindItsBack, archive: AppArchive) -> None:
    forged = json.loads(who.content(archive.layout.capture_record(PLAIN))) | {"hour": REVISED.key}
    who.put(archive.layout.capture_record(PLAIN), json.dumps(forged).encode())


def capture_record_forged_to_be_archived(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.capture_record(LOST), state="archived", reason="file_kept")


def capture_record_forged_to_be_empty(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.capture_record(PLAIN), state="empty", reason="no_file", confirmed=True)


def raw_file_said_to_be_damaged(who: BehindItsBack, archive: AppArchive) -> None:
    capture = archive.ledger.capture(REVISED)
    messages = archive.ledger.messages(REVISED)
    assert capture is not None
    assert messages is not None
    first, second = capture.raw_revisions
    hidden = second.model_copy(update={"lines": None, "damage": "It is cut."})
    revisions = [revision.model_dump(mode="json") for revision in (first, hidden)]
    who.edit(archive.layout.capture_record(REVISED), raw_revisions=revisions)
    who.edit(archive.layout.messages_record(REVISED), raw_revisions=[first.sha256])


def raw_file_in_the_messages_said_to_hold_nothing(who: BehindItsBack, archive: AppArchive) -> None:
    capture = archive.ledger.capture(REVISED)
    assert capture is not None
    first, second = capture.raw_revisions
    nothing = second.model_copy(update={"lines": 0})
    revisions = [revision.model_dump(mode="json") for revision in (first, nothing)]
    who.edit(archive.layout.capture_record(REVISED), raw_revisions=revisions)


def messages_record_deleted(who: BehindItsBack, archive: AppArchive) -> None:
    who.delete(archive.layout.messages_record(PLAIN))


def counts_that_do_not_add_up(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.messages_record(PLAIN), counts={"lines": 5, "messages": 1})


def counts_that_add_up_and_are_wrong(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.messages_record(PLAIN), counts={"lines": 2, "messages": 2})


def counts_that_add_up_to_a_line_less(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.messages_record(REVISED), counts={"lines": 2, "messages": 1, "duplicates": 1})


def a_message_counted_as_a_blank_line(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.messages_record(REVISED), counts={"lines": 3, "messages": 1, "duplicates": 1, "blank": 1})


def messages_record_of_an_unknown_schema(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.messages_record(PLAIN), schema_version=0)


def duplicates_that_never_were(who: BehindItsBack, archive: AppArchive) -> None:
    who.edit(archive.layout.messages_record(PLAIN), counts={"lines": 2, "messages": 1, "duplicates": 1})


def revision_missing_from_the_messages(who: BehindItsBack, archive: AppArchive) -> None:
    record = archive.ledger.messages(REVISED)
    assert record is not None
    who.edit(archive.layout.messages_record(REVISED), raw_revisions=record.raw_revisions[:1])


def messages_forged_with_their_record(who: BehindItsBack, archive: AppArchive) -> None:
    key = archive.layout.messages(PLAIN)
    content = b"PAR1 made up"
    who.stored_as_ours(key, content)
    who.edit(archive.layout.messages_record(PLAIN), messages={"key": key, **digest_of(content)})


def messages_forged_with_a_footer_of_garbage(who: BehindItsBack, archive: AppArchive) -> None:
    key = archive.layout.messages(PLAIN)
    content = b"PAR1" + b"\xff" * 40 + (40).to_bytes(4, "little") + b"PAR1"
    who.stored_as_ours(key, content)
    who.edit(archive.layout.messages_record(PLAIN), messages={"key": key, **digest_of(content)})


def record_that_names_another_object(who: BehindItsBack, archive: AppArchive) -> None:
    record = archive.ledger.messages(PLAIN)
    assert record is not None
    assert record.messages is not None
    other = record.messages.model_copy(update={"key": archive.layout.messages(REVISED)})
    who.edit(archive.layout.messages_record(PLAIN), messages=other.model_dump())


MISSING, ALTERED, EXTRA, CONTRADICTS = Wrong.MISSING, Wrong.ALTERED, Wrong.EXTRA, Wrong.CONTRADICTS
ALWAYS, WITH_DATA = False, True


DEEDS: list[tuple[Deed, bool, Hour, list[tuple[Wrong, Thing]]]] = [
    (raw_deleted, ALWAYS, PLAIN, [(MISSING, Thing.RAW)]),
    (raw_truncated, ALWAYS, PLAIN, [(ALTERED, Thing.RAW)]),
    (raw_replaced_by_another_hours, ALWAYS, PLAIN, [(ALTERED, Thing.RAW)]),
    (raw_rotten, WITH_DATA, PLAIN, [(ALTERED, Thing.RAW)]),
    (raw_extra, ALWAYS, PLAIN, [(EXTRA, Thing.RAW)]),
    (raw_not_recorded, ALWAYS, PLAIN, [(Wrong.NOT_RECORDED, Thing.RAW)]),
    (messages_deleted, ALWAYS, PLAIN, [(MISSING, Thing.MESSAGES)]),
    (messages_edited, ALWAYS, PLAIN, [(ALTERED, Thing.MESSAGES)]),
    (messages_rotten, WITH_DATA, PLAIN, [(ALTERED, Thing.MESSAGES)]),
    (messages_of_another_hour, ALWAYS, PLAIN, [(ALTERED, Thing.MESSAGES)]),
    (messages_extra, ALWAYS, PLAIN, [(EXTRA, Thing.MESSAGES)]),
    (messages_of_no_hour, ALWAYS, LAST_HOUR, [(EXTRA, Thing.MESSAGES)]),
    (quarantine_deleted, ALWAYS, QUARANTINED, [(MISSING, Thing.QUARANTINE)]),
    (quarantine_not_recorded, ALWAYS, PLAIN, [(Wrong.NOT_RECORDED, Thing.QUARANTINE)]),
    (day_deleted, ALWAYS, LAST_HOUR, [(MISSING, Thing.DAY)]),
    (day_rotten, WITH_DATA, LAST_HOUR, [(ALTERED, Thing.DAY)]),
    (day_forged_with_its_record, WITH_DATA, LAST_HOUR, [(Wrong.DIFFERS, Thing.DAY)]),
    (day_extra, ALWAYS, LAST_HOUR, [(EXTRA, Thing.DAY)]),
    (day_record_edited, ALWAYS, LAST_HOUR, [(CONTRADICTS, Thing.DAY_RECORD)]),
    (day_record_unreadable, ALWAYS, LAST_HOUR, [(CONTRADICTS, Thing.DAY_RECORD)]),
    (day_record_of_an_unknown_schema, ALWAYS, LAST_HOUR, [(CONTRADICTS, Thing.DAY_RECORD)]),
    (day_record_deleted, ALWAYS, LAST_HOUR, [(Wrong.NOT_RECORDED, Thing.DAY)]),
    (
        capture_record_deleted,
        ALWAYS,
        PLAIN,
        [(MISSING, Thing.CAPTURE_RECORD), (Wrong.NOT_RECORDED, Thing.RAW)],
    ),
    (
        both_records_deleted,
        ALWAYS,
        PLAIN,
        [
            (Wrong.GAP, Thing.CAPTURE_RECORD),
            (Wrong.NOT_RECORDED, Thing.MESSAGES),
            (Wrong.NOT_RECORDED, Thing.RAW),
        ],
    ),
    (capture_record_unreadable, ALWAYS, PLAIN, [(CONTRADICTS, Thing.CAPTURE_RECORD)]),
    (capture_record_of_another_hour, ALWAYS, PLAIN, [(CONTRADICTS, Thing.CAPTURE_RECORD)]),
    (capture_record_forged_to_be_empty, ALWAYS, PLAIN, [(CONTRADICTS, Thing.CAPTURE_RECORD)]),
    (capture_record_forged_to_be_archived, ALWAYS, LOST, [(CONTRADICTS, Thing.CAPTURE_RECORD)]),
    (
        messages_record_deleted,
        ALWAYS,
        PLAIN,
        [(Wrong.NOT_BUILT, Thing.MESSAGES), (Wrong.NOT_RECORDED, Thing.MESSAGES)],
    ),
    (counts_that_do_not_add_up, ALWAYS, PLAIN, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (counts_that_add_up_to_a_line_less, ALWAYS, REVISED, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (a_message_counted_as_a_blank_line, ALWAYS, REVISED, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (messages_record_of_an_unknown_schema, ALWAYS, PLAIN, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (counts_that_add_up_and_are_wrong, WITH_DATA, PLAIN, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (duplicates_that_never_were, WITH_DATA, PLAIN, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (raw_file_said_to_be_damaged, WITH_DATA, REVISED, [(CONTRADICTS, Thing.CAPTURE_RECORD)]),
    (raw_file_in_the_messages_said_to_hold_nothing, ALWAYS, REVISED, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (revision_missing_from_the_messages, ALWAYS, REVISED, [(Wrong.NOT_BUILT, Thing.MESSAGES)]),
    (messages_forged_with_their_record, WITH_DATA, PLAIN, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
    (
        messages_forged_with_a_footer_of_garbage,
        WITH_DATA,
        PLAIN,
        [(Wrong.DIFFERS, Thing.MESSAGES), (CONTRADICTS, Thing.MESSAGES_RECORD)],
    ),
    (record_that_names_another_object, ALWAYS, PLAIN, [(CONTRADICTS, Thing.MESSAGES_RECORD)]),
]
"""What is done, what it takes to see it, in which hour, and what is named."""
