"""Case 35: at whatever step a run is killed, a reader sees nothing or the whole, and the next run completes it.

The suite tries every step of the protocol of a run that has most to lose, of the other errands every fourth and all
beside whatever they put into S3, and some of the system calls of each; `python -m tests.crash` tries all.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.crash import strace
from tests.crash.fork_server import Ending, ForkServer
from tests.crash.stage import SCENES, Scene, evenly, first_time, sweep
from tests.crash.strace import killed_at, points_of
from tests.crash.victim import Errand
from tests.world import World

_CALLS_TRIED = 8
_APART = {"capture and conversion, again": 1}
_OTHERWISE_APART = 4
_BESIDE = range(-1, 3)
"""Before a put is sent, when it is, when it is answered, and the next step."""

_STEPS_TRIED = 12
"""An upload by parts takes six steps in a row, which is more than lies between two of these."""


def dying_at_a_step(server: ForkServer) -> Callable[[Errand, int], bool]:
    def die(errand: Errand, step: int) -> bool:
        return server.run(replace(errand, kill_at=step)).signal == signal.SIGKILL

    return die


def undisturbed(server: ForkServer, scene: Scene) -> Ending:
    ending = server.run(scene.afresh())
    if scene.errand.hour:
        assert ending.asked == ("CheckedTransport", "HTTPTransport"), "a request to the platform is no step"
    assert (ending.signal, ending.problems) == (0, ())
    assert scene.violations() == []
    return ending


@pytest.mark.parametrize("name", SCENES)
def test_case_35_a_run_killed_at_any_step_of_its_protocol_leaves_the_old_or_the_new_and_a_rerun_completes_it(
    server: ForkServer, world: World, s3_client: Any, name: str
) -> None:
    scene = SCENES[name](world, s3_client)
    ending = undisturbed(server, scene)
    assert len(ending.puts) == (4 if scene.errand.hour else 2)  # what is kept, and the record that names it, each time
    evenly_apart = set(range(1, ending.steps + 1, _APART.get(name, _OTHERWISE_APART)))
    beside_puts = {put + more for put in ending.puts for more in _BESIDE}
    figures = sweep(scene, dying_at_a_step(server), sorted(evenly_apart | beside_puts))
    assert figures.violations == []
    assert figures.killed == figures.points
    assert figures.left > 5  # the next run has removed them


@pytest.mark.skipif(bool(strace.missing()), reason=strace.missing())
@pytest.mark.parametrize("name", SCENES)
def test_case_35_a_run_killed_at_a_system_call_leaves_the_old_or_the_new_and_a_rerun_completes_it(
    server: ForkServer, world: World, s3_client: Any, name: str
) -> None:
    scene = SCENES[name](world, s3_client)
    points = points_of(server, scene.afresh())
    figures = sweep(
        scene,
        lambda errand, point: killed_at(server, errand, point).signal == signal.SIGKILL,
        evenly(points, _CALLS_TRIED),
    )
    assert figures.violations == []
    assert figures.killed == figures.points


def test_case_44_a_run_killed_while_it_sends_parts_leaves_no_object_and_at_most_its_unfinished_upload(
    server: ForkServer, world: World, s3_client: Any
) -> None:
    scene = first_time(world, s3_client, by_parts=True)
    unfinished: list[int] = []
    steps = undisturbed(server, scene).steps

    def die(errand: Errand, step: int) -> bool:
        died = dying_at_a_step(server)(errand, step)
        uploads = s3_client.list_multipart_uploads(Bucket=world.runtime.bucket.name).get("Uploads", ())
        unfinished.append(len(uploads))
        for upload in uploads:
            s3_client.abort_multipart_upload(
                Bucket=world.runtime.bucket.name, Key=upload["Key"], UploadId=upload["UploadId"]
            )
        return died

    capturing = range(1, steps // 2)
    figures = sweep(scene, die, evenly(capturing, _STEPS_TRIED))
    assert figures.violations == []
    assert set(unfinished) == {0, 1}
