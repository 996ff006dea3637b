"""Which apps an archive holds beside those of the settings."""

from __future__ import annotations

from itertools import product

from resources.archive.apps_stored import apps_left_out
from tests.resources.archive.troubled_wire import troubled
from tests.world import World

PLACES = (
    "ledger/app=acme__support/watch.json",
    "ledger/app=acme__support_2/watch.json",
    "ledger/app=acme__old/date=2026-11-20/daily.json",
    "ledger/app=Shop/date=2026-11-20/hour=07/capture.json",
    "raw/app=acme__lost/date=2026-11-20/hour=07/x.jsonl.gz",
    "raw/app=acme__lost0/x",
    "raw/app=a-stranger's/x",
    "raw/app=/x",
    "raw/app=file",
    "raw/file",
    "messages/app=of_nobody/x",
    "ledger.old/app=elsewhere/x",
)


def fill(world: World) -> None:
    for place in PLACES:
        world.runtime.bucket.put_bytes(f"history/{place}", b"x", content_type="text/plain", replaces=None)


def test_every_app_with_raw_files_or_records_is_found_but_for_those_of_the_settings(world: World) -> None:
    assert apps_left_out(world.runtime.bucket, {world.app.slug}) == ()
    fill(world)
    found = apps_left_out(world.runtime.bucket, {world.app.slug})
    assert found == ("Shop", "acme__lost", "acme__lost0", "acme__old", "acme__support_2")


def test_an_app_costs_two_requests_however_much_it_has(world: World) -> None:
    for day, hour in product(range(1, 9), range(24)):
        key = f"history/ledger/app=acme__old/date=2026-11-{day:02d}/hour={hour:02d}/capture.json"
        world.runtime.bucket.put_bytes(key, b"x", content_type="text/plain", replaces=None)
    with troubled(world.runtime.bucket, "ListObjectsV2") as lists:
        assert apps_left_out(world.runtime.bucket, ()) == ("acme__old",)
    assert len(lists) == 3  # the app, what comes after it, and the folder of raw files, which has none
