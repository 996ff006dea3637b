from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion import convert as convert_module
from assets.conversion.convert import ConservationBroken, RawRevisionFile, convert_revisions
from assets.conversion.decoding import DecodedBlock, decode_block
from assets.conversion.gzip_file import DamagedFile
from assets.conversion.lines import count_lines
from assets.conversion.schema import MESSAGES_SCHEMA, QUARANTINE_SCHEMA
from resources.archive.messages_record import MessageCounts
from resources.limits import Limits
from tests.assets.conversion.hours import APP, HOUR, IN_HOUR_MS, convert, line_of, revision_of
from tests.assets.conversion.test_decoding import USUAL

FIRST = line_of("1")
SECOND = line_of("2", chat_type="groupchat")
EDITED = line_of("1", direction="outgoing")


def lines_of(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def test_an_hour_becomes_rows_with_counts(tmp_path: Path) -> None:
    elsewhere = line_of("3", timestamp=IN_HOUR_MS - 1000)
    content = lines_of(FIRST, b"", SECOND, FIRST, EDITED, EDITED, b"oops", elsewhere)
    converted = convert(tmp_path, content)
    assert converted.conversion.counts == MessageCounts(
        lines=8, messages=4, duplicates=2, conflicts=1, quarantined=1, blank=1, outside_hour=1
    )
    assert converted.conversion.first_message_at == datetime(2026, 11, 22, 23, 59, 59, 123000, tzinfo=UTC)
    assert converted.conversion.last_message_at == datetime(2026, 11, 23, 0, 0, 0, 123000, tzinfo=UTC)
    assert converted.conversion.body_types == {"txt": 4}
    assert [(row["msg_id"], row["direction"]) for row in converted.rows] == [
        ("3", None),
        ("1", None),
        ("1", "outgoing"),
        ("2", None),
    ]
    [quarantined] = converted.quarantined
    assert (quarantined["line_number"], quarantined["reason"], quarantined["line"]) == (7, "not_json", b"oops")


def test_revisions_are_a_union_in_any_order(tmp_path: Path) -> None:
    early, late = lines_of(FIRST, b"oops", SECOND), lines_of(SECOND, b"oops", EDITED, FIRST, line_of("4"))
    one = convert(tmp_path, early, late, name="one")
    other = convert(tmp_path, early, late, reverse=True, name="other")
    assert one.conversion == other.conversion
    assert one.conversion.counts.messages == 4
    assert one.messages_path.read_bytes() == other.messages_path.read_bytes()
    assert one.quarantine_path.read_bytes() == other.quarantine_path.read_bytes()


MANY_LINES = st.lists(st.sampled_from([FIRST, SECOND, EDITED, *USUAL, b"oops", b""]), max_size=9)


@settings(max_examples=60)
@given(revisions=st.lists(MANY_LINES, max_size=3), window_rows=st.integers(1, 6))
def test_the_rows_are_the_same_wherever_windows_end(revisions: list[list[bytes]], window_rows: int) -> None:
    contents = [lines_of(*lines) for lines in revisions]
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr("assets.conversion.lines._BLOCK_BYTES", 700)
        whole = convert(Path(name), *contents, name="whole")
        patch.setattr("assets.conversion.messages_file.WINDOW_ROWS", window_rows)
        windows = convert(Path(name), *contents, name="windows")
        threaded = convert(Path(name), *contents, name="threaded", threaded=True)
        assert threaded.messages_path.read_bytes() == windows.messages_path.read_bytes()
        assert Counter(map(repr, windows.rows)) == Counter(map(repr, whole.rows))
    assert whole.conversion == windows.conversion == threaded.conversion


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    here = convert(tmp_path, lines_of(FIRST, SECOND, b"oops"))
    program = (
        "import sys; from pathlib import Path; from tests.assets.conversion.hours import convert\n"
        "convert(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), name='there')\n"
    )
    content = tmp_path / "content"
    content.write_bytes(lines_of(FIRST, SECOND, b"oops"))
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "-c", program, tmp_path, content], check=True, env=environment)  # noqa: S603
    assert (tmp_path / "there.messages.parquet").read_bytes() == here.messages_path.read_bytes()
    assert (tmp_path / "there.lines.parquet").read_bytes() == here.quarantine_path.read_bytes()


def test_both_files_say_what_they_were_made_of(tmp_path: Path) -> None:
    converted = convert(tmp_path, lines_of(FIRST), lines_of(b"oops"))
    revisions = sorted(revision_of(tmp_path, lines_of(line)).sha256 for line in (FIRST, b"oops"))
    for path, schema in (
        (converted.messages_path, MESSAGES_SCHEMA),
        (converted.quarantine_path, QUARANTINE_SCHEMA),
    ):
        file = pq.ParquetFile(path)
        metadata = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
        assert file.schema_arrow.equals(schema, check_metadata=False)
        assert file.schema_arrow.field(0).metadata == schema.field(0).metadata
        assert (metadata["schema_version"], metadata["app"], metadata["hour"]) == ("1", APP, HOUR.key)
        assert json.loads(metadata["raw_revisions"]) == revisions
        assert json.loads(metadata["counts"]) == {
            "lines": 2,
            "messages": 1,
            "duplicates": 0,
            "conflicts": 0,
            "quarantined": 1,
            "blank": 0,
            "outside_hour": 0,
            "id_time_differs": 0,
        }


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_hour_without_messages_has_a_file_without_rows(content: bytes, tmp_path: Path) -> None:
    converted = convert(tmp_path, content)
    assert converted.rows == []
    assert converted.conversion.first_message_at is None
    assert converted.conversion.last_message_at is None
    assert not converted.quarantine_path.exists()


