"""Folders that readers take whole, and coverage: what belongs to nobody is named, and a table that is gone."""

from __future__ import annotations

import pytest

from assets.coverage.publish_coverage import publish_coverage
from assets.verification.discrepancy import Thing, Wrong
from assets.verification.strangers import strangers_of
from resources.archive.layout import coverage_table
from tests.assets.verification.archives import BehindItsBack, kinds, let_s3_clock_run_ahead
from tests.world import World

TABLE = coverage_table("history/")


def found(who: BehindItsBack) -> list[tuple[Wrong, Thing]]:
    return kinds(strangers_of(who.world.runtime.bucket, {who.world.app.slug}))


def test_in_a_healthy_archive_there_is_no_stranger(somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    assert found(somebody) == []


@pytest.mark.parametrize("name", ["evil.parquet", "app=acme__support/coverage.parquet", "coverage.parquet.old"])
def test_the_folder_of_coverage_holds_its_table_and_nothing_else(somebody: BehindItsBack, name: str) -> None:
    somebody.put(f"history/coverage/{name}", b"PAR1")
    (stranger,) = strangers_of(somebody.world.runtime.bucket, {somebody.world.app.slug})
    assert (stranger.wrong, stranger.thing, stranger.key) == (Wrong.EXTRA, Thing.OTHER, f"history/coverage/{name}")


def test_a_coverage_table_that_is_gone_is_missing_once_hours_have_been_recorded_for_a_while(
    somebody: BehindItsBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody.delete(TABLE)
    assert found(somebody) == []  # a new archive has none until its schedule has come
    let_s3_clock_run_ahead(monkeypatch)
    assert found(somebody) == [(Wrong.MISSING, Thing.COVERAGE)]
    publish_coverage(somebody.world.runtime)
    assert found(somebody) == []


def test_an_archive_without_records_needs_no_coverage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    let_s3_clock_run_ahead(monkeypatch)
    assert strangers_of(world.runtime.bucket, {world.app.slug}) == []


def test_a_coverage_table_that_somebody_else_wrote_is_altered_and_replaced_by_the_next(somebody: BehindItsBack) -> None:
    somebody.put(TABLE, b"PAR1")
    assert found(somebody) == [(Wrong.ALTERED, Thing.COVERAGE)]
    publish_coverage(somebody.world.runtime)
    assert found(somebody) == []
