"""`python -m tests.crash`: kill a run at every step and at every system call that writes, and print the figures.

Needs strace for the system calls; without it, only the steps of the protocol are tried, and that is said.
"""

from __future__ import annotations

import logging
import ssl
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory

from tests.crash import strace
from tests.crash.fork_server import ForkServer, fork_server
from tests.crash.stage import SCENES, Figures, Scene, secrets_of, sweep
from tests.servers.moto import moto_server
from tests.servers.s3_client import s3_client_of
from tests.world import start_world


def main() -> int:
    """Try everything. The exit code is the number of violations, as far as one can hold it."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    ssl.SSLContext.load_verify_locations = lambda *_, **__: None  # type: ignore[method-assign]
    why_not = strace.missing()
    _say("| errand | killed at | points | died | temporary folders left, then removed | violations |")
    _say("|---|---|---:|---:|---:|---:|")
    violations: list[str] = []
    calls: Counter[str] = Counter()
    with ExitStack() as stack:
        endpoint = stack.enter_context(moto_server())
        server = stack.enter_context(fork_server())
        for number, name in enumerate(SCENES):
            with ExitStack() as one_scene:
                scene = _prepared(one_scene, endpoint, f"crash-{number}", name)
                found = [("each step", _steps(server, scene))]
                if not why_not:
                    found.append(("each system call that writes", _calls(server, scene, calls)))
            for where, figures in found:
                _say(
                    f"| {name} | {where} | {figures.points} | {figures.killed} | {figures.left} "
                    f"| {len(figures.violations)} |",
                )
                violations += figures.violations
    if why_not:
        _say(f"\nNo system calls: {why_not}.")
    else:
        _say("\nSystem calls: " + ", ".join(f"{call} {number}" for call, number in sorted(calls.items())))
    sys.stderr.writelines(f"{violation}\n" for violation in violations)
    return min(len(violations), 100)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _prepared(stack: ExitStack, endpoint: str, bucket: str, name: str) -> Scene:
    s3 = stack.enter_context(s3_client_of(endpoint))
    s3.create_bucket(Bucket=bucket)
    folder = Path(stack.enter_context(TemporaryDirectory()))
    world = start_world(stack, endpoint, bucket, folder)
    stack.enter_context(secrets_of(world))
    return SCENES[name](world, s3)


def _steps(server: ForkServer, scene: Scene) -> Figures:
    steps = server.run(scene.afresh()).steps
    return sweep(
        scene,
        lambda errand, step: server.run(replace(errand, kill_at=step)).signal == SIGKILL,
        list(range(1, steps + 1)),
    )


def _calls(server: ForkServer, scene: Scene, calls: Counter[str]) -> Figures:
    points = strace.points_of(server, scene.afresh())
    calls.update(point.call for point in points)
    return sweep(scene, lambda errand, point: strace.killed_at(server, errand, point).signal == SIGKILL, points)


if __name__ == "__main__":
    sys.exit(main())
