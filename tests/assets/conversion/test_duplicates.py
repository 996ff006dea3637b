"""Duplicates and conflicts over windows, against the plainest rule: a row is a duplicate if an earlier one is equal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion import duplicates as module
from assets.conversion.columns import columns_of_messages, rows_at
from assets.conversion.duplicates import Duplicates, keys_of
from assets.conversion.ids import Ids
from assets.conversion.message import Message

MESSAGES = st.builds(
    lambda msg_id, timestamp, latitude, ext: Message(msg_id, timestamp, latitude=latitude, ext=ext),
    msg_id=st.sampled_from(["1", "01", "1418038712905770616", "a", "99999999999999999999"]),
    timestamp=st.integers(0, 1),
    latitude=st.sampled_from([None, 0.0, -0.0]),
    ext=st.sampled_from([None, "{}"]),
)


def identity(message: Message) -> tuple[object, ...]:
    """Tell 0.0 and -0.0 apart."""
    return tuple(repr(value) for value in message)


def written(windows: list[list[Message]], folder: Path, most_set_aside: int) -> tuple[list[str], Duplicates]:
    """Return what is written of windows of messages, in order, as their ids' and columns' texts."""
    duplicates, rows, position = Duplicates(folder, most_set_aside), [], 0
    for number, window in enumerate(windows):
        more = number + 1 < len(windows)
        tables = []
        if window:
            parts = columns_of_messages(window, np.arange(position, position + len(window)))
            tables.append(rows_at(parts, duplicates.admit(parts)))
            position += len(window)
        tables.append(duplicates.late_rows(more=more))
        for table in tables:
            rows += [repr(row) for row in table.to_pylist()]
            if more and len(table):
                duplicates.remember(table)
    return rows, duplicates


@settings(max_examples=150)
@given(windows=st.lists(st.lists(MESSAGES, max_size=8), max_size=4), most_set_aside=st.integers(0, 9))
@pytest.mark.parametrize("all_ids_collide", [False, True])
def test_of_rows_that_are_the_same_one_stays_wherever_windows_end(
    windows: list[list[Message]], most_set_aside: int, all_ids_collide: bool
) -> None:
    messages = [message for window in windows for message in window]
    distinct = list({identity(message): message for message in messages}.values())
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if all_ids_collide:
            patch.setattr(module, "keys_of", lambda ids: np.zeros(len(ids), np.uint64))
        rows, duplicates = written(windows, Path(folder), most_set_aside)
    once = columns_of_messages(distinct, np.arange(len(distinct))) if distinct else None
    expected = rows_at(once, np.arange(len(distinct))).to_pylist() if once else []
    assert Counter(rows) == Counter(map(repr, expected))
    assert duplicates.duplicates == len(messages) - len(distinct)
    assert duplicates.conflicts == len(distinct) - len({message.msg_id for message in distinct})


@given(st.lists(st.text("0123456789٣a", max_size=21)))
def test_equal_ids_have_equal_keys_and_few_others_do(ids: list[str]) -> None:
    messages = [Message(msg_id, 0) for msg_id in [*ids, *ids, "1"]]
    column: Ids = columns_of_messages(messages, np.arange(len(messages))).envelope.column("msg_id")
    keys = keys_of(column).tolist()
    assert keys[: len(ids)] == keys[len(ids) : -1]
    assert keys[-1] == 1
