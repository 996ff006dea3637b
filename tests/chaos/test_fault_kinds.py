"""The choice of faults: seeded, independent of what runs side by side, and bounded."""

from __future__ import annotations

import pytest

from tests.chaos.fault_kinds import SHARES, WEIGHTS, Fault, Faults, Place, Traffic

NAMES = [f"PUT /chaos/history/{number}" for number in range(200)]


def choices(faults: Faults, names: list[str]) -> dict[str, list[Fault | None]]:
    met: dict[str, list[Fault | None]] = {}
    for name in names:
        choice = faults.choose(Traffic.S3_PUT, name)
        met.setdefault(name, []).append(None if choice is None else choice.fault)
    return met


def test_the_same_seed_chooses_the_same_faults() -> None:
    assert choices(Faults(3, 1000), NAMES) == choices(Faults(3, 1000), NAMES)
    assert choices(Faults(3, 1000), NAMES) != choices(Faults(4, 1000), NAMES)


def test_a_requests_faults_do_not_depend_on_what_others_ask_for_meanwhile() -> None:
    alone = choices(Faults(3, 1000), NAMES[:1] * 50)
    among_others = choices(Faults(3, 1000), [name for _ in range(50) for name in NAMES])
    assert alone[NAMES[0]] == among_others[NAMES[0]]


@pytest.mark.parametrize("traffic", Traffic)
def test_every_kind_of_fault_that_traffic_may_meet_is_met(traffic: Traffic) -> None:
    faults = Faults(1, 100_000)
    met = [faults.choose(traffic, str(number)) for number in range(15_000)]
    kinds = {choice.fault for choice in met if choice is not None}
    assert kinds == set(WEIGHTS[traffic])
    assert sum(choice is not None for choice in met) / len(met) == pytest.approx(SHARES[traffic], rel=0.2)


def test_no_more_faults_are_chosen_than_were_asked_for() -> None:
    faults = Faults(1, 2)
    for _ in range(2):
        faults.injected(Place.S3, Fault.DELAY)
    assert faults.are_enough
    assert all(met == [None] for met in choices(faults, NAMES).values())


def test_no_fault_is_chosen_while_they_are_paused_or_once_they_are_stopped() -> None:
    faults = Faults(1, 1000)
    with faults.paused():
        assert all(met == [None] for met in choices(faults, NAMES).values())
    assert any(met != [None] for met in choices(faults, NAMES).values())
    faults.stop()
    assert all(met == [None] for met in choices(faults, NAMES).values())


def test_faults_are_counted_by_place_and_kind() -> None:
    faults = Faults(1, 1000)
    for place in (Place.S3, Place.API, Place.S3):
        faults.injected(place, Fault.ANSWER_LOST)
    assert faults.counts == {(Place.S3, Fault.ANSWER_LOST): 2, (Place.API, Fault.ANSWER_LOST): 1}
    assert faults.total == 3
