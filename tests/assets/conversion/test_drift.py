from __future__ import annotations

from typing import Any

import pytest

from assets.conversion.drift import LONGEST_NAME, MOST_NAMES, OTHER_NAMES, Drift, OddityKind, oddities_of
from assets.conversion.message import Message, decode_line
from tests.assets.conversion.hours import line_of

NAMES = {"from": "alice", "to": "bob"}


def message(**fields: Any) -> Message:
    decoded = decode_line(line_of(**fields))
    assert isinstance(decoded, Message)
    return decoded


def with_body(*bodies: Any, **payload: Any) -> Message:
    return message(payload={**NAMES, "bodies": list(bodies), **payload})


@pytest.mark.parametrize(
    ("odd", "oddities"),
    [
        (message(is_broadcast=True), ["unknown_field is_broadcast"]),
        (message(timestamp="1795392000123"), ["coerced timestamp"]),
        (message(msg_id=5), ["coerced msg_id"]),
        (message(direction=[1]), ["not_held direction"]),
        (message(payload="x"), ["not_held payload"]),
        (message(chat_type="edit"), ["unknown_chat_type edit"]),
        (with_body({"type": "txt", "msg": "a"}, risk=1), ["unknown_field payload.risk"]),
        (
            with_body({"type": "hologram", "frames": []}),
            ["unknown_body_type hologram", "unknown_field payload.bodies[].frames"],
        ),
        (with_body({"type": "file", "file_length": "9"}), ["coerced payload.bodies[].file_length"]),
        (with_body({"type": "file", "file_length": "9 kB"}), ["not_held payload.bodies[].file_length"]),
        (
            with_body({"type": "img", "size": {"width": "9", "d": 1}}),
            ["coerced payload.bodies[].size.width", "unknown_field payload.bodies[].size.d"],
        ),
        (with_body({"type": "img", "size": 5}), ["not_held payload.bodies[].size"]),
        (with_body({"type": "txt", "msg": "a"}, "x"), ["not_held payload.bodies[]"]),
        (
            with_body({"type": "txt", "msg": "a"}, {"type": "txt", "msg": "b", "q": 1}),
            ["unknown_field payload.bodies[].q"],
        ),
        (message(payload={**NAMES, "bodies": {}}), ["not_held payload.bodies"]),
        (
            with_body({"type": "txt", "msg": "a"}, meta={"x": 1, "thread": {"y": 1}}),
            ["unknown_field payload.meta.thread.y", "unknown_field payload.meta.x"],
        ),
    ],
)
def test_what_no_documentation_names_is_told(odd: Message, oddities: list[str]) -> None:
    assert sorted(f"{kind} {name}" for kind, name in oddities_of(odd)) == oddities


@pytest.mark.parametrize(
    "documented",
    [
        message(),
        message(**{"from": "acme#support_alice@easemob.com"}),
        with_body({"type": "cmd", "msg": "rr"}),
        with_body({"type": "file", "file_name": "n"}),
        with_body({"type": "custom", "customExts": [{"name": 1}]}),
        with_body(
            {"type": "txt", "msg": "old", "subType": "sub_combine", "title": "t", "combineLevel": 1, "summary": "s"}
        ),
        with_body({"type": "img", "thumbFilename": "t"}),
        with_body({"type": "txt", "msg": "a"}, {"type": "cmd", "action": "b"}),
        with_body(
            {"type": "txt", "msg": "a"},
            meta={"thread": {"msg_parent_id": "1", "thread_name": "n", "muc_parent_id": "2"}},
        ),
        with_body(),
    ],
)
def test_no_documented_form_is_odd(documented: Message) -> None:
    assert list(oddities_of(documented)) == []


def test_a_report_counts_lines_and_names_the_first_of_each() -> None:
    drift = Drift()
    drift.note(with_body({"type": "txt", "a": 1}, {"type": "txt", "a": 1}), "f00d", 7)
    drift.note(with_body({"type": "txt", "a": 1, "b": 1}), "beef", 3)
    assert [
        (oddity.name, oddity.lines, oddity.first_revision, oddity.first_line_number) for oddity in drift.report
    ] == [
        ("payload.bodies[].a", 2, "f00d", 7),
        ("payload.bodies[].b", 1, "beef", 3),
    ]


def test_strangers_cannot_fill_the_report_with_names() -> None:
    drift = Drift()
    drift.note(message(**{"x" * (LONGEST_NAME + 1): 1}), "f00d", 1)
    for number in range(MOST_NAMES + 20):
        drift.note(message(**{f"field{number}": 1}), "f00d", number)
    assert len(drift.report) == MOST_NAMES
    other = next(oddity for oddity in drift.report if oddity.name == OTHER_NAMES)
    assert (other.kind, other.lines) == (OddityKind.UNKNOWN_FIELD, 22)
