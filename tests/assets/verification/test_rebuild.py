"""An hour built again from its raw files, a day from its hours: the same bytes, or the same rows of another writer."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.conversion.parquet_writer import TableWriter
from assets.daily import closed_day, compaction
from assets.daily.publish_daily import publish_daily
from assets.verification import rebuild
from assets.verification.discrepancy import Thing, Wrong
from resources.limits import Limits
from resources.temporary_folder import LocalDiskError
from tests.assets.verification.archives import (
    LAST_HOUR,
    PLAIN,
    QUARANTINED,
    REVISED,
    BehindItsBack,
    by_another_writer,
    forge_day,
    found,
    kinds,
    verified,
    with_other_text,
)
from tests.behind_the_back import digest_of
from tests.pipelines.query.archives import DAY, archive_lines, message
from tests.resources.archive.troubled_wire import troubled

DIFFERS = (Wrong.DIFFERS, Thing.MESSAGES)


def store(who: BehindItsBack, content: bytes) -> None:
    """Replace an hour's messages and let their record say so, as another version of this program does."""
    key = who.world.archive.layout.messages(PLAIN)
    who.stored_as_ours(key, content)
    who.edit(who.world.archive.layout.messages_record(PLAIN), messages={"key": key, **digest_of(content)})


def test_another_writers_bytes_are_no_difference_if_the_rows_are_the_same(somebody: BehindItsBack) -> None:
    content = somebody.content(somebody.world.archive.layout.messages(PLAIN))
    store(somebody, by_another_writer(content))
    assert found(somebody.world, PLAIN, read_data=True) == []


@pytest.mark.parametrize("another_writer", [False, True])
def test_other_rows_than_the_raw_files_give_are_a_difference_whoever_wrote_them(
    somebody: BehindItsBack, another_writer: bool
) -> None:
    content = with_other_text(somebody.content(somebody.world.archive.layout.messages(PLAIN)))
    store(somebody, by_another_writer(content) if another_writer else content)
    assert found(somebody.world, PLAIN) == []
    assert DIFFERS in kinds(found(somebody.world, PLAIN, read_data=True))


def test_of_another_schema_only_the_number_of_lines_is_compared(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(somebody, with_other_text(somebody.content(somebody.world.archive.layout.messages(PLAIN))))
    monkeypatch.setattr(rebuild, "SCHEMA_VERSION", 2)
    assert DIFFERS not in kinds(found(somebody.world, PLAIN, read_data=True))
    somebody.edit(somebody.world.archive.layout.messages_record(PLAIN), counts={"lines": 2, "messages": 2})
    assert DIFFERS in kinds(found(somebody.world, PLAIN, read_data=True))


def test_a_reader_that_puts_other_lines_into_quarantine_is_a_difference_and_names_the_remedy(
    somebody: BehindItsBack,
) -> None:
    discrepancies = found(somebody.world, QUARANTINED, read_data=True, limits=Limits(max_line_bytes=10))
    assert DIFFERS in kinds(discrepancies)
    assert all("After an update of this program" in each.remedy for each in discrepancies)


def test_raw_files_that_can_no_longer_be_read_are_a_difference(somebody: BehindItsBack) -> None:
    (discrepancy,) = found(somebody.world, PLAIN, read_data=True, limits=Limits(max_inflated_bytes=1))
    assert "can no longer be read" in discrepancy.detail


def test_files_of_many_pieces_are_compared_to_their_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "_PIECE_ROWS", 7)
    numbers = pa.table({"number": list(range(100))})
    other = pa.table({"number": [*range(99), 0]})
    paths: dict[str, Path] = {}
    for name, table, row_group_size in (("one", numbers, 100), ("same", numbers, 13), ("other", other, 100)):
        paths[name] = tmp_path / name
        written: Any = BytesIO()
        pq.write_table(table, written, row_group_size=row_group_size)
        content = written.getvalue()
        paths[name].write_bytes(content if name == "one" else by_another_writer(content))
    assert rebuild._is_the_same(paths["one"], paths["same"])
    assert not rebuild._is_the_same(paths["one"], paths["other"])


# A day


def days_object(who: BehindItsBack) -> bytes:
    return who.content(who.world.archive.layout.messages_daily(DAY))


