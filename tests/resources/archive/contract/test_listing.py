"""Listing: more keys than one answer holds, and keys with every character that the settings let into a root."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from assets.coverage.publish_coverage import publish_coverage
from pipelines.query.views import connect
from resources.archive.objects import ArchiveBucket
from resources.runtime import Runtime
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.pipelines.query.archives import DAY, archive_lines, message
from tests.resources.archive.troubled_wire import troubled
from tests.world import NOW, World

TYPE = "application/octet-stream"
MORE_THAN_A_PAGE = 1003


def put_all(bucket: ArchiveBucket, keys: Iterable[str]) -> None:
    with ThreadPoolExecutor(8) as writers:
        tuple(writers.map(lambda key: bucket.put_bytes(key, b"x", content_type=TYPE, replaces=None), keys))


def test_more_keys_than_a_page_holds_come_once_each_and_in_order(bucket: ArchiveBucket) -> None:
    keys = [f"history/{number:04}" for number in range(MORE_THAN_A_PAGE)]
    put_all(bucket, [*keys, "history0", "histor"])
    with troubled(bucket, "ListObjectsV2") as requests:
        assert list(bucket.keys("history/")) == keys
    assert len(requests) == 2
    assert list(bucket.keys("history/", after=keys[0])) == keys[1:]
    assert list(bucket.keys("history/", after=keys[-2] + "~")) == keys[-1:]


ODD = [
    "chat+history",
    "100%",
    "100%25",
    "team=chat&region=eu",
    "Verlauf/Größe/日本/🙂",
    "it's;(a):'name',@!$~",
    "...",
    'a"b<c>|d^e`f{g}',
]


def rooted(settings: ArchiveSettings, folder: str) -> ArchiveSettings:
    """Return the settings with another folder as the root, in the same bucket."""
    return ArchiveSettings(
        root=f"s3://{settings.bucket}/{folder}",
        endpoint_url=settings.endpoint_url,
        region=settings.region,
        first_hour=settings.first_hour,
    )


@pytest.mark.parametrize("folder", ODD)
def test_a_root_of_odd_characters_is_written_read_and_listed_as_it_stands(
    bucket_settings: ArchiveSettings, folder: str
) -> None:
    bucket = ArchiveBucket(rooted(bucket_settings, folder), FakeClock(NOW))
    keys = [f"{folder}/ledger/app=a/date=2026-11-01/hour=0{hour}/capture.json" for hour in range(3)]
    assert bucket.prefix == f"{folder}/"
    put_all(bucket, [*keys, "elsewhere"])
    assert list(bucket.keys(bucket.prefix)) == keys
    assert list(bucket.keys(f"{bucket.prefix}ledger/", after=keys[0])) == keys[1:]
    for key in keys:
        head = bucket.head(key)
        assert head is not None
        assert bucket.read(key) == (b"x", head)


def test_duckdb_reads_an_archive_whose_root_has_all_of_them(world: World, tmp_path: Path) -> None:
    archive = rooted(world.settings.archive, "/".join(ODD))
    settings = world.settings.model_copy(update={"archive": archive})
    hour = DAY.hours[7]
    with closing(Runtime(settings, world.clock, Random(1), tmp_path)) as runtime:
        archive_lines(replace(world, runtime=runtime), hour, message(1, hour, "ann", "bob", "hello"), b"no message")
        publish_coverage(runtime)
        with connect(runtime) as connection:
            found = connection.execute("SELECT text FROM messages").fetchall()
            unread = connection.execute("SELECT reason FROM quarantine").fetchall()
    assert (found, len(unread)) == ([("hello",)], 1)
