"""From decoded lines to Arrow columns, kept in two parts until rows are wanted.

Nearly every row has an envelope, a text and perhaps an `ext`; only one in five has a file, a place or a command. So the
columns of the second kind hold only the rows that have something in them, and every row says where its details are.
Which rows stay, and in which order they are written, is not decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import UNSET

from assets.conversion.bodies import VALUES_OF_BODIES
from assets.conversion.common_line import BODY_KINDS, Body, CommonLine, TextBody
from assets.conversion.lines import Integers
from assets.conversion.message import CONVERSATION_SEPARATOR, Message
from assets.conversion.schema import MESSAGES_SCHEMA

POSITION: Final = "position"
"""A column of the envelope: the row's place among all lines of the hour."""

ONE_TO_ONE: Final = "chat"
"""The chat type of messages between two users."""

_DETAIL: Final = "detail"
_TEXT: Final = pa.string()
_IN_ENVELOPE: Final = frozenset(
    {
        *("msg_id", "timestamp", "chat_type", "conversation_id", "sender", "recipient", "direction"),
        *("body_type", "text", "ext", "extra"),
    }
)


_ENVELOPE_SCHEMA: Final[pa.Schema] = pa.schema(
    [
        pa.field(POSITION, pa.int64()),
        pa.field(_DETAIL, pa.int32()),
        *(field.remove_metadata() for field in MESSAGES_SCHEMA if field.name in _IN_ENVELOPE),
    ]
)
_DETAILS_SCHEMA: Final[pa.Schema] = pa.schema(
    [field.remove_metadata() for field in MESSAGES_SCHEMA if field.name not in _IN_ENVELOPE]
)

_KIND_NUMBERS: Final[dict[type, int]] = {kind: number for number, kind in enumerate(BODY_KINDS)}
_KIND_NAMES: Final = pa.array([kind.__struct_config__.tag for kind in BODY_KINDS], _TEXT)


@dataclass(frozen=True, slots=True)
class RowParts:
    """Some rows in their two parts.

    Attributes:
        envelope: What nearly every row has, with its position and the number of its details.
        details: What some rows have, one table after the other, each with only the columns that it has anything in.
    """

    envelope: pa.Table
    details: tuple[pa.Table, ...]

    @property
    def positions(self) -> Integers:
        """Where each row stands among all lines of the hour."""
        positions: Integers = self.envelope.column(POSITION).to_numpy()
        return positions

    @property
    def detail_numbers(self) -> Integers:
        """Where each row's details are; -1 for a row without any."""
        column: Any = self.envelope.column(_DETAIL)
        numbers: Integers = column.fill_null(-1).to_numpy()
        return numbers


class CommonRows:
    """Lines of the usual form, their fields side by side.

    Args:
        lines: The lines, in order.
    """

    def __init__(self, lines: Sequence[CommonLine]) -> None:
        payloads = [line.payload for line in lines]
        self.lines = lines
        self._places: dict[type, list[int]] = {}
        self.bodies: list[Body] = [payload.bodies[0] for payload in payloads]
        self.kinds: npt.NDArray[np.int8] = np.fromiter(
            map(_KIND_NUMBERS.__getitem__, map(type, self.bodies)), np.int8, len(lines)
        )
        exts = [None if (ext := payload.ext) is UNSET else bytes(ext) for payload in payloads]
        self.exts = pa.array(exts, pa.binary())
        self.senders = [payload.sender for payload in payloads]
        self.recipients = [payload.recipient for payload in payloads]
        self.outer_senders = [line.outer_sender for line in lines]
        self.outer_recipients = [line.outer_recipient for line in lines]

    def places_of(self, kind: type) -> list[int]:
        """Return which lines have a body of that kind."""
        if kind not in self._places:
            self._places[kind] = np.flatnonzero(self.kinds == _KIND_NUMBERS[kind]).tolist()
        return self._places[kind]

    def bodies_of(self, kind: type) -> list[Any]:
        """Return the bodies of that kind."""
        return [self.bodies[place] for place in self.places_of(kind)]

    @cached_property
    def with_other_names(self) -> list[int]:
        """Which lines have a `from` or `to` of their own that is not that of their payload."""
        if self.outer_senders == self.senders and self.outer_recipients == self.recipients:
            return []
        names = zip(self.outer_senders, self.senders, self.outer_recipients, self.recipients, strict=True)
        return [place for place, (one, two, three, four) in enumerate(names) if one != two or three != four]


