"""One moment in which somebody speaks: the who, where and when that bodies and envelopes are made from.

It holds no text and no form; those are chosen in `bodies.py` and `envelopes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from resources.simulated_platform.cast import Place
from resources.simulated_platform.identifiers import message_id
from resources.simulated_platform.simulated_app import SimulatedApp

JsonObject = dict[str, object]
"""A JSON object as Python holds it."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Somebody speaks.

    Attributes:
        app: In which app.
        rng: Chooses whatever is left to chance.
        milliseconds: When, Unix milliseconds.
        number: Its place among all of its hour, from 0.
        sender: The speaker's user id.
        recipient: The other user's id, or the group's or room's.
        place: Where.
        opens: Whether it opens an exchange.
        earlier_id: The id of something said earlier in the hour; None for the first.
    """

    app: SimulatedApp
    rng: Random
    milliseconds: int
    number: int
    sender: str
    recipient: str
    place: Place
    opens: bool
    earlier_id: str | None

    @property
    def second(self) -> int:
        """When, Unix seconds."""
        return self.milliseconds // 1000

    @property
    def message_id(self) -> str:
        """The id of the message."""
        return message_id(self.app.key, self.second, self.number)
