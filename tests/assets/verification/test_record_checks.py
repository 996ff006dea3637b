"""What the checks of records build upon: how the lines of a file and the lines of an hour are counted."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from assets.conversion.convert import RawRevisionFile, convert_revisions
from assets.conversion.lines import count_lines
from resources.hours.hour import Hour

pieces = st.sampled_from([b"{", b"}", b'{"msg_id":"1"}', b'"', b" ", b"\t", b"\r", b"\n", b"\xef\xbb\xbf", b"x", b"[]"])


@given(st.lists(pieces, max_size=12).map(b"".join))
def test_an_hour_never_counts_fewer_lines_that_are_not_blank_than_its_files_do(content: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "raw.jsonl.gz"
        file.write_bytes(gzip.compress(content, mtime=0))
        conversion = convert_revisions(
            [RawRevisionFile("0" * 64, file)],
            app="acme/support",
            hour=Hour.from_key("2026112012"),
            messages_path=folder / "messages.parquet",
            quarantine_path=folder / "lines.parquet",
        )
        assert conversion.counts.lines - conversion.counts.blank >= count_lines(file)