def test_a_days_object_that_another_writer_wrote_is_no_difference_if_its_rows_are_those_of_its_hours(
    somebody: BehindItsBack,
) -> None:
    forge_day(somebody, by_another_writer(days_object(somebody)))
    assert found(somebody.world, LAST_HOUR, read_data=True) == []


@pytest.mark.parametrize("another_writer", [False, True])
def test_a_days_object_with_other_rows_than_its_hours_is_a_difference_and_deleting_it_mends_it(
    somebody: BehindItsBack, another_writer: bool
) -> None:
    world = somebody.world
    content = with_other_text(days_object(somebody))
    forge_day(somebody, by_another_writer(content) if another_writer else content)
    assert found(world, LAST_HOUR) == []
    (difference,) = found(world, LAST_HOUR, read_data=True)
    assert (difference.wrong, difference.thing) == (Wrong.DIFFERS, Thing.DAY)
    assert difference.remedy.startswith("Delete it, then run messages_daily")
    somebody.delete(difference.key)
    publish_daily(DAY, world.archive, world.clock)
    assert found(world, LAST_HOUR, read_data=True) == []


def test_the_bytes_of_a_days_hours_are_read_with_it(somebody: BehindItsBack) -> None:
    world, layout = somebody.world, somebody.world.archive.layout
    (_, day) = verified(world, LAST_HOUR, read_data=True)
    keys = [layout.messages_daily(DAY), *(layout.messages(hour) for hour in (QUARANTINED, PLAIN, REVISED))]
    assert day.bytes == sum(len(somebody.content(key)) for key in keys)


def test_a_day_of_which_an_hour_was_revised_since_is_not_compared_with_it(somebody: BehindItsBack) -> None:
    world = somebody.world
    forge_day(somebody, with_other_text(days_object(somebody)))
    archive_lines(world, PLAIN, message(9, PLAIN, "carl", "ann", "late"), age=26)
    assert found(world, LAST_HOUR, read_data=True) == []  # it is due, and will be made anew


def test_a_day_is_compacted_again_with_the_hour_before_it(somebody: BehindItsBack) -> None:
    world, before = somebody.world, DAY.hour_before
    repeated = message(4, PLAIN, "carl", "ann", "good morning")
    archive_lines(world, before, repeated)
    world.clock.turn_to(LAST_HOUR.end + timedelta(hours=73))
    record = publish_daily(DAY, world.archive, world.clock)
    assert record is not None
    assert (before.key in record.hours, record.duplicates) == (True, 1)
    assert found(world, LAST_HOUR, read_data=True) == []
    forge_day(somebody, with_other_text(days_object(somebody)))
    assert kinds(found(world, LAST_HOUR, read_data=True)) == [(Wrong.DIFFERS, Thing.DAY)]


def test_a_day_of_another_schema_is_not_compared_with_its_hours(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_day, "SCHEMA_VERSION", 2)
    forge_day(somebody, with_other_text(days_object(somebody)))
    assert found(somebody.world, LAST_HOUR, read_data=True) == []


def test_a_day_of_which_an_hour_is_missing_is_whole_itself_and_the_hour_is_named(somebody: BehindItsBack) -> None:
    somebody.delete(somebody.world.archive.layout.messages(PLAIN))
    assert found(somebody.world, LAST_HOUR, read_data=True) == []
    assert kinds(found(somebody.world, PLAIN, read_data=True)) == [(Wrong.MISSING, Thing.MESSAGES)]


def test_without_data_no_object_of_a_day_is_read(somebody: BehindItsBack) -> None:
    with troubled(somebody.world.runtime.bucket, "GetObject") as gets:
        verified(somebody.world, LAST_HOUR)
    assert gets
    assert all("/ledger/" in request.url for request in gets)


def test_a_day_that_cannot_be_compacted_again_is_not_verified_and_says_why(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "_IN_ORDER", "SELECT text::INTEGER FROM hours")
    (discrepancy,) = found(somebody.world, LAST_HOUR, read_data=True)
    assert (discrepancy.wrong, discrepancy.thing) == (Wrong.NOT_VERIFIED, Thing.DAY)
    assert "could not be sorted and written" in discrepancy.detail


def test_a_full_disk_is_no_discrepancy_of_the_day_that_is_compacted_again(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TableWriter, "write", full)
    with pytest.raises(LocalDiskError, match="Make room there"):
        found(somebody.world, LAST_HOUR, read_data=True)
