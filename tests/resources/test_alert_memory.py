"""What a machine remembers of having told that a ledger cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from resources.alert_memory import TOLD_AGAIN_AFTER, AlertMemory
from resources.local_state import LocalStateError

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SOON = timedelta(minutes=5)


def test_what_was_told_is_told_again_when_the_time_has_passed(tmp_path: Path) -> None:
    assert AlertMemory(tmp_path, "acme__shop", "mail").is_time_to_tell(NOW)
    AlertMemory(tmp_path, "acme__shop", "mail").remember(NOW)
    again = AlertMemory(tmp_path, "acme__shop", "mail")
    assert not again.is_time_to_tell(NOW + TOLD_AGAIN_AFTER - SOON)
    assert again.is_time_to_tell(NOW + TOLD_AGAIN_AFTER)


def test_each_app_and_each_service_has_its_own_memory(tmp_path: Path) -> None:
    AlertMemory(tmp_path, "acme__shop", "mail").remember(NOW)
    assert AlertMemory(tmp_path, "acme__support", "mail").is_time_to_tell(NOW)
    assert AlertMemory(tmp_path, "acme__shop", "chat").is_time_to_tell(NOW)


def test_after_a_clock_was_set_back_it_is_told_rather_than_kept_for_years(tmp_path: Path) -> None:
    memory = AlertMemory(tmp_path, "acme__shop", "mail")
    memory.remember(NOW)
    assert memory.is_time_to_tell(NOW - SOON)


@pytest.mark.parametrize("content", [b"", b"\xff", b"2026-11-23T09:30:00"])
def test_what_cannot_be_read_is_no_memory(tmp_path: Path, content: bytes) -> None:
    memory = AlertMemory(tmp_path, "acme__shop", "mail")
    memory.remember(NOW)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert memory.is_time_to_tell(NOW)


def test_a_folder_that_cannot_be_written_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LocalStateError, match="CHAT_ARCHIVE_STATE_DIR"):
        AlertMemory(tmp_path / "absent", "acme__shop", "mail").remember(NOW)
