"""Telling the rows that repeat an earlier row of the hour, exactly, in bounded memory.

A key of 64 bits a message finds candidates, and keys are all that is held in memory of rows that were written. Whether
a candidate repeats a row is decided by comparing every column of both; for that, rows that were written are kept in a
temporary folder while more may come.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.conversion.columns import RowParts, rows_at
from assets.conversion.ids import Ids, numbers_of
from assets.conversion.ids import Numbers as Keys
from assets.conversion.lines import Integers
from assets.conversion.schema import MESSAGES_SCHEMA

_MSG_ID: Final = MESSAGES_SCHEMA.get_field_index("msg_id")


class Duplicates:
    """What is known of the rows seen so far.

    Args:
        folder: A private, empty folder for rows that were written.
        most_set_aside: So many candidates are gathered before they are compared.

    Attributes:
        duplicates: Rows that were dropped: the same as an earlier one in every column.
        conflicts: Rows that were kept although an earlier one has their msg_id.
    """

    def __init__(self, folder: Path, most_set_aside: int) -> None:
        self._folder = folder
        self._most_set_aside = most_set_aside
        self._seen = _SeenKeys()
        self._written: list[Path] = []
        self._aside: list[pa.Table] = []
        self.duplicates = 0
        self.conflicts = 0

    def admit(self, parts: RowParts) -> Integers:
        """Return the places of the rows that are new. Those that may repeat a written row are set aside."""
        positions = parts.positions
        keys = keys_of(parts.envelope.column("msg_id"))
        order = np.lexsort((positions, keys))
        keys = keys[order]
        written = self._seen.contain(keys)
        follows_same = np.concatenate(([False], keys[1:] == keys[:-1]))
        shared = (follows_same | np.concatenate((follows_same[1:], [False]))) & ~written
        if written.any():
            self._aside.append(rows_at(parts, _in_order(order[written], positions)))
        kept = order[~shared & ~written]
        if shared.any():
            places = _in_order(order[shared], positions)
            rows = rows_at(parts, places)
            first = _first_of_each(rows)
            self._count(rows, first)
            kept = np.concatenate((kept, places[first]))
        return kept

    def remember(self, rows: pa.Table) -> None:
        """Keep rows that were written, since more may come."""
        path = self._folder / f"{len(self._written)}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, MESSAGES_SCHEMA) as writer:
            writer.write_table(rows)
        self._written.append(path)
        self._seen.add(keys_of(rows.column(_MSG_ID)))

    def late_rows(self, *, more: bool) -> pa.Table:
        """Return those of the rows set aside that are new after all, once enough are gathered or no more come."""
        if not self._aside or (more and sum(map(len, self._aside)) < self._most_set_aside):
            return MESSAGES_SCHEMA.empty_table()
        rows = pa.concat_tables(self._aside)
        self._aside = []
        first = _first_of_each(rows)
        new = rows.take(first)
        namesakes: set[str] = set()
        for path in self._written:
            candidates = _rows_with_key(path, keys_of(new.column(_MSG_ID)))
            if len(candidates):
                namesakes.update(map(str, candidates.column(_MSG_ID).to_pylist()))
                both = pa.concat_tables([candidates, new])
                firsts = _first_of_each(both)
                new = both.take(firsts[firsts >= len(candidates)])
        self.duplicates += len(rows) - len(new)
        ids = list(map(str, new.column(_MSG_ID).to_pylist()))
        self.conflicts += len(ids) - len(set(ids) - namesakes)
        return new

    def _count(self, rows: pa.Table, first: Integers) -> None:
        self.duplicates += len(rows) - len(first)
        self.conflicts += len(first) - len(pc.unique(rows.column(_MSG_ID)))


def keys_of(ids: Ids) -> Keys:
    """Return a key for each id: equal ids have equal keys. The keys of one process mean nothing to another."""
    keys, decimal = numbers_of(ids)
    if not decimal.all():
        others = np.flatnonzero(~decimal)
        names = ids.take(others).to_pylist()
        keys = keys.copy()
        keys[others] = np.fromiter(map(hash, names), np.int64, len(names)).view(np.uint64)
    return keys


def _in_order(places: Integers, positions: Integers) -> Integers:
    return places[np.argsort(positions[places], kind="stable")]


def _first_of_each(rows: pa.Table) -> Integers:
    """Return, ascending, the numbers of the rows that are not the same as an earlier one in every column."""
    numbered = rows.append_column("number", pa.array(np.arange(len(rows))))
    groups = numbered.group_by(rows.column_names, use_threads=False).aggregate([("number", "min")])
    return np.sort(groups.column("number_min").to_numpy())


def _rows_with_key(path: Path, keys: Keys) -> pa.Table:
    """Return the rows of a file whose msg_id has one of the keys."""
    only_ids = pa.ipc.IpcReadOptions(included_fields=[_MSG_ID])
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_file(source, options=only_ids) as reader:
        ids = reader.read_all().column(0)
    places = np.flatnonzero(np.isin(keys_of(ids), keys))
    if not len(places):
        return MESSAGES_SCHEMA.empty_table()
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_file(source) as reader:
        return reader.read_all().take(places)


class _SeenKeys:
    """A set of keys as a few sorted arrays, each at least twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[Keys] = []

    def add(self, keys: Keys) -> None:
        run = np.sort(keys)
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate((self._runs.pop(), run)), kind="stable")
        self._runs.append(run)

    def contain(self, ascending: Keys) -> npt.NDArray[np.bool_]:
        """Tell of each key, given in ascending order, whether it is in the set."""
        found = np.zeros(len(ascending), bool)
        for run in self._runs:
            places = np.searchsorted(run, ascending)
            places[places == len(run)] = 0
            found |= run[places] == ascending
        return found
