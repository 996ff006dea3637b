"""Who chats in an app, and where: its people, and the one-to-one conversations, groups and rooms they meet in.

Names and places only; when they speak lies in `conversations.py`, what they say in `phrases.py` and `bodies.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from resources.simulated_platform.phrases import LANGUAGES
from resources.simulated_platform.simulated_app import SimulatedApp

_GIVEN_NAMES = (
    *("amira", "bao", "carlos", "dina", "elif", "femi", "grace", "hana", "ivan", "jun", "kofi", "lena"),
    *("mei", "nadia", "omar", "priya", "quentin", "rosa", "sami", "tariq", "uma", "victor", "wei", "yara"),
)
_FAMILY_NAMES = ("abe", "blanc", "chen", "diaz", "eze", "fonseca", "gupta", "haddad", "ito", "jansen", "khan", "liu")

_FIRST_GROUP_ID = 40_659_491_815_425
_FIRST_ROOM_ID = 212_849_170_546_689
_STEP_BETWEEN_IDS = 1_048_576


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages are exchanged.

    Attributes:
        chat_type: `chat`, `groupchat` or `chatroom`.
        members: The user ids of those who speak there; exactly two in a `chat`.
        shared_id: The group's or room's id; None in a `chat`, where each writes to the other.
        language: The language spoken there, a key of `phrases.LANGUAGES`.
    """

    chat_type: str
    members: tuple[str, ...]
    shared_id: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and every place of one app."""

    people: tuple[str, ...]
    chats: tuple[Place, ...]
    groups: tuple[Place, ...]
    rooms: tuple[Place, ...]


@lru_cache(maxsize=32)
def cast_of(app: SimulatedApp) -> Cast:
    """Return the app's cast, the same in every process."""
    rng = Random(f"{app.seed}/{app.key}/cast")
    languages = tuple(LANGUAGES)
    people = tuple(_user_id(number) for number in range(app.people))

    def shared(chat_type: str, number: int, first_id: int, most: int) -> Place:
        members = tuple(rng.sample(people, min(len(people), rng.randint(2, most))))
        return Place(chat_type, members, str(first_id + number * _STEP_BETWEEN_IDS), rng.choice(languages))

    chats = tuple(
        Place("chat", tuple(rng.sample(people, 2)), None, rng.choice(languages)) for _ in range(2 * app.people)
    )
    groups = tuple(shared("groupchat", number, _FIRST_GROUP_ID, 12) for number in range(1 + app.people // 8))
    rooms = tuple(shared("chatroom", number, _FIRST_ROOM_ID, 30) for number in range(1 + app.people // 20))
    return Cast(people, chats, groups, rooms)


def _user_id(number: int) -> str:
    rest, given = divmod(number, len(_GIVEN_NAMES))
    round_trip, family = divmod(rest + given, len(_FAMILY_NAMES))
    suffix = str(round_trip) if rest >= len(_FAMILY_NAMES) else ""
    return f"{_GIVEN_NAMES[given]}.{_FAMILY_NAMES[family]}{suffix}"