def columns_of_common(rows: CommonRows, positions: Integers) -> RowParts:
    """Build the columns of lines of the usual form."""
    lines, bodies = rows.lines, rows.bodies
    details, detail_numbers = _details_of(rows)
    chat_types = pa.array([line.chat_type for line in lines], _TEXT)
    senders, recipients = pa.array(rows.senders, _TEXT), pa.array(rows.recipients, _TEXT)
    columns = {
        POSITION: pa.array(positions),
        _DETAIL: pa.array(detail_numbers, mask=detail_numbers < 0),
        "msg_id": pa.array([line.msg_id for line in lines], _TEXT),
        "timestamp": _timestamps([line.timestamp for line in lines]),
        "chat_type": chat_types,
        "conversation_id": _conversation_ids(chat_types, senders, recipients),
        "sender": senders,
        "recipient": recipients,
        "direction": pa.array([line.direction for line in lines], _TEXT),
        "body_type": pa.DictionaryArray.from_arrays(rows.kinds, _KIND_NAMES).cast(_TEXT),
        "text": pa.array([body.msg if type(body) is TextBody else None for body in bodies], _TEXT),
        "ext": rows.exts.cast(_TEXT),
        "extra": pa.array(_extras_of(rows), _TEXT) if rows.with_other_names else pa.nulls(len(lines), _TEXT),
    }
    return RowParts(_table(columns, _ENVELOPE_SCHEMA), details)


def columns_of_texts(columns: dict[str, pa.Array[Any]], positions: Integers) -> RowParts:
    """Complete the columns of messages that are a text, perhaps with an `ext`, and nothing else."""
    count = len(positions)
    constant = {
        _DETAIL: pa.nulls(count, pa.int32()),
        "body_type": pa.repeat(TextBody.__struct_config__.tag, count),
        "ext": pa.nulls(count, _TEXT),
        "extra": pa.nulls(count, _TEXT),
    }
    return RowParts(_table({POSITION: pa.array(positions)} | constant | columns, _ENVELOPE_SCHEMA), ())


def columns_of_messages(messages: Sequence[Message], positions: Integers) -> RowParts:
    """Build the columns of messages that were read one by one."""
    columns = dict(zip(Message._fields, map(list, zip(*messages, strict=True)), strict=True))
    timestamps = _timestamps(columns.pop("timestamp"))
    arrays = {name: pa.array(values, MESSAGES_SCHEMA.field(name).type) for name, values in columns.items()}
    arrays |= {
        "timestamp": timestamps,
        POSITION: pa.array(positions),
        _DETAIL: pa.array(range(len(messages)), pa.int32()),
    }
    return RowParts(_table(arrays, _ENVELOPE_SCHEMA), (_table(arrays, _DETAILS_SCHEMA),))


