"""Which faults there are, which traffic each may meet, how often, and the seeded choice among them. No I/O.

What a fault does on the wire is `fault_proxy.py`; kills, full disks and wrong clocks are dealt out by `campaign.py`.

The choice depends on the seed, the request, and how often that request was made before, and on nothing else: runs
that go on side by side do not change each other's faults. What a run asks for next does depend on what it met, and
concurrent runs of one hour share a count, so two campaigns of one seed are alike and not identical.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from threading import Lock
from typing import Final


class Place(StrEnum):
    """Where a fault strikes: the columns of the report."""

    API = "API"
    DOWNLOAD = "download"
    S3 = "S3"
    RUN = "run"


class Traffic(StrEnum):
    """What a request is for, as far as it decides about its faults."""

    TOKEN = "token"
    HISTORY = "history"
    FILE = "file"
    S3_LIST = "list"
    S3_HEAD = "head"
    S3_RECORD = "record"
    S3_DATA = "data"
    S3_PUT = "put"

    @property
    def place(self) -> Place:
        """Where its faults are counted."""
        if self in {Traffic.TOKEN, Traffic.HISTORY}:
            return Place.API
        return Place.DOWNLOAD if self is Traffic.FILE else Place.S3


class Fault(StrEnum):
    """A kind of fault: the rows of the report."""

    TOO_MANY_REQUESTS = "429"
    TOO_MANY_REQUESTS_WAIT = "429 with Retry-After"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    UNAVAILABLE_WAIT = "503 with Retry-After"
    GATEWAY_TIMEOUT = "504"
    UNAUTHORIZED = "401, expired token"
    FORBIDDEN = "403, expired URL or refused"
    CLOCK_REFUSED = "403, clock too skewed"
    NOT_FOUND = "404 page of a gateway"
    CONFLICT = "409, two writers at once"
    HTML_PAGE = "HTML page with 200"
    RESET_BEFORE = "reset before the request arrives"
    RESET_IN_ANSWER = "reset in the middle of the answer"
    ANSWER_LOST = "answer lost after the work was done"
    CUT_AT_1_PERCENT = "body cut at 1 %"
    CUT_AT_HALF = "body cut at 50 %"
    CUT_AT_99_PERCENT = "body cut at 99 %"
    CUT_LAST_BYTE = "body without its last byte"
    UPLOAD_CUT = "upload cut"
    FLIPPED_ANSWER = "byte flipped in the body"
    FLIPPED_UPLOAD = "byte flipped in an upload"
    DELAY = "delayed"
    TRICKLE = "trickled"
    STALL = "stalled until the client gives up"
    REQUEST_TWICE = "request arrives twice"
    KILLED_AT_STEP = "kill -9 at a step"
    KILLED_AT_TIME = "kill -9 at a moment"
    DISK_FULL = "disk full"
    CLOCK_SKEWED = "clock wrong by up to 2 h"
    TOKENS_REVOKED = "all tokens revoked"
    SERVER_GONE = "server gone and back"
    SERVER_FROZEN = "server's storage frozen"


CUTS: Final[Mapping[Fault, float]] = {
    Fault.CUT_AT_1_PERCENT: 0.01,
    Fault.CUT_AT_HALF: 0.5,
    Fault.CUT_AT_99_PERCENT: 0.99,
    Fault.CUT_LAST_BYTE: 1.0,
}
"""How much of a body comes through; the last of them lacks one byte."""

_PASSING: Final[Mapping[Fault, float]] = {
    Fault.SERVER_ERROR: 2,
    Fault.BAD_GATEWAY: 2,
    Fault.UNAVAILABLE: 2,
    Fault.UNAVAILABLE_WAIT: 1,
    Fault.GATEWAY_TIMEOUT: 1,
    Fault.NOT_FOUND: 0.3,
    Fault.RESET_BEFORE: 3,
    Fault.ANSWER_LOST: 3,
    Fault.RESET_IN_ANSWER: 2,
    Fault.DELAY: 1,
    Fault.STALL: 0.3,
    Fault.REQUEST_TWICE: 2,
}
_CUT_BODIES: Final[Mapping[Fault, float]] = {**dict.fromkeys(CUTS, 1.0), Fault.TRICKLE: 1}
_RATE_LIMITS: Final[Mapping[Fault, float]] = {Fault.TOO_MANY_REQUESTS: 2, Fault.TOO_MANY_REQUESTS_WAIT: 2}

WEIGHTS: Final[Mapping[Traffic, Mapping[Fault, float]]] = {
    Traffic.TOKEN: {**_PASSING, **_RATE_LIMITS, Fault.UNAUTHORIZED: 1, Fault.HTML_PAGE: 1, Fault.CUT_AT_HALF: 1},
    Traffic.HISTORY: {
        **_PASSING,
        **_CUT_BODIES,
        **_RATE_LIMITS,
        Fault.UNAUTHORIZED: 4,
        Fault.FORBIDDEN: 1,
        Fault.HTML_PAGE: 1,
    },
    Traffic.FILE: {
        **_PASSING,
        **{cut: 2 * weight for cut, weight in _CUT_BODIES.items()},
        Fault.FORBIDDEN: 5,
        Fault.HTML_PAGE: 1,
        Fault.FLIPPED_ANSWER: 3,
    },
    Traffic.S3_LIST: {**_PASSING, **_CUT_BODIES, Fault.HTML_PAGE: 0.5},
    Traffic.S3_HEAD: {**_PASSING, Fault.FORBIDDEN: 0.5, Fault.HTML_PAGE: 0.3},
    Traffic.S3_RECORD: {**_PASSING, **_CUT_BODIES, Fault.FLIPPED_ANSWER: 0.5, Fault.HTML_PAGE: 0.3},
    Traffic.S3_DATA: {
        **_PASSING,
        **{cut: 2 * weight for cut, weight in _CUT_BODIES.items()},
        Fault.FLIPPED_ANSWER: 3,
        Fault.FORBIDDEN: 0.5,
        Fault.CLOCK_REFUSED: 0.5,
        Fault.HTML_PAGE: 0.5,
    },
    Traffic.S3_PUT: {
        **_PASSING,
        Fault.CONFLICT: 2,
        Fault.UPLOAD_CUT: 3,
        Fault.FLIPPED_UPLOAD: 3,
        Fault.FORBIDDEN: 1,
        Fault.CLOCK_REFUSED: 1,
        Fault.HTML_PAGE: 0.5,
    },
}
"""Of the requests that meet a fault, how many meet which, in proportion."""

SHARES: Final[Mapping[Traffic, float]] = {
    Traffic.TOKEN: 0.3,
    Traffic.HISTORY: 0.25,
    Traffic.FILE: 0.3,
    Traffic.S3_LIST: 0.1,
    Traffic.S3_HEAD: 0.1,
    # A catch-up reads hundreds of records before its first look, and one that stays away ends it.
    Traffic.S3_RECORD: 0.08,
    Traffic.S3_DATA: 0.25,
    Traffic.S3_PUT: 0.25,
}
"""How many of the requests of a kind meet a fault. Far more, and no hour would be done before its deadline."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A fault that a request is to meet, and the randomness its details are drawn from."""

    fault: Fault
    random: Random


