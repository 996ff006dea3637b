"""What the platform holds of an hour as time goes by, and what was really said."""

from __future__ import annotations

import gzip
from datetime import timedelta

import orjson
import pytest

from resources.hours.hour import Hour, hours_between
from resources.simulated_platform import SimulatedApp, Version, truth
from resources.simulated_platform.hour_files import gzip_files, lines_of, version_at

APP = SimulatedApp("acme", "support")
HOUR = Hour.from_key("2026110120")
THREE_DAYS = tuple(hours_between(HOUR, HOUR.plus(71)))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("age", "version"),
    [
        (timedelta(minutes=-30), Version.NOT_WRITTEN),
        (timedelta(hours=1) - SECOND, Version.NOT_WRITTEN),
        (timedelta(hours=1), Version.EARLY),
        (timedelta(hours=24) - SECOND, Version.EARLY),
        (timedelta(hours=24), Version.SETTLED),
        (timedelta(hours=72) - SECOND, Version.SETTLED),
        (timedelta(hours=72), Version.DELETED),
    ],
)
def test_an_hour_is_written_settles_and_is_deleted(age: timedelta, version: Version) -> None:
    assert version_at(APP, HOUR, HOUR.end + age) is version


def test_an_app_may_have_its_own_spans() -> None:
    quick = SimulatedApp("acme", "support", publish_delay=timedelta(minutes=5), retention=timedelta(days=14))
    assert version_at(quick, HOUR, HOUR.end + timedelta(minutes=5)) is Version.EARLY
    assert version_at(quick, HOUR, HOUR.end + timedelta(days=13)) is Version.SETTLED


def test_the_early_file_is_the_settled_file_without_late_lines() -> None:
    for hour in THREE_DAYS:
        settled = lines_of(APP, hour, Version.SETTLED)
        assert lines_of(APP, hour, Version.EARLY) == tuple(line for line in settled if not line.is_late)


def test_some_hours_grow_and_some_do_not() -> None:
    grows = [lines_of(APP, hour, Version.EARLY) != lines_of(APP, hour, Version.SETTLED) for hour in THREE_DAYS]
    assert 0.1 < sum(grows) / len(grows) < 0.5


def test_the_same_hour_and_version_give_the_same_bytes() -> None:
    first = gzip_files(APP, HOUR, Version.SETTLED)
    gzip_files.cache_clear()
    assert gzip_files(APP, HOUR, Version.SETTLED) == first


def test_a_file_is_one_json_object_on_each_line() -> None:
    (content,) = gzip_files(APP, HOUR, Version.SETTLED)
    lines = gzip.decompress(content).split(b"\n")
    assert lines.pop() == b""
    assert [orjson.loads(line) for line in lines] == list(truth(APP, HOUR).lines)


def test_an_hour_split_in_files_holds_each_line_once() -> None:
    split = SimulatedApp("acme", "support", urls_per_hour=3)
    files = [gzip.decompress(content) for content in gzip_files(split, HOUR, Version.SETTLED)]
    (whole,) = gzip_files(APP, HOUR, Version.SETTLED)
    assert len(files) == 3
    assert all(files)
    assert b"".join(files) == gzip.decompress(whole)


def test_truth_counts_lines_messages_and_duplicates() -> None:
    for hour in THREE_DAYS:
        told = truth(APP, hour)
        ids = [line["msg_id"] for line in told.lines]
        assert (told.line_count, told.message_ids) == (len(ids), frozenset(ids))
        assert told.duplicates == len(ids) - len(set(ids))
    assert any(truth(APP, hour).duplicates for hour in THREE_DAYS)


@pytest.mark.parametrize(
    ("age", "version"),
    [
        (timedelta(0), Version.NOT_WRITTEN),
        (timedelta(hours=2), Version.EARLY),
        (timedelta(hours=30), Version.SETTLED),
        (timedelta(hours=80), Version.DELETED),
    ],
)
def test_truth_at_a_moment_is_what_the_platform_holds_then(age: timedelta, version: Version) -> None:
    told = truth(APP, HOUR, HOUR.end + age)
    assert told.version is version
    assert told.line_count == len(lines_of(APP, HOUR, version))


def test_truth_without_a_moment_is_all_that_was_said() -> None:
    assert truth(APP, HOUR) == truth(APP, HOUR, HOUR.end + timedelta(hours=24))