def test_a_quarantine_of_an_earlier_run_does_not_stay(tmp_path: Path) -> None:
    assert len(convert(tmp_path, b"oops\n").quarantined) == 1
    assert not convert(tmp_path, lines_of(FIRST)).quarantine_path.exists()


def test_a_quarantine_may_be_asked_for_though_it_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    convert_revisions(
        [revision_of(tmp_path, lines_of(FIRST))],
        app=APP,
        hour=HOUR,
        messages_path=tmp_path / "messages",
        quarantine_path=path,
        empty_quarantine=True,
    )
    assert pq.read_table(path).num_rows == 0


def test_of_a_line_too_long_the_beginning_is_quarantined(tmp_path: Path) -> None:
    limits = Limits(max_line_bytes=len(FIRST), long_line_kept_bytes=9)
    converted = convert(tmp_path, lines_of(FIRST, FIRST + b" "), limits=limits)
    assert converted.conversion.counts.messages == 1
    [quarantined] = converted.quarantined
    assert (quarantined["reason"], quarantined["line"]) == ("too_long", FIRST[:9])


def test_a_damaged_revision_leaves_no_file(tmp_path: Path) -> None:
    sound, damaged = revision_of(tmp_path, lines_of(FIRST)), revision_of(tmp_path, lines_of(SECOND))
    damaged.path.write_bytes(damaged.path.read_bytes()[:-1])
    messages_path, quarantine_path = tmp_path / "messages", tmp_path / "lines"
    with pytest.raises(DamagedFile):
        convert_revisions(
            [sound, damaged], app=APP, hour=HOUR, messages_path=messages_path, quarantine_path=quarantine_path
        )
    assert not messages_path.exists()
    assert not quarantine_path.exists()


def test_a_lost_line_is_an_error_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_a_row(*arguments: Any) -> DecodedBlock:
        decoded = decode_block(*arguments)
        decoded.odd.pop()
        return decoded

    monkeypatch.setattr(convert_module, "decode_block", without_a_row)
    with pytest.raises(ConservationBroken, match="hour 2026112300 of acme-support do not add up"):
        convert(tmp_path, lines_of(FIRST, SECOND))
    assert not list(tmp_path.glob("*.parquet"))


def test_strangers_cannot_fill_the_counts_with_names(tmp_path: Path) -> None:
    types = [f"type{index:03}" for index in range(120)] + ["x" * 65]
    lines = [line_of(str(index), payload={"bodies": [{"type": name}]}) for index, name in enumerate(types)]
    counted = convert(tmp_path, lines_of(*lines, line_of("n", payload={}))).conversion.body_types
    assert counted["(other)"] == 21
    assert len(counted) == 102
    assert sum(counted.values()) == 122
    assert list(counted) == sorted(counted)


def test_no_secret_is_in_any_column(tmp_path: Path) -> None:
    secret = "SEKRET"
    attachment = {"type": "img", "secret": secret, "thumb_secret": secret, "url": f"https://x/f?share-secret={secret}"}
    payloads: list[Any] = [
        {"bodies": [attachment, attachment]},
        {"bodies": attachment},
        {"bodies": [[attachment]]},
        {"bodies": [{"type": "hologram", "parts": [attachment]}]},
        {"bodies": [{"type": "hologram", "parts": json.dumps(attachment)}]},
        {"bodies": [[json.dumps([attachment])]]},
        [attachment],
        {"bodies": [{"type": "txt", "subType": "sub_combine", "summary": "s", **attachment}]},
    ]
    converted = convert(tmp_path, lines_of(*(line_of(str(n), payload=payload) for n, payload in enumerate(payloads))))
    assert converted.conversion.counts.messages == len(payloads) - 2
    assert [line["reason"] for line in converted.quarantined] == ["secret_in_text"] * 2
    assert secret not in json.dumps(converted.rows, default=str)


SOME_LINES = st.lists(
    st.sampled_from(
        [FIRST, SECOND, EDITED, FIRST + SECOND, b"", b" \r", b"oops", b"{}", b"\xff", b'{"a":"\xe2\x80\xa8"}']
    )
    | st.binary(max_size=12)
)


@settings(max_examples=60, deadline=None)
@given(revisions=st.lists(SOME_LINES, max_size=3))
def test_nothing_is_lost_whatever_the_bytes(
    revisions: list[list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("hour")
    contents = [lines_of(*lines) for lines in revisions]
    converted = convert(directory, *contents)
    counts = converted.conversion.counts
    not_blank = sum(count_lines(revision_of(directory, content).path) for content in contents)
    with_two_objects = sum(lines.count(FIRST + SECOND) for lines in revisions)
    assert counts.lines == counts.messages + counts.duplicates + counts.quarantined + counts.blank
    assert counts.lines - counts.blank == not_blank + with_two_objects
    assert (counts.messages, counts.quarantined) == (len(converted.rows), len(converted.quarantined))
    assert {row["msg_id"] for row in converted.rows} == {
        msg_id
        for msg_id, line in (("1", FIRST), ("2", SECOND), ("1", EDITED), ("2", FIRST + SECOND))
        if any(line in lines for lines in revisions)
    } | ({"1"} if any(FIRST + SECOND in lines for lines in revisions) else set())


def test_revisions_are_named_by_their_hash_in_the_quarantine(tmp_path: Path) -> None:
    revision = revision_of(tmp_path, b"oops\n")
    assert isinstance(revision, RawRevisionFile)
    assert [row["raw_revision"] for row in convert(tmp_path, b"oops\n").quarantined] == [revision.sha256]
