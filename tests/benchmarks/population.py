"""Who writes to whom in generated files: a few users and groups are very busy, most are quiet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

USERS: Final = 20_000

_GROUPS = 2_500
_ROOMS = 60
_FIRST_GROUP_ID = 212_849_170_546_689
_STEP_BETWEEN_IDS = 1_048_577
_PLACES_OF_A_USER = ("chat",) * 9 + ("groupchat",) * 6 + ("chatroom",)
_NAMES = ("amira", "bao", "carlos", "dina", "elif", "femi", "grace", "hana", "ivan", "jun", "kofi", "lena", "mei")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a user writes.

    Attributes:
        chat_type: `chat`, `groupchat` or `chatroom`.
        recipient: The other user, the group or the room.
    """

    chat_type: str
    recipient: str


@dataclass(frozen=True, slots=True)
class User:
    """A user id and the sixteen places where this user writes, some of them more than once."""

    name: str
    places: tuple[Place, ...]


class Population:
    """The users of a generated app.

    Args:
        rng: Decides everything.
    """

    def __init__(self, rng: Random) -> None:
        names = [_user_id(number, rng) for number in range(USERS)]
        self._weights = _by_rank(USERS)
        shared = {
            "groupchat": [str(_FIRST_GROUP_ID + number * _STEP_BETWEEN_IDS) for number in range(_GROUPS)],
            "chatroom": [str(_FIRST_GROUP_ID - (number + 1) * _STEP_BETWEEN_IDS) for number in range(_ROOMS)],
        }
        size = len(_PLACES_OF_A_USER) * USERS
        drawn = {
            "chat": iter(rng.choices(names, cum_weights=self._weights, k=size)),
            **{kind: iter(rng.choices(ids, cum_weights=_by_rank(len(ids)), k=size)) for kind, ids in shared.items()},
        }
        self._users = [
            User(name, tuple(Place(kind, next(drawn[kind])) for kind in _PLACES_OF_A_USER)) for name in names
        ]

    def speakers(self, rng: Random, count: int) -> list[User]:
        """Return who writes the next messages."""
        return rng.choices(self._users, cum_weights=self._weights, k=count)


def _by_rank(count: int) -> list[float]:
    return list(accumulate((rank + 20) ** -0.8 for rank in range(count)))


def _user_id(number: int, rng: Random) -> str:
    form = number % 4
    if form == 0:
        return f"{_NAMES[number % len(_NAMES)]}.{number}"
    if form == 1:
        return f"user_{10_000_000 + number * 37}"
    return f"{rng.getrandbits(64):016x}" if form == 2 else f"u{1_300_000_000 + rng.randrange(10**8)}"