def text_buffers(array: pa.Array[Any]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Return where each text of an array ends, after a 0, and the bytes of all of them, without a copy."""
    _, offsets, content = array.buffers()
    if offsets is None or content is None:
        return np.zeros(len(array) + 1, np.int32), np.zeros(0, np.uint8)
    if array.offset:
        raise ValueError("A slice of an array does not begin at its buffers' beginning.")
    ends: npt.NDArray[np.int32] = np.frombuffer(memoryview(offsets), np.int32)[: len(array) + 1]
    return ends, np.frombuffer(memoryview(content), np.uint8)[: ends[-1]]


def joined(parts: Sequence[RowParts]) -> RowParts:
    """Return several parts as one, its details in one table with all columns."""
    envelope = pa.concat_tables([part.envelope for part in parts]).combine_chunks()
    lengths = [sum(map(len, part.details)) for part in parts]
    before = np.repeat(np.cumsum([0, *lengths[:-1]]), [len(part.envelope) for part in parts])
    place = _ENVELOPE_SCHEMA.get_field_index(_DETAIL)
    numbers = pc.add(envelope.column(place), pa.array(before, pa.int32()))
    tables = [_NO_DETAILS, *(table for part in parts for table in part.details)]
    details = pa.concat_tables(tables, promote_options="default").combine_chunks()
    return RowParts(envelope.set_column(place, _ENVELOPE_SCHEMA.field(place), numbers), (details,))


def rows_at(parts: RowParts, places: Integers) -> pa.Table:
    """Put rows of the messages table together.

    Args:
        parts: All rows there are, joined.
        places: Which of them, in this order.
    """
    envelope = parts.envelope.take(places)
    details = parts.details[0].take(envelope.column(_DETAIL))
    columns = {name: envelope.column(name) for name in _IN_ENVELOPE}
    return _table(columns | {name: details.column(name) for name in _DETAILS_SCHEMA.names}, MESSAGES_SCHEMA)


def _conversation_ids(chat_types: pa.Array[Any], senders: pa.Array[Any], recipients: pa.Array[Any]) -> pa.Array[Any]:
    """Return whose conversation each message belongs to; the rule is that of `message.py`."""
    one_to_one = pc.equal(chat_types, pa.scalar(ONE_TO_ONE))
    conversation_ids: pa.Array[Any] = pc.if_else(one_to_one, one_to_one_ids(senders, recipients), recipients)
    return conversation_ids


def one_to_one_ids(senders: pa.Array[Any], recipients: pa.Array[Any]) -> pa.Array[Any]:
    """Return the conversation ids of messages between two users."""
    ordered = pc.less_equal(senders, recipients)  # by UTF-8 bytes, which have the order of code points
    first, second = pc.if_else(ordered, senders, recipients), pc.if_else(ordered, recipients, senders)
    ids: pa.Array[Any] = pc.binary_join_element_wise(first, second, CONVERSATION_SEPARATOR)
    return ids


def _details_of(rows: CommonRows) -> tuple[tuple[pa.Table, ...], npt.NDArray[np.int32]]:
    numbers = np.full(len(rows.lines), -1, np.int32)
    tables, before = [], 0
    for kind, values_of in VALUES_OF_BODIES.items():
        places = rows.places_of(kind)
        if places:
            values = values_of(rows.bodies_of(kind))
            numbers[places] = np.arange(before, before + len(places), dtype=np.int32)
            before += len(places)
            arrays = [pa.array(column, _DETAILS_SCHEMA.field(name).type) for name, column in values.items()]
            tables.append(pa.Table.from_arrays(arrays, list(values)))
    return tuple(tables), numbers


def _extras_of(rows: CommonRows) -> list[str | None]:
    """Return what the line's own names say where the payload has others."""
    extras: list[str | None] = [None] * len(rows.lines)
    for place in rows.with_other_names:
        rest = {}
        if rows.outer_senders[place] != rows.senders[place]:
            rest["from"] = rows.outer_senders[place]
        if rows.outer_recipients[place] != rows.recipients[place]:
            rest["to"] = rows.outer_recipients[place]
        extras[place] = orjson.dumps(rest).decode()
    return extras


def _timestamps(milliseconds: list[int]) -> pa.Array[Any]:
    return pa.array(milliseconds, pa.int64()).cast(MESSAGES_SCHEMA.field("timestamp").type)


def _table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


_NO_DETAILS: Final = _DETAILS_SCHEMA.empty_table()
