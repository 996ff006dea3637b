"""Runs of Dagster's jobs in this process, one after the other, and where they are kept.

An hour is worth more than Dagster's picture of it: where `DAGSTER_HOME` cannot be used, it is said once, and the runs
are made all the same and forgotten. Not here: which runs are made (`catch_up.py`, `upkeep.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import Any, Self

import dagster as dg

QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""A run's own log lines would bury the progress bar; what failed is told from the run's result."""


class RunsInProcess:
    """Runs that are kept by the instance that `DAGSTER_HOME` names; without it they are forgotten.

    Args:
        say: Is told, once and in a sentence, that `DAGSTER_HOME` cannot be used.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._home = os.environ.get("DAGSTER_HOME")
        self._opened = ExitStack()
        self._kept_by: dg.DagsterInstance | None = None

    def __enter__(self) -> Self:
        if self._home:
            try:
                self._kept_by = self._opened.enter_context(dg.DagsterInstance.get())
            except Exception as error:  # noqa: BLE001 - whatever a database, its driver or Dagster's settings come up with
                self._say_it_cannot_be_used(error)
        return self

    @cached_property
    def _forgotten_by(self) -> dg.DagsterInstance:
        return self._opened.enter_context(dg.DagsterInstance.ephemeral())

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def execute(
        self,
        job: dg.JobDefinition,
        *,
        partition_key: str | None = None,
        asset_selection: list[dg.AssetKey] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run a job. What a step meets is in the result; what is raised is a defect, or an instance that is out of use.

        What `DAGSTER_HOME` cannot keep is run once more, and what follows it is run without: the instance was at fault.
        """

        def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
            return job.execute_in_process(
                partition_key=partition_key,
                asset_selection=asset_selection,
                run_config=QUIET,
                instance=instance,
                tags=dict(tags or {}),
                raise_on_error=False,
            )

        if self._kept_by is None:
            return run(self._forgotten_by)
        try:
            return run(self._kept_by)
        except Exception as error:  # noqa: BLE001 - as above
            result = run(self._forgotten_by)
            self._kept_by = None
            self._say_it_cannot_be_used(error)
            return result

    def _say_it_cannot_be_used(self, error: Exception) -> None:
        self._say(
            f"Dagster's instance in DAGSTER_HOME ({self._home}) cannot be used: {type(error).__name__}. What is due is "
            f"done all the same, and Dagster does not show these runs. `dagster instance info` says what is wrong; "
            f"once it is mended, run chat-archive reconcile."
        )


def problem_of(run: dg.ExecuteInProcessResult) -> str:
    """Find the first sentence a person can use: what the failed step said."""
    for event in run.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            told = failure.user_failure_data
            if told is not None and told.description:
                return told.description
            if failure.error is not None:
                error = failure.error.cause or failure.error
                return error.message.strip().splitlines()[0]
    return "The run failed before its first step. See Dagster's event log."
