"""`chat-archive cleanup`: lists first, removes when told, and says what it keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resources.archive.errors import ArchiveRefused
from resources.archive.removal import Removal
from tests.assets.verification.archives import LOST, PLAIN, BehindItsBack, let_s3_clock_run_ahead
from tests.assets.verification.conftest import somebody
from tests.pipelines.test_command_line import Type, type_in
from tests.world import World

__all__ = ["somebody", "type_in"]


@pytest.fixture
def type_(somebody: BehindItsBack, type_in: Callable[[World], Type], monkeypatch: pytest.MonkeyPatch) -> Type:
    let_s3_clock_run_ahead(monkeypatch)
    return type_in(somebody.world)


@pytest.fixture
def extra(somebody: BehindItsBack) -> str:
    key = somebody.world.archive.layout.messages(PLAIN).replace("messages.parquet", "part-0.parquet")
    somebody.put(key, b"PAR1 mine")
    return key


def test_it_lists_and_removes_nothing_until_told(somebody: BehindItsBack, type_: Type, extra: str) -> None:
    upload = somebody.world.archive.layout.raw(PLAIN, "a" * 64)
    somebody.unfinished_upload(upload)
    before = somebody.world.keys()
    result = type_("cleanup")
    assert result.exit_code == 0, result.output
    assert "1 object the archive never wrote, 9 bytes:" in result.output
    assert f"  s3://{somebody.bucket}/{extra}  9 bytes, written " in result.output
    assert "1 upload that nobody finished:" in result.output
    assert f"  s3://{somebody.bucket}/{upload}  begun " in result.output
    assert "Nothing was removed. To remove what is listed as left over: chat-archive cleanup --delete" in result.output
    assert somebody.world.keys() == before


def test_told_to_it_removes_what_it_listed_and_nothing_else(somebody: BehindItsBack, type_: Type, extra: str) -> None:
    upload = somebody.world.archive.layout.raw(PLAIN, "a" * 64)
    somebody.unfinished_upload(upload)
    before = set(somebody.world.keys())
    result = type_("cleanup", "--delete")
    assert result.exit_code == 0, result.output
    assert f"Removed s3://{somebody.bucket}/{extra}" in result.output
    assert f"Aborted s3://{somebody.bucket}/{upload}" in result.output
    assert before - set(somebody.world.keys()) == {extra}
    assert type_("cleanup").output == "acme/support: nothing is left over.\n"
    assert type_("verify", "--hours", PLAIN.key, "--read-data").exit_code == 0


def test_raw_files_that_no_record_names_are_kept_and_it_says_how_to_record_them(
    somebody: BehindItsBack, type_: Type
) -> None:
    key = somebody.unrecorded_raw_file(PLAIN, b'{"msg_id":"77"}')
    result = type_("cleanup", "--delete")
    assert result.exit_code == 0
    assert f"chat-archive adopt --app acme/support --hours {PLAIN}" in result.output
    assert key in set(somebody.world.keys())


def test_messages_made_of_no_file_are_listed_and_go_when_it_is_said_twice(somebody: BehindItsBack, type_: Type) -> None:
    key = somebody.world.archive.layout.messages(LOST)
    somebody.put(key, b"PAR1 mine")
    before = set(somebody.world.keys())
    for words in (["cleanup"], ["cleanup", "--delete"]):
        result = type_(*words)
        assert result.exit_code == 0, result.output
        assert "1 object made of no file: by the ledger nobody spoke then, all is lost, or " in result.output
        assert f"  s3://{somebody.bucket}/{key}  9 bytes, written " in result.output
        assert "To remove what is made of no file as well: chat-archive cleanup --delete --unfounded" in result.output
        assert set(somebody.world.keys()) == before
    result = type_("cleanup", "--delete", "--unfounded")
    assert f"Removed s3://{somebody.bucket}/{key}" in result.output
    assert "--unfounded" not in result.output
    assert before - set(somebody.world.keys()) == {key}
    assert type_("verify", "--hours", LOST.key).exit_code == 0


def test_it_is_not_said_twice_by_unfounded_alone(somebody: BehindItsBack, type_: Type) -> None:
    somebody.put(somebody.world.archive.layout.messages(LOST), b"PAR1 mine")
    result = type_("cleanup", "--unfounded")
    assert result.exit_code == 2
    assert "--delete" in result.output


def test_what_is_too_young_is_counted_and_left_alone(somebody: BehindItsBack, type_: Type, extra: str) -> None:
    result = type_("cleanup", "--delete", "--older-than", "3d")
    assert "1 more are too young" in result.output
    assert extra in set(somebody.world.keys())


@pytest.mark.parametrize("span", ["0h", "3h", "1", "d", "-2d", "two days", "1w"])
def test_a_span_that_a_run_may_still_be_under_way_in_is_refused(
    world: World, type_in: Callable[[World], Type], span: str
) -> None:
    result = type_in(world)("cleanup", "--older-than", span)
    assert result.exit_code == 2
    assert "at least 4h" in result.output


def test_credentials_that_may_not_delete_end_with_2_and_say_which_right_is_missing(
    somebody: BehindItsBack, type_: Type, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bool:
        raise ArchiveRefused("DELETE s3://b/k failed.", "Run this once with credentials that have s3:DeleteObject.")

    monkeypatch.setattr(Removal, "delete", refuse)
    result = type_("cleanup", "--delete")
    assert result.exit_code == 2
    assert "s3:DeleteObject" in result.output
    assert extra in set(somebody.world.keys())
