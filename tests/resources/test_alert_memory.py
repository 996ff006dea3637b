"""What a machine remembers of having told that a ledger cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from resources.alert_memory import TOLD_AGAIN_AFTER, AlertMemory
from resources.hours.hour import Hour
from resources.local_state import LocalStateError
from resources.settings import ArchiveSettings

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SOON = timedelta(minutes=5)


def archive(root: str, endpoint_url: str | None = None) -> ArchiveSettings:
    return ArchiveSettings(root=root, endpoint_url=endpoint_url, first_hour=Hour.from_key("2026112000"))


PRODUCTION = archive("s3://production/history")


def test_what_was_told_is_told_again_when_the_time_has_passed(tmp_path: Path) -> None:
    assert AlertMemory(tmp_path, PRODUCTION, "acme__shop", "mail").is_time_to_tell(NOW)
    AlertMemory(tmp_path, PRODUCTION, "acme__shop", "mail").remember(NOW)
    again = AlertMemory(tmp_path, PRODUCTION, "acme__shop", "mail")
    assert not again.is_time_to_tell(NOW + TOLD_AGAIN_AFTER - SOON)
    assert again.is_time_to_tell(NOW + TOLD_AGAIN_AFTER)


def test_each_app_and_each_service_has_its_own_memory(tmp_path: Path) -> None:
    AlertMemory(tmp_path, PRODUCTION, "acme__shop", "mail").remember(NOW)
    assert AlertMemory(tmp_path, PRODUCTION, "acme__support", "mail").is_time_to_tell(NOW)
    assert AlertMemory(tmp_path, PRODUCTION, "acme__shop", "chat").is_time_to_tell(NOW)


@pytest.mark.parametrize(
    "another",
    [
        archive("s3://staging/history"),
        archive("s3://production/trial"),
        archive("s3://production/history", "https://s3.staging.example"),
    ],
)
def test_each_archive_has_its_own_memory(tmp_path: Path, another: ArchiveSettings) -> None:
    AlertMemory(tmp_path, another, "acme__shop", "mail").remember(NOW)
    assert AlertMemory(tmp_path, PRODUCTION, "acme__shop", "mail").is_time_to_tell(NOW)


def test_after_a_clock_was_set_back_it_is_told_rather_than_kept_for_years(tmp_path: Path) -> None:
    memory = AlertMemory(tmp_path, PRODUCTION, "acme__shop", "mail")
    memory.remember(NOW)
    assert memory.is_time_to_tell(NOW - SOON)


@pytest.mark.parametrize("content", [b"", b"\xff", b"2026-11-23T09:30:00"])
def test_what_cannot_be_read_is_no_memory(tmp_path: Path, content: bytes) -> None:
    memory = AlertMemory(tmp_path, PRODUCTION, "acme__shop", "mail")
    memory.remember(NOW)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert memory.is_time_to_tell(NOW)


def test_a_folder_that_cannot_be_written_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LocalStateError, match="CHAT_ARCHIVE_STATE_DIR"):
        AlertMemory(tmp_path / "absent", PRODUCTION, "acme__shop", "mail").remember(NOW)
