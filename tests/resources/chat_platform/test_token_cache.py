"""The file in which processes share a token: private, unreadable to others, and never waited for without an end."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from pydantic import SecretStr

from resources.chat_platform import token_cache
from resources.chat_platform.errors import TemporaryFailure
from resources.chat_platform.token_cache import IssuedToken, TokenCache
from resources.local_state import LocalStateError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ISSUED = IssuedToken(asked_at=NOON, token=SecretStr("hush-token"), expires_at=NOON + timedelta(days=1))
REFUSED = IssuedToken(asked_at=NOON, refusal=("It was refused.", "Mend it."), refused_as="WrongConfiguration")


def cache_in(folder: Path, identity: str = "app", secret: str = "hush-secret") -> TokenCache:
    return TokenCache(folder, identity, SecretStr(secret))


def file_of(folder: Path) -> Path:
    (file,) = folder.glob("*.bin")
    return file


@pytest.mark.parametrize("issued", [ISSUED, REFUSED], ids=["a token", "a refusal"])
def test_what_is_written_is_read_by_who_knows_the_secret_and_by_nobody_else(
    tmp_path: Path, issued: IssuedToken
) -> None:
    cache_in(tmp_path).write(issued)
    assert cache_in(tmp_path).read() == issued
    assert cache_in(tmp_path, secret="other").read() is None
    assert cache_in(tmp_path, identity="other app").read() is None


def test_the_file_is_private_and_holds_nothing_in_clear(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    with cache.locked():
        cache.write(ISSUED)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert b"hush" not in file.read_bytes()


def test_a_file_left_by_a_crash_does_not_lend_its_mode(tmp_path: Path) -> None:
    cache_in(tmp_path).write(ISSUED)
    left = file_of(tmp_path).with_suffix(".new")
    left.write_bytes(b"half")
    left.chmod(0o644)
    cache_in(tmp_path).write(REFUSED)
    assert stat.S_IMODE(file_of(tmp_path).stat().st_mode) == 0o600
    assert cache_in(tmp_path).read() == REFUSED


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x00" * 1000], ids=["empty", "garbage", "zeros"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    cache_in(tmp_path).write(ISSUED)
    file_of(tmp_path).write_bytes(content)
    assert cache_in(tmp_path).read() is None


def test_a_file_of_another_version_of_this_program_counts_as_none(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.write(ISSUED)
    file_of(tmp_path).write_bytes(cache._fernet.encrypt(b'{"asked_at": "2026-11-23T12:00:00Z", "new_field": 1}'))
    assert cache.read() is None


def test_a_lock_that_is_never_let_go_is_an_error_and_no_wait_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "LONGEST_WAIT_SECONDS", 0)
    cache = cache_in(tmp_path)
    with cache.locked():
        (lock,) = tmp_path.glob("*.lock")
        with pytest.raises(TemporaryFailure, match=lock.name), cache_in(tmp_path).locked():
            pytest.fail("Two processes held the lock.")


def test_the_lock_is_let_go_when_asking_fails(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    with pytest.raises(TemporaryFailure), cache.locked():
        raise TemporaryFailure("It failed.", "Try again.")
    (lock,) = tmp_path.glob("*.lock")
    with FileLock(lock, timeout=0) as held:
        assert held.is_locked


def test_a_folder_that_cannot_be_used_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.write(ISSUED)
    file = file_of(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(LocalStateError, match="CHAT_ARCHIVE_STATE_DIR"):
        cache.read()
    (file / "something").touch()
    with pytest.raises(LocalStateError, match="CHAT_ARCHIVE_STATE_DIR"):
        cache.write(ISSUED)
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()
    with pytest.raises(LocalStateError, match="CHAT_ARCHIVE_STATE_DIR"), cache_in(not_a_folder).locked():
        pytest.fail("A lock was held in no folder.")


def test_showing_what_was_issued_does_not_show_the_token() -> None:
    assert "hush" not in f"{ISSUED} {ISSUED!r} {ISSUED.model_dump()}"
