"""What happens to servers in a round and is not on the wire: S3 goes away or freezes, tokens are revoked. Seeded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.fault_kinds import Fault, Faults, Place
from tests.chaos.world import ChaosWorld

_S3_GOES: Final = 0.3
_STORAGE_FREEZES: Final = 0.2
_TOKENS_REVOKED: Final = 0.2
_LONGEST_PAUSE: Final = 1.5


@dataclass(frozen=True, slots=True)
class ServerTrouble:
    """Something that happens to a server.

    Attributes:
        place: Which.
        fault: What.
        pause: How many seconds after what happened before, or after the begin of the round.
        happen: Makes it happen, and returns when it is over.
    """

    place: Place
    fault: Fault
    pause: float
    happen: Callable[[], None]


def server_troubles(world: ChaosWorld, random: Random) -> list[ServerTrouble]:
    """Draw what happens in a round; mostly nothing."""
    drawn: list[tuple[Place, Fault, Callable[[], None]]] = []
    if random.random() < _S3_GOES:
        drawn.append((Place.S3, Fault.SERVER_GONE, lambda: world.s3.go_and_come_back(world.s3_proxy)))
    if random.random() < _STORAGE_FREEZES and world.s3.ceph is not None:
        drawn.append((Place.S3, Fault.SERVER_FROZEN, world.s3.freeze_and_thaw))
    if random.random() < _TOKENS_REVOKED:
        drawn.append((Place.API, Fault.TOKENS_REVOKED, world.platform.revoke_tokens))
    return [ServerTrouble(place, fault, random.uniform(0, _LONGEST_PAUSE), happen) for place, fault, happen in drawn]


def let_happen(troubles: Sequence[ServerTrouble], faults: Faults) -> None:
    """Let them happen, one after the other, and count them."""
    for trouble in troubles:
        time.sleep(trouble.pause)
        faults.injected(trouble.place, trouble.fault)
        trouble.happen()
