"""The private folder that processes share: where it lies, who may read it, and what is said when there can be none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from resources.local_state import LocalStateError, local_state_folder


def mode_of(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"CHAT_ARCHIVE_STATE_DIR": "{home}/mine"}, "mine"),
        ({"CHAT_ARCHIVE_STATE_DIR": "~/mine"}, "mine"),
        ({"CHAT_ARCHIVE_STATE_DIR": "{home}/mine", "XDG_STATE_HOME": "{home}/state"}, "mine"),
        ({"CHAT_ARCHIVE_STATE_DIR": "", "XDG_STATE_HOME": "{home}/state"}, "state/chat-history-archive"),
        ({"XDG_STATE_HOME": "~/state"}, "state/chat-history-archive"),
        ({"XDG_STATE_HOME": ""}, ".local/state/chat-history-archive"),
        ({}, ".local/state/chat-history-archive"),
    ],
)
def test_the_folder_lies_where_the_environment_says(home: Path, environment: dict[str, str], folder: str) -> None:
    found = local_state_folder({name: value.format(home=home) for name, value in environment.items()})
    assert found == home / folder
    assert found.is_dir()


def test_a_new_folder_is_readable_by_its_user_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = local_state_folder({"CHAT_ARCHIVE_STATE_DIR": str(tmp_path / "mine")})
    finally:
        os.umask(before)
    assert mode_of(folder) == 0o700


def test_a_folder_that_is_there_is_used_again(tmp_path: Path) -> None:
    environment = {"CHAT_ARCHIVE_STATE_DIR": str(tmp_path / "mine")}
    (local_state_folder(environment) / "budget").touch()
    assert (local_state_folder(environment) / "budget").exists()


@pytest.mark.parametrize("named", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path, named: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalStateError, match=r"cannot be made.*Set CHAT_ARCHIVE_STATE_DIR") as refusal:
        local_state_folder({"CHAT_ARCHIVE_STATE_DIR": str(tmp_path / named)})
    assert str(tmp_path / named) in str(refusal.value)


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # root may write everywhere, so the system's word is replaced.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LocalStateError, match=r"cannot be written.*Set CHAT_ARCHIVE_STATE_DIR") as refusal:
        local_state_folder({"CHAT_ARCHIVE_STATE_DIR": str(tmp_path)})
    assert str(tmp_path) in str(refusal.value)


def test_a_user_without_a_home_is_told_to_name_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(path: Path) -> Path:
        raise RuntimeError(path)

    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(LocalStateError, match=r"no home directory. Set CHAT_ARCHIVE_STATE_DIR"):
        local_state_folder({})
