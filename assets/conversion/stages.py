"""Doing one stage of a conversion while the next one works: inflating ahead, sorting and writing behind. No content.

zlib and Arrow let go of the interpreter while they work, so two threads beside the decoding one keep two cores busy. A
small hour gains nothing from them and is done in one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar

Item = TypeVar("Item")
Parameters = ParamSpec("Parameters")

_SWITCH_SECONDS: Final = 0.0005
"""How long a thread waits before it asks for the interpreter: a stage that only wants to start its next long call
should not wait for the usual 5 ms each time."""


@contextmanager
def stage(*, threaded: bool) -> Iterator[Executor]:
    """Give an executor with one worker, which on leaving has ended; or one that does everything at once."""
    if not threaded:
        yield _AtOnce()
        return
    with ThreadPoolExecutor(1) as executor:
        yield executor


@contextmanager
def quick_switching(*, threaded: bool) -> Iterator[None]:
    """Let threads take turns more often than usual, inside the block."""
    usual = sys.getswitchinterval()
    if threaded:
        sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


class _AtOnce(Executor):
    """Does what it is given before it returns."""

    def submit(
        self, call: Callable[Parameters, Item], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Item]:
        future: Future[Item] = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed on, whatever it is, as the threaded one does
            future.set_exception(error)
        return future


def ahead(items: Iterator[Item], executor: Executor) -> Iterator[Item]:
    """Yield items, the next one already being made by the executor."""
    end: Any = object()
    coming = executor.submit(next, items, end)
    while (item := coming.result()) is not end:
        coming = executor.submit(next, items, end)
        yield item


class Behind:
    """Hands calls to an executor, one at a time: a call waits until the one before has ended.

    An error of a call is raised by the next one, or by `finish`.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._running: Future[None] | None = None

    def call(self, function: Callable[Parameters, None], *args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        """Start a call."""
        self.finish()
        self._running = self._executor.submit(function, *args, **kwargs)

    def finish(self) -> None:
        """Wait for the last call."""
        if self._running is not None:
            self._running.result()
            self._running = None
