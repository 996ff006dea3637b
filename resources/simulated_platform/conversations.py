"""What the people of an app say in an hour: how much, when, to whom, and in which form.

The same seed, App Key and hour give the same lines in every process. Nothing here knows when the platform serves them;
that is `hour_files.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from random import Random

import orjson

from resources.hours.hour import Hour
from resources.simulated_platform.bodies import ORDINARY_BODIES, UNUSUAL_BODIES
from resources.simulated_platform.cast import Cast, Place, cast_of
from resources.simulated_platform.envelopes import UNUSUAL_ENVELOPES, ordinary
from resources.simulated_platform.identifiers import MESSAGE_ID_EPOCH
from resources.simulated_platform.simulated_app import SimulatedApp
from resources.simulated_platform.utterance import JsonObject, Utterance

UNUSUAL_FORMS = (*UNUSUAL_BODIES, *UNUSUAL_ENVELOPES)
"""The name of every deviation that occurs."""

_LIVELINESS_BY_HOUR = (
    *(0.15, 0.06, 0.02, 0.02, 0.02, 0.06, 0.25, 0.7, 1.2, 1.5, 1.6, 1.5),
    *(1.4, 1.5, 1.6, 1.6, 1.5, 1.6, 1.7, 1.9, 2.0, 1.6, 0.9, 0.4),
)
_MEAN_LIVELINESS = sum(_LIVELINESS_BY_HOUR) / 24
_NIGHT = 0.1
_CHANCE_OF_SILENCE_AT_NIGHT = 0.5
_CHANCE_OF_SILENCE_BY_DAY = 0.02

_ONE_UNUSUAL_IN = 12
_CHANCE_OF_LATE_MESSAGES = 0.3
_SHARE_OF_LATE_MESSAGES = 0.05
_SHARE_OF_DUPLICATES = 0.004

_HOUR_IN_MILLISECONDS = 3_600_000
_BODY_MAKERS = tuple(ORDINARY_BODIES)
_BODY_SHARES = tuple(ORDINARY_BODIES.values())
_FIRST_MOMENT = datetime.fromtimestamp(MESSAGE_ID_EPOCH, UTC)


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """One line of an hour's file.

    Attributes:
        text: The JSON object, UTF-8, keys in alphabetical order, without the newline.
        message_id: Its `msg_id`.
        form: The name of its deviation, one of `UNUSUAL_FORMS`; None when it is ordinary.
        is_late: Whether it is missing until the hour is settled.
    """

    text: bytes
    message_id: str
    form: str | None
    is_late: bool


@lru_cache(maxsize=64)
def hour_lines(app: SimulatedApp, hour: Hour) -> tuple[SimulatedLine, ...]:
    """Return every line of the settled hour in order of time, recorded twice where the platform does so."""
    if hour.start < _FIRST_MOMENT:
        return ()
    rng = Random(f"{app.seed}/{app.key}/{hour.key}")
    utterances = _utterances(app, hour, rng, _how_many(app, hour, rng))
    grows = rng.random() < _CHANCE_OF_LATE_MESSAGES
    last = len(utterances) - 1
    lines: list[SimulatedLine] = []
    for number, utterance in enumerate(utterances):
        form, line = _formed(utterance, hour)
        is_late = grows and (number == last or rng.random() < _SHARE_OF_LATE_MESSAGES)
        text = orjson.dumps(line, option=orjson.OPT_SORT_KEYS)
        lines.append(SimulatedLine(text, str(line["msg_id"]), form, is_late))
        if rng.random() < _SHARE_OF_DUPLICATES:
            lines.append(rng.choice(lines))
    return tuple(lines)


def _how_many(app: SimulatedApp, hour: Hour, rng: Random) -> int:
    liveliness = _LIVELINESS_BY_HOUR[hour.start.astimezone(app.hour_zone).hour]
    chance_of_silence = _CHANCE_OF_SILENCE_AT_NIGHT if liveliness < _NIGHT else _CHANCE_OF_SILENCE_BY_DAY
    if rng.random() < chance_of_silence:
        return 0
    expected = app.mean_messages_per_hour * liveliness / _MEAN_LIVELINESS
    unevenness = 6.0
    return int(expected * rng.gammavariate(unevenness, 1 / unevenness) + rng.random())


def _utterances(app: SimulatedApp, hour: Hour, rng: Random, how_many: int) -> list[Utterance]:
    cast = cast_of(app)
    turns: list[tuple[int, str, str, Place, bool]] = []
    while len(turns) < how_many:
        turns.extend(_exchange(rng, cast))
    turns = sorted(turns[:how_many], key=lambda turn: turn[0])
    start = int(hour.start.timestamp()) * 1000
    said: list[Utterance] = []
    for number, (offset, sender, recipient, place, opens) in enumerate(turns):
        earlier = said[rng.randrange(number)].message_id if number else None
        said.append(Utterance(app, rng, start + offset, number, sender, recipient, place, opens, earlier))
    return said


def _exchange(rng: Random, cast: Cast) -> Iterator[tuple[int, str, str, Place, bool]]:
    (places,) = rng.choices((cast.chats, cast.groups, cast.rooms), (60, 30, 10))
    place = rng.choice(places)
    offset = rng.randrange(_HOUR_IN_MILLISECONDS)
    speaker = rng.randrange(len(place.members))
    for turn in range(1 + int(rng.expovariate(1 / 5))):
        sender = place.members[speaker]
        speaker = (speaker + rng.randint(1, len(place.members) - 1)) % len(place.members)
        yield offset, sender, place.shared_id or place.members[speaker], place, turn == 0
        offset += rng.randint(1_500, 45_000)
        if offset >= _HOUR_IN_MILLISECONDS:
            return


def _formed(utterance: Utterance, hour: Hour) -> tuple[str | None, JsonObject]:
    """Deal unusual forms out in turn rather than by chance, so that each occurs within days in a lively app."""
    hours_since_1970 = int(hour.start.timestamp()) // 3600
    turn, place_in_turn = divmod(utterance.number + hours_since_1970, _ONE_UNUSUAL_IN)
    if place_in_turn:
        (make,) = utterance.rng.choices(_BODY_MAKERS, _BODY_SHARES)
        return None, ordinary(utterance, make(utterance))
    form = UNUSUAL_FORMS[(hours_since_1970 * 5 + turn) % len(UNUSUAL_FORMS)]
    if form in UNUSUAL_BODIES:
        return form, ordinary(utterance, UNUSUAL_BODIES[form](utterance))
    return form, UNUSUAL_ENVELOPES[form](utterance)
