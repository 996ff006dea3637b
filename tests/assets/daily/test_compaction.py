"""A day's hours become one file: everything, once, in order, the same bytes every time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.conversion.parquet_writer import TableWriter
from assets.conversion.schema import MESSAGES_ORDER, MESSAGES_SCHEMA
from assets.daily import compaction as module
from assets.daily.compaction import Compaction, CompactionFailed, HourFile, compact, row_group_rows, row_groups
from assets.daily.schema import DAILY_SCHEMA
from tests.assets.daily.days import DAY, hour_files, line

Lines = Mapping[int, Sequence[Mapping[str, Any]]]


def compacted(folder: Path, files: Sequence[HourFile]) -> tuple[Compaction, pa.Table]:
    output, spill = folder / "day.parquet", folder / "spill"
    spill.mkdir(exist_ok=True)
    result = compact(files, output, app="acme/support", day=DAY, folder=spill)
    return result, pq.read_table(output)


def rows_of(files: Sequence[HourFile]) -> Counter[str]:
    tables = [pq.ParquetFile(file.path).read() for file in files]
    return Counter(repr(row) for table in tables for row in table.to_pylist())


def test_every_row_of_every_hour_is_there_once(tmp_path: Path) -> None:
    files = hour_files(tmp_path, {0: [line(1), line(2)], 7: [line(3, hour=7)], 23: [line(4, hour=23)]})
    result, table = compacted(tmp_path, files)
    assert result == Compaction(messages=4, duplicates=0)
    assert Counter(map(repr, table.select(MESSAGES_SCHEMA.names).to_pylist())) == rows_of(files)
    assert dict(zip(table["msg_id"].to_pylist(), table["hour"].to_pylist(), strict=True)) == {
        "1": 0,
        "2": 0,
        "3": 7,
        "4": 23,
    }


def test_a_message_that_several_hours_hold_is_there_once_under_the_earliest(tmp_path: Path) -> None:
    same = line(1)
    result, table = compacted(tmp_path, hour_files(tmp_path, {3: [same], 4: [same, line(2)], 9: [same]}))
    assert result == Compaction(messages=2, duplicates=2)
    assert sorted(zip(table["msg_id"].to_pylist(), table["hour"].to_pylist(), strict=True)) == [("1", 3), ("2", 4)]


def test_what_the_hour_before_the_day_holds_is_not_written_again(tmp_path: Path) -> None:
    late, other = line(1), line(2)
    files = hour_files(tmp_path, {-1: [late, line(3, hour=-1)], 0: [late, other], 1: [other, late]})
    result, table = compacted(tmp_path, files)
    assert result == Compaction(messages=1, duplicates=3)
    assert (table["msg_id"].to_pylist(), table["hour"].to_pylist()) == (["2"], [0])


@pytest.mark.parametrize(
    "other",
    [
        line(1) | {"direction": "incoming"},
        line(1) | {"direction": None},
        line(1) | {"unknown": 1},
        line(1, recipient="carl"),
        line(1, hour=4),
    ],
)
def test_one_id_with_different_content_in_two_hours_is_two_rows(tmp_path: Path, other: Mapping[str, Any]) -> None:
    result, table = compacted(tmp_path, hour_files(tmp_path, {3: [line(1)], 4: [other]}))
    assert result == Compaction(messages=2, duplicates=0)
    assert table["msg_id"].to_pylist() == ["1", "1"]


def test_zero_and_minus_zero_are_not_the_same(tmp_path: Path) -> None:
    def place(latitude: float) -> dict[str, Any]:
        body = {"type": "loc", "addr": "", "lat": latitude, "lng": 1.5}
        return line(1) | {"payload": {"bodies": [body], "from": "ann", "to": "bob"}}

    result, _ = compacted(tmp_path, hour_files(tmp_path, {3: [place(0.0)], 4: [place(-0.0)]}))
    assert result.messages == 2


def test_rows_are_sorted_as_a_whole(tmp_path: Path) -> None:
    people = ["ann", "Bob", "čeněk", "丁", "😀", "", "a:b"]
    lines = {
        hour: [
            line(100 * hour + number, hour=hour, sender=people[(hour + number) % 7], recipient=people[number % 7])
            for number in range(20)
        ]
        for hour in (0, 5, 23)
    }
    _, table = compacted(tmp_path, hour_files(tmp_path, lines))
    assert table.equals(table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in MESSAGES_ORDER])))


def test_the_same_hours_give_the_same_bytes(tmp_path: Path) -> None:
    lines = {hour: [line(number, hour=hour) for number in range(50)] for hour in range(24)}
    contents = set()
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        compacted(folder, hour_files(folder, lines))
        contents.add((folder / "day.parquet").read_bytes())
    assert len(contents) == 1


def test_rows_beyond_a_row_group_go_into_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALLEST_ROW_GROUP", 2048)
    monkeypatch.setattr(module, "_PIECE_ROWS", 2048)
    files = hour_files(tmp_path, {hour: [line(n, hour=hour) for n in range(1500)] for hour in (1, 2, 3)})
    result, table = compacted(tmp_path, files)
    metadata = pq.read_metadata(tmp_path / "day.parquet")
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [2048, 2048, 404]
    assert result.messages == len(table) == 4500


def test_the_file_says_what_it_was_made_from(tmp_path: Path) -> None:
    files = hour_files(tmp_path, {3: [line(1)], 4: [line(1)]})
    compacted(tmp_path, files)
    schema = pq.read_schema(tmp_path / "day.parquet")
    assert schema.equals(DAILY_SCHEMA, check_metadata=False)
    stored = pq.read_metadata(tmp_path / "day.parquet").metadata or {}
    metadata = {key.decode(): value.decode() for key, value in stored.items()}
    assert (metadata["app"], metadata["date"]) == ("acme/support", "2026-11-20")
    assert json.loads(metadata["hours"]) == {file.hour.key: file.sha256 for file in files}
    assert json.loads(metadata["counts"]) == {"messages": 1, "duplicates": 1}


def test_a_row_that_gets_lost_on_the_way_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "row_groups", lambda pieces, _: (piece.slice(1) for piece in pieces))
    with pytest.raises(CompactionFailed, match="have 2 rows; 1 were written"):
        compacted(tmp_path, hour_files(tmp_path, {3: [line(1), line(2)]}))
    assert not (tmp_path / "day.parquet").exists()


def test_24_hours_are_sorted_in_memory_that_one_scan_of_them_leaves_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a scan for each hour, DuckDB runs out of this memory; so it does with 24 times 150,000 rows in 512 MB."""
    monkeypatch.setattr(module, "_MEMORY", "64MB")
    monkeypatch.setattr(module, "_MOST_THREADS", 1)
    body = {"type": "txt", "msg": "word " * 60}
    said = {"payload": {"bodies": [body], "from": "ann", "to": "bob"}}
    lines = {hour: [line(100_000 * hour + n, hour=hour) | said for n in range(3_000)] for hour in range(24)}
    assert compacted(tmp_path, hour_files(tmp_path, lines))[0] == Compaction(messages=72_000, duplicates=0)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(0, 32_768), (1, 32_768), (2_097_152, 65_536), (3_200_000, 98_304), (4_194_304, 131_072), (10**9, 131_072)],
)
def test_a_larger_day_has_larger_row_groups_within_bounds(rows: int, expected: int) -> None:
    assert row_group_rows(rows) == expected


