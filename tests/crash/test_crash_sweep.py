"""Case 35: at whatever step a run is killed, a reader sees nothing or the whole, and the next run completes it.

The suite tries every step of the protocol of a run that has most to lose, and some of the system calls of each errand;
`python -m tests.crash` tries all.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.crash import strace
from tests.crash.fork_server import ForkServer
from tests.crash.stage import SCENES, Scene, evenly, first_time, second_time, sweep
from tests.crash.strace import killed_at, points_of
from tests.crash.victim import Errand
from tests.world import World

_CALLS_TRIED = 5
_STEPS_TRIED = 12
"""An upload by parts takes six steps in a row, which is more than lies between two of these."""


def dying_at_a_step(server: ForkServer) -> Callable[[Errand, int], bool]:
    def die(errand: Errand, step: int) -> bool:
        return server.run(replace(errand, kill_at=step)).signal == signal.SIGKILL

    return die


def steps_of(server: ForkServer, scene: Scene) -> int:
    ending = server.run(scene.afresh())
    assert ending.asked == ("CheckedTransport", "HTTPTransport"), "the hour's file or its URL is not among the steps"
    assert (ending.signal, ending.problems) == (0, ())
    assert scene.violations() == []
    return ending.steps


def test_case_35_a_run_killed_at_any_step_of_its_protocol_leaves_the_old_or_the_new_and_a_rerun_completes_it(
    server: ForkServer, world: World, s3_client: Any
) -> None:
    scene = second_time(world, s3_client)
    steps = steps_of(server, scene)
    figures = sweep(scene, dying_at_a_step(server), list(range(1, steps + 1)))
    assert figures.violations == []
    assert figures.killed == figures.points == steps > 40
    assert figures.left > 10  # the next run has removed them


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
    assert figures.killed > figures.points / 2  # threads take turns: a count may differ from run to run


def test_case_44_a_run_killed_while_it_sends_parts_leaves_no_object_and_at_most_its_unfinished_upload(
    server: ForkServer, world: World, s3_client: Any
) -> None:
    scene = first_time(world, s3_client, by_parts=True)
    unfinished: list[int] = []
    steps = steps_of(server, scene)

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
