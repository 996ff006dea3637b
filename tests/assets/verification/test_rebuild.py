"""An hour built again from its raw files: the same bytes, or the same rows where another writer wrote them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.verification import rebuild
from assets.verification.discrepancy import Thing, Wrong
from resources.limits import Limits
from tests.assets.verification.archives import PLAIN, QUARANTINED, BehindItsBack, found, kinds
from tests.behind_the_back import digest_of

DIFFERS = (Wrong.DIFFERS, Thing.MESSAGES)


def store(who: BehindItsBack, content: bytes) -> None:
    """Replace an hour's messages and let their record say so, as another version of this program does."""
    key = who.world.archive.layout.messages(PLAIN)
    who.stored_as_ours(key, content)
    who.edit(who.world.archive.layout.messages_record(PLAIN), messages={"key": key, **digest_of(content)})


def by_another_writer(content: bytes) -> bytes:
    """Let a file say that another version of pyarrow wrote it."""
    name = pq.read_metadata(pa.BufferReader(content)).created_by.encode()
    assert content.count(name) == 1
    return content.replace(name, name[:-1] + b"?")


def with_other_text(content: bytes, folder: Path) -> bytes:
    """Change what somebody said, and nothing of what the file says of itself."""
    table = pq.read_table(BytesIO(content))
    texts = pa.array(["something else"] * len(table), pa.string())
    place = table.schema.get_field_index("text")
    changed = table.set_column(place, table.schema.field("text"), texts)
    own = pq.read_metadata(pa.BufferReader(content)).metadata or {}
    with pq.ParquetWriter(folder / "changed.parquet", changed.schema) as writer:
        writer.write_table(changed)
        writer.add_key_value_metadata({name.decode(): own[name].decode() for name in own if name != b"ARROW:schema"})
    return (folder / "changed.parquet").read_bytes()


def test_another_writers_bytes_are_no_difference_if_the_rows_are_the_same(somebody: BehindItsBack) -> None:
    content = somebody.content(somebody.world.archive.layout.messages(PLAIN))
    store(somebody, by_another_writer(content))
    assert found(somebody.world, PLAIN, read_data=True) == []


@pytest.mark.parametrize("another_writer", [False, True])
def test_other_rows_than_the_raw_files_give_are_a_difference_whoever_wrote_them(
    somebody: BehindItsBack, tmp_path: Path, another_writer: bool
) -> None:
    content = with_other_text(somebody.content(somebody.world.archive.layout.messages(PLAIN)), tmp_path)
    store(somebody, by_another_writer(content) if another_writer else content)
    assert found(somebody.world, PLAIN) == []
    assert DIFFERS in kinds(found(somebody.world, PLAIN, read_data=True))


def test_of_another_schema_only_the_number_of_lines_is_compared(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store(somebody, with_other_text(somebody.content(somebody.world.archive.layout.messages(PLAIN)), tmp_path))
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
