"""`python -m tests.crash`: kill a run at every step and at every system call that writes, and print the figures.

Needs strace for the system calls; without it, only the steps of the protocol are tried, and that is said.
"""

from __future__ import annotations

import argparse
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
from tests.crash.report import EACH_CALL, EACH_STEP, Swept, as_markdown
from tests.crash.stage import SCENES, Figures, Scene, secrets_of, sweep
from tests.figures_in_docs import write_figures
from tests.progress import show_progress
from tests.servers.moto import moto_server
from tests.servers.s3_client import s3_client_of
from tests.world import start_world


def main() -> int:
    """Try everything. The exit code is 0 only if nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page as well")
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    ssl.SSLContext.load_verify_locations = lambda *_, **__: None  # type: ignore[method-assign]
    why_not = strace.missing()
    sweeps: list[Swept] = []
    calls: Counter[str] = Counter()
    with ExitStack() as stack:
        endpoint = stack.enter_context(moto_server())
        server = stack.enter_context(fork_server())
        for number, name in enumerate(SCENES):
            with ExitStack() as one_scene:
                scene = _prepared(one_scene, endpoint, f"crash-{number}", name)
                show_progress(f"{name}: {EACH_STEP}")
                sweeps.append(Swept(name, EACH_STEP, _steps(server, scene)))
                if not why_not:
                    show_progress(f"{name}: {EACH_CALL}")
                    sweeps.append(Swept(name, EACH_CALL, _calls(server, scene, calls)))
    show_progress("")
    figures = as_markdown(sweeps, calls, why_not)
    sys.stdout.write(f"{figures}\n")
    if asked.write is not None:
        write_figures(asked.write, "make crash", figures)
    sys.stderr.writelines(f"{violation}\n" for swept in sweeps for violation in swept.figures.violations)
    return 1 if any(swept.figures.violations for swept in sweeps) else 0


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