class Faults:
    """The faults of one campaign: chooses those on the wire, and counts all that were really injected.

    Safe to use from several threads.

    Args:
        seed: Decides every choice.
        most: No more are chosen once so many were injected.
    """

    def __init__(self, seed: int, most: int) -> None:
        self._seed = seed
        self._most = most
        self._on = True
        self._lock = Lock()
        self._counts: Counter[tuple[Place, Fault]] = Counter()
        self._requests: dict[tuple[Traffic, str], itertools.count[int]] = {}

    def choose(self, traffic: Traffic, name: str) -> Choice | None:
        """Return the fault that a request is to meet, or None.

        Args:
            traffic: What it is for.
            name: Method and path: the same for the same object.
        """
        with self._lock:
            if not self._on or self._counts.total() >= self._most:
                return None
            nth = next(self._requests.setdefault((traffic, name), itertools.count()))
        random = Random(f"{self._seed}/{traffic}/{name}/{nth}")
        if random.random() >= SHARES[traffic]:
            return None
        kinds = WEIGHTS[traffic]
        (fault,) = random.choices(tuple(kinds), tuple(kinds.values()))
        return Choice(fault, random)

    def injected(self, place: Place, fault: Fault) -> None:
        """Count a fault that was met."""
        with self._lock:
            self._counts[place, fault] += 1

    def stop(self) -> None:
        """Choose none from now on."""
        self._on = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Choose none inside the block."""
        self._on = False
        try:
            yield
        finally:
            self._on = True

    @property
    def are_on(self) -> bool:
        """Whether they are neither paused nor stopped."""
        return self._on

    @property
    def counts(self) -> dict[tuple[Place, Fault], int]:
        """How many were injected, by place and kind."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        """How many were injected."""
        with self._lock:
            return self._counts.total()

    @property
    def are_enough(self) -> bool:
        """Whether as many were injected as were asked for."""
        return self.total >= self._most
