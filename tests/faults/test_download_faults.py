"""What may go wrong between a signed URL and a stored file: cases 7 to 12. A file is kept whole or known not to be."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from pipelines.finding import FindingKind
from pipelines.watch import look_through
from resources.hours.state import HourState, Reason
from resources.runtime import Runtime
from resources.simulated_platform import EmptyHourAnswer, ScriptedAnswer, SimulatedApp, Version, signed_urls
from resources.simulated_platform.hour_files import gzip_files
from tests.assets.looking import HOUR, SILENT, hour_that_stays, look, stored, turn_to_age
from tests.conftest import MakeWorld
from tests.fake_clock import FakeClock
from tests.faults.raw_storage import COMES_SLOWLY, dripping, http_answer, raw_storage
from tests.world import World

WHOLE = gzip.compress(b'{"msg_id": "1", "timestamp": 1795176000000}\n' * 50, mtime=0)


def raw_in(world: World) -> list[bytes]:
    """Return the bytes of every raw revision in S3."""
    return [content for name, content in stored(world).items() if name.startswith("raw/")]


def urls(*given: str) -> ScriptedAnswer:
    """Return the platform's answer with these URLs."""
    return ScriptedAnswer(200, {"data": [{"url": url} for url in given]})


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary files are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


# Cases 7 and 8: a signed URL runs out


def run_out_url(world: World) -> str:
    """Return a URL of the hour that was good for half an hour, until a second ago."""
    path = f"/history/3D/acme/support/{hour_that_stays(world.simulated_app)}.gz"
    signed_at = world.clock.now() - signed_urls.URL_LIFETIME - timedelta(seconds=1)
    return f"{world.app.rest_url}{path}?{signed_urls.signed_query(path, signed_at)}"


def test_case_07_a_url_that_has_run_out_before_the_download_is_asked_for_anew(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    turn_to_age(world, hour, 3)
    world.platform.script("history", urls(run_out_url(world)))
    record = look(world, hour).record
    assert (record.state, record.looks[-1].retries) == (HourState.ARCHIVED, 1)
    assert raw_in(world) == list(gzip_files(world.simulated_app, hour, Version.SETTLED))
    assert len(world.platform.requests_of("history")) == 2


def test_case_07_urls_that_have_always_run_out_fail_the_look_after_three_rounds(world: World) -> None:
    hour = hour_that_stays(world.simulated_app)
    turn_to_age(world, hour, 3)
    world.platform.script("history", urls(run_out_url(world)), times=100)
    record = look(world, hour).record
    assert (record.state, record.looks[-1].retries) == (HourState.FAILED, 2)
    assert "its signature has ended" in (record.looks[-1].problem or "")
    assert len(world.platform.requests_of("history")) == 3


class SleepsLong(FakeClock):
    """Whoever sleeps wakes up when signed URLs have run out."""

    def sleep(self, seconds: float) -> None:
        super().sleep(max(seconds, signed_urls.URL_LIFETIME.total_seconds() + 1))


def test_case_08_a_url_that_runs_out_in_the_middle_of_a_download_is_asked_for_anew(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    world = make_world()
    hour = hour_that_stays(world.simulated_app)
    clock = SleepsLong(hour.end + timedelta(hours=3))
    world.platform.clock = clock
    world = replace(world, clock=clock, runtime=Runtime(world.settings, clock, Random(1), tmp_path))
    world.platform.script("file", ScriptedAnswer(cut_after=100))
    record = look(world, hour).record
    world.runtime.close()
    assert (record.state, record.looks[-1].retries) == (HourState.ARCHIVED, 2)  # cut; then refused
    assert raw_in(world) == list(gzip_files(world.simulated_app, hour, Version.SETTLED))
    assert len(world.platform.requests_of("file")) == 3
    assert len(world.platform.requests_of("history")) == 2


# Case 9: the connection is cut


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1.0], ids=["1 %", "half", "99 %", "last byte"])
def test_case_09_a_download_that_is_cut_is_made_again_and_no_part_of_a_file_is_used(
    world: World, temporary: Path, share: float
) -> None:
    hour = hour_that_stays(world.simulated_app)
    (whole,) = gzip_files(world.simulated_app, hour, Version.SETTLED)
    cut_after = min(int(len(whole) * share), len(whole) - 1)
    world.platform.script("file", ScriptedAnswer(cut_after=cut_after), times=2)
    record = look(world, hour, age=3).record
    assert (record.state, record.looks[-1].retries) == (HourState.ARCHIVED, 2)
    assert raw_in(world) == [whole]
    assert list(temporary.iterdir()) == []


def test_case_09_a_download_that_is_always_cut_fails_the_look_and_leaves_nothing(world: World, temporary: Path) -> None:
    hour = hour_that_stays(world.simulated_app)
    world.platform.script("file", ScriptedAnswer(cut_after=100), times=100)
    assert look(world, hour, age=3).record.state is HourState.FAILED
    assert raw_in(world) == []
    assert list(temporary.iterdir()) == []


