"""What is said: repeatable, shaped as documented, and rich in every documented deviation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import timedelta, timezone
from typing import Any

import orjson
import pytest

from resources.hours.hour import Hour, hours_between
from resources.simulated_platform import SimulatedApp
from resources.simulated_platform.conversations import UNUSUAL_FORMS, SimulatedLine, hour_lines
from resources.simulated_platform.identifiers import MESSAGE_ID_EPOCH

APP = SimulatedApp("acme", "support")
FIRST = Hour.from_key("2026110100")
THREE_DAYS = tuple(hours_between(FIRST, FIRST.plus(71)))
EVENING = FIRST.plus(20)


def lines_of_three_days(app: SimulatedApp = APP) -> list[SimulatedLine]:
    return [line for hour in THREE_DAYS for line in hour_lines(app, hour)]


def read(line: SimulatedLine) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(line.text)
    return content


LINES = lines_of_three_days()
FORMS = {line.form for line in LINES}
CHAT_TYPES = {read(line)["chat_type"] for line in LINES}
BODIES = [body for line in LINES for body in read(line)["payload"]["bodies"]]


def test_another_process_says_the_same() -> None:
    program = (
        "import hashlib\n"
        "from resources.hours.hour import Hour\n"
        "from resources.simulated_platform import SimulatedApp\n"
        "from resources.simulated_platform.conversations import hour_lines\n"
        f"lines = hour_lines(SimulatedApp('acme', 'support'), Hour.from_key('{EVENING.key}'))\n"
        "print(*(line.text.decode() for line in lines), sep='\\n', end='')\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONIOENCODING": "utf-8"}
    other = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    assert other.stdout == b"\n".join(line.text for line in hour_lines(APP, EVENING))


@pytest.mark.parametrize(
    "other",
    [SimulatedApp("acme", "support", seed=2), SimulatedApp("acme", "sales"), SimulatedApp("other", "support")],
    ids=["seed", "app", "org"],
)
def test_another_seed_or_app_says_something_else(other: SimulatedApp) -> None:
    assert hour_lines(other, EVENING) != hour_lines(APP, EVENING)


def test_every_message_lies_in_its_hour() -> None:
    for hour in THREE_DAYS:
        first, end = hour.start.timestamp() * 1000, hour.end.timestamp() * 1000
        assert all(first <= int(read(line)["timestamp"]) < end for line in hour_lines(APP, hour))


def test_decimal_message_ids_carry_their_second() -> None:
    for line in map(read, LINES):
        if "-" not in line["msg_id"]:
            assert (int(line["msg_id"]) >> 32) + MESSAGE_ID_EPOCH == int(line["timestamp"]) // 1000
            assert len(line["msg_id"]) in range(17, 20)


def test_message_ids_differ_between_messages_hours_and_apps() -> None:
    texts_by_id: dict[str, set[bytes]] = defaultdict(set)
    for app in (APP, SimulatedApp("acme", "sales"), SimulatedApp("other", "support")):
        for line in lines_of_three_days(app):
            texts_by_id[line.message_id].add(line.text)
    assert {len(texts) for texts in texts_by_id.values()} == {1}


def test_a_few_lines_are_recorded_twice() -> None:
    lines = LINES
    duplicates = len(lines) - len({line.message_id for line in lines})
    assert 0 < duplicates < len(lines) / 100


def test_keys_stand_in_alphabetical_order() -> None:
    for line in LINES:
        assert orjson.dumps(orjson.loads(line.text), option=orjson.OPT_SORT_KEYS) == line.text


def test_a_line_holds_no_newline() -> None:
    assert not any(b"\n" in line.text for line in LINES)


@pytest.mark.parametrize("form", UNUSUAL_FORMS)
def test_every_unusual_form_occurs_within_three_days(form: str) -> None:
    assert form in FORMS


@pytest.mark.parametrize("body_type", ["txt", "img", "loc", "audio", "video", "file", "cmd", "custom", "unknown", None])
def test_every_body_type_occurs_within_three_days(body_type: str | None) -> None:
    assert body_type in {body.get("type") for body in BODIES}


@pytest.mark.parametrize("chat_type", ["chat", "groupchat", "chatroom", "edit", "recall"])
def test_every_chat_type_occurs_within_three_days(chat_type: str) -> None:
    assert chat_type in CHAT_TYPES


@pytest.mark.parametrize(
    ("body_type", "field", "kinds"),
    [
        ("img", "secret", {str, type(None)}),
        ("img", "thumb", {str, type(None)}),
        ("img", "thumbFilename", {str, type(None)}),
        ("loc", "lat", {float, str}),
        ("audio", "length", {int}),
        ("video", "thumb_secret", {str, type(None)}),
        ("file", "file_length", {int, str}),
        ("cmd", "action", {str, type(None)}),
        ("cmd", "msg", {str, type(None)}),
        ("custom", "customExts", {list, dict, type(None)}),
        ("custom", "v2:customExts", {dict, type(None)}),
        ("txt", "subType", {str, type(None)}),
        (None, "subType", {str}),
    ],
)
def test_a_field_occurs_in_each_documented_kind(body_type: str | None, field: str, kinds: set[type]) -> None:
    assert {type(body.get(field)) for body in BODIES if body.get("type") == body_type} == kinds


@pytest.mark.parametrize("character", ["\u2028", "\u0301", "\u200d", "😂", "好", "س", "\u202b", "\u0000", "\n", '"'])
def test_texts_hold_every_kind_of_character(character: str) -> None:
    assert any(character in str(body.get("msg")) for body in BODIES)


def test_one_to_one_conversations_go_both_ways() -> None:
    said = {(read(line)["from"], read(line)["to"]) for line in hour_lines(APP, EVENING)}
    assert any((recipient, sender) in said for sender, recipient in said)


def test_a_thread_names_its_group() -> None:
    (first, *_) = (read(line) for line in LINES if line.form == "thread")
    thread = first["payload"]["meta"]["thread"]
    assert first["chat_type"] == "groupchat"
    assert first["payload"]["to"] == first["to"] != thread["muc_parent_id"]
    assert set(thread) == {"msg_parent_id", "muc_parent_id", "thread_name"}


def test_nights_are_quieter_than_evenings_and_some_hours_are_silent() -> None:
    said = {hour: len(hour_lines(APP, hour)) for hour in THREE_DAYS}
    by_hour: Counter[int] = Counter()
    for hour, count in said.items():
        by_hour[hour.start.hour] += count
    assert by_hour[3] * 10 < by_hour[20]
    assert 0 in said.values()


def test_night_falls_by_the_zone_of_the_app() -> None:
    china = SimulatedApp("acme", "support", hour_zone=timezone(timedelta(hours=8)))
    by_hour: Counter[int] = Counter()
    for hour in THREE_DAYS:
        by_hour[hour.start.hour] += len(hour_lines(china, hour))
    assert by_hour[19] * 10 < by_hour[12]


def test_a_day_has_about_as_many_messages_as_asked_for() -> None:
    lively = SimulatedApp("acme", "support", mean_messages_per_hour=400)
    assert len(lines_of_three_days(lively)) == pytest.approx(72 * 400, rel=0.2)


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"people": 1}, "set people to 2"),
        ({"urls_per_hour": 0}, "Set urls_per_hour to 1"),
        ({"hour_zone": timezone(timedelta(hours=5, minutes=30))}, "Use a zone of whole hours"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        SimulatedApp("acme", "support", **settings)


def test_nobody_speaks_before_message_ids_begin() -> None:
    assert hour_lines(APP, Hour.from_key("2014010112")) == ()


def test_two_people_are_enough() -> None:
    small = SimulatedApp("acme", "support", people=2)
    assert hour_lines(small, EVENING)