def test_a_row_group_of_large_rows_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = pa.table({"text": ["x" * 100] * 10})
    monkeypatch.setattr(module, "LARGEST_ROW_GROUP_BYTES", 2 * piece.nbytes)
    assert [len(group) for group in row_groups([piece] * 5, 40)] == [20, 20, 10]
    assert [len(group) for group in row_groups([piece] * 5, 10)] == [10] * 5


def test_a_full_disk_is_said_to_be_one_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    files = hour_files(tmp_path, {3: [line(1)]})
    monkeypatch.setattr(TableWriter, "write", full)
    with pytest.raises(CompactionFailed, match="No space left on device"):
        compacted(tmp_path, files)
    assert not (tmp_path / "day.parquet").exists()


def test_an_hours_file_that_is_no_parquet_is_said_to_be_what_could_not_be_sorted(tmp_path: Path) -> None:
    files = hour_files(tmp_path, {3: [line(1)]})
    files[0].path.write_bytes(b"what it was not")
    with pytest.raises(CompactionFailed, match="ArrowInvalid"):
        compacted(tmp_path, files)
    assert not (tmp_path / "day.parquet").exists()


def test_what_people_wrote_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_ORDER", "SELECT text::INTEGER FROM hours")
    with pytest.raises(CompactionFailed) as caught:
        compacted(tmp_path, hour_files(tmp_path, {3: [line(7)]}))
    assert "text 7" not in str(caught.value)
    assert caught.value.__suppress_context__


@st.composite
def repeating_hours(draw: st.DrawFn) -> Lines:
    """Hours with few ids and few variants, so that most repeat or contradict each other."""
    variants = st.builds(
        lambda number, direction: line(number) | {"direction": direction},
        st.integers(0, 3),
        st.sampled_from(["outgoing", "incoming"]),
    )
    return draw(st.dictionaries(st.integers(0, 23), st.lists(variants, min_size=1, max_size=6), min_size=1, max_size=5))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(lines=repeating_hours())
def test_whatever_hours_repeat_each_different_row_is_there_exactly_once(
    tmp_path_factory: pytest.TempPathFactory, lines: Lines
) -> None:
    folder = tmp_path_factory.mktemp("day")
    files = hour_files(folder, lines)
    result, table = compacted(folder, files)
    rows = Counter(map(repr, table.select(MESSAGES_SCHEMA.names).to_pylist()))
    assert rows == Counter(rows_of(files).keys())
    assert result.duplicates == rows_of(files).total() - result.messages
