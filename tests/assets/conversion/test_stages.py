from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from assets.conversion.stages import Behind, ahead, stage, without_garbage_collection


class Broken(Exception):
    """Stands for any error of a stage."""


def numbers(until: int) -> Iterator[int]:
    yield from range(until)
    if until > 2:
        raise Broken


@pytest.mark.parametrize("threaded", [False, True])
def test_items_come_in_order_and_an_error_after_those_before_it(threaded: bool) -> None:
    with stage(threaded=threaded) as executor:
        assert list(ahead(numbers(2), executor)) == [0, 1]
        seen: list[int] = []
        with pytest.raises(Broken):
            seen.extend(ahead(numbers(3), executor))
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("threaded", [False, True])
def test_an_error_of_a_call_is_raised_by_the_next_or_at_the_end(threaded: bool) -> None:
    def fail() -> None:
        raise Broken

    with stage(threaded=threaded) as executor:
        behind = Behind(executor)
        behind.call(fail)
        with pytest.raises(Broken):
            behind.call(lambda: None)
        last = Behind(executor)
        last.call(fail)
        with pytest.raises(Broken):
            last.finish()


def test_no_thread_is_left_when_a_stage_is_left_by_an_error() -> None:
    before = threading.active_count()
    with pytest.raises(Broken), stage(threaded=True) as executor:
        list(ahead(numbers(9), executor))
    assert threading.active_count() == before


@pytest.mark.parametrize("enabled", [False, True])
def test_the_collector_is_afterwards_what_it_was(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        with without_garbage_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
