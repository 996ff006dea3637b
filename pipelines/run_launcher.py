"""Launching runs as Dagster does by default, and telling its monitoring which of them are dead.

Dagster's own launcher hands a run to a code server, which notices when the run's process dies. When the code server
itself dies (a power cut, a container that is killed), nobody does: its runs stay Started until `max_runtime_seconds`,
four hours, in which they hold their hours and the two places of their apps. Hours whose deadline comes meanwhile would
be lost. Dagster's monitoring ends such runs within minutes if a launcher can say that they are dead; its launchers for
containers can, and this one does it for code servers. `docs/dagster.yaml` names it.

A run that is called dead and is not does no harm: its hour is run once more, and the ledger takes both.
"""

from __future__ import annotations

import socket
from contextlib import closing

from dagster import DagsterRun, DefaultRunLauncher
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

_ALIVE = CheckRunHealthResult(WorkerStatus.RUNNING)
_SECONDS_TO_ANSWER = 10


class WatchfulRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, which also asks the code servers for their runs."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether monitoring may ask: yes."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Tell whether a Started run is alive, as far as can be told; what cannot is left to `max_runtime_seconds`.

        Monitoring looks once more whether the run is still Started before it believes that it is dead. A run's process
        writes down how it ended before it is gone, so nothing is missed in between.
        """
        client: DagsterGrpcClient | None = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:  # it has ended, or no code server was ever given it
            return _ALIVE
        if client.socket is not None and not _is_listening(client.socket):
            return _dead("The code server that ran it is gone, and its runs with it.")
        try:
            knows_it = _knows(client, run)
        except DagsterUserCodeUnreachableError:  # starting, busy, or behind a network that is in trouble
            return _ALIVE
        return _ALIVE if knows_it else _dead("The code server was started anew and does not know it.")


def _dead(why: str) -> CheckRunHealthResult:
    return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"{why} The schedule asks for its hour again.")


def _is_listening(path: str) -> bool:
    """Tell whether a process of this machine listens on a socket; its file may stay when the process is gone."""
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        probe.settimeout(_SECONDS_TO_ANSWER)
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:  # its queue is full, or we may not
            return True
    return True


def _knows(client: DagsterGrpcClient, run: DagsterRun) -> bool:
    answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), timeout=_SECONDS_TO_ANSWER)
    return deserialize_value(answer, CanCancelExecutionResult).can_cancel
