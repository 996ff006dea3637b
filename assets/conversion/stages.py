"""Doing one stage of a conversion while the next one works: inflating ahead, sorting and writing behind. No content.

zlib and Arrow let go of the interpreter while they work, so two threads beside the decoding one keep two cores busy. A
small hour gains nothing from them and is done in one thread.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

Item = TypeVar("Item")
Parameters = ParamSpec("Parameters")


@contextmanager
def stage(*, threaded: bool) -> Iterator[Executor]:
    """Give an executor with one worker, which on leaving has ended; or one that does everything at once."""
    if not threaded:
        yield _AtOnce()
        return
    with ThreadPoolExecutor(1) as executor:
        yield executor


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Keep the collector of cycles away inside the block: it would walk through all rows at hand and find none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


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