# Case 10: lengths that lie


@pytest.mark.parametrize("headers", [(), (f"Content-Length: {len(WHOLE)}",)], ids=["no length", "its length"])
def test_case_10_a_whole_file_is_archived_with_or_without_its_length(world: World, headers: tuple[str, ...]) -> None:
    with raw_storage(http_answer(WHOLE, *headers)) as url:
        world.platform.script("history", urls(url))
        assert look(world, HOUR, age=3).record.state is HourState.ARCHIVED
    assert raw_in(world) == [WHOLE]


def test_case_10_a_length_that_is_too_long_is_a_cut_and_the_file_is_fetched_again(world: World) -> None:
    lie = http_answer(WHOLE, f"Content-Length: {len(WHOLE) + 10}")
    with raw_storage(lie, lie, http_answer(WHOLE)) as url:
        world.platform.script("history", urls(url))
        record = look(world, HOUR, age=3).record
    assert (record.state, record.looks[-1].retries) == (HourState.ARCHIVED, 2)
    assert raw_in(world) == [WHOLE]


@pytest.mark.parametrize(
    "answer",
    [http_answer(WHOLE, f"Content-Length: {len(WHOLE) - 10}"), http_answer(WHOLE[:-10])],
    ids=["a length that is too short", "no length, and cut"],
)
def test_case_10_a_file_that_only_its_trailer_tells_to_be_cut_is_never_taken_for_whole(
    world: World, answer: object
) -> None:
    with raw_storage(answer, http_answer(WHOLE)) as url:  # type: ignore[arg-type]
        world.platform.script("history", urls(url), times=2)
        first = look(world, HOUR, age=3).record
        assert (first.state, first.reason) == (HourState.FAILED, Reason.DAMAGED_FILE)
        assert first.intact_revisions == ()
        second = look(world, HOUR, age=4).record
    assert second.state is HourState.ARCHIVED
    assert [revision.bytes for revision in second.intact_revisions] == [len(WHOLE)]
    assert sorted(raw_in(world), key=len) == [WHOLE[:-10], WHOLE]


# Case 11: a byte now and then


@pytest.mark.parametrize(("at_once", "slowly"), COMES_SLOWLY.values(), ids=COMES_SLOWLY)
def test_case_11_a_file_that_comes_byte_by_byte_is_given_up_after_a_time_although_no_read_ever_times_out(
    world: World, temporary: Path, at_once: bytes, slowly: bytes
) -> None:
    asked: list[bool] = []

    def drip() -> Iterable[bytes]:
        asked.append(True)
        return dripping(world.clock, at_once, slowly)()

    turn_to_age(world, HOUR, 3)
    with raw_storage(drip) as url:
        world.platform.script("history", urls(url))
        record = look(world, HOUR).record
    assert record.state is HourState.FAILED
    assert "came too slowly" in (record.looks[-1].problem or "")
    assert len(asked) == 5
    assert raw_in(world) == []
    assert list(temporary.iterdir()) == []


# Case 12: several URLs, none, the same twice


def test_case_12_every_one_of_several_files_is_kept_and_together_they_are_no_smaller_file(
    make_world: MakeWorld,
) -> None:
    app = SimulatedApp("acme", "support", urls_per_hour=3, requests_per_minute=1000)
    world = make_world(apps=[app], first_hour=HOUR.key)
    record = look(world, hour_that_stays(app), age=3).record
    assert sorted(raw_in(world)) == sorted(gzip_files(app, hour_that_stays(app), Version.SETTLED))
    lines = [revision.lines or 0 for revision in record.raw_revisions]
    assert sum(lines) > max(lines)
    kinds = {finding.kind for finding in look_through(world.runtime, world.app, world.clock.now())}
    assert FindingKind.FILES_SHRANK not in kinds


def test_case_12_an_answer_without_a_url_is_an_empty_hour(make_world: MakeWorld) -> None:
    world = make_world(apps=[replace(SILENT, empty_hour_answer=EmptyHourAnswer.NO_URL)])
    record = look(world, HOUR, age=3).record
    assert (record.state, record.reason, record.raw_revisions) == (HourState.EMPTY, Reason.NO_FILE, ())


def test_case_12_a_url_that_is_given_twice_is_fetched_once(world: World) -> None:
    with raw_storage(http_answer(WHOLE), http_answer(b"asked for twice")) as url:
        world.platform.script("history", urls(url, url))
        record = look(world, HOUR, age=3).record
    assert record.state is HourState.ARCHIVED
    assert raw_in(world) == [WHOLE]


def test_case_12_two_urls_of_the_same_bytes_are_one_revision(world: World) -> None:
    with raw_storage(http_answer(WHOLE)) as url:
        world.platform.script("history", urls(url, f"{url}&again=1"))
        record = look(world, HOUR, age=3).record
    assert len(record.raw_revisions) == 1
    assert raw_in(world) == [WHOLE]
