"""A run's temporary folder: private, gone at the end, and sooner or later gone also when its process was killed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from resources.temporary_folder import LocalDiskError, temporary_folder

TWO_HOURS = 7200


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where temporary folders are made."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


def left_by_a_killed_process(place: Path, *, seconds_ago: float = TWO_HOURS) -> Path:
    """Make a folder as a process leaves it that was killed so long ago."""
    with temporary_folder() as folder:
        left = folder.rename(place / f"{folder.name}-left")
    (left / "0.jsonl.gz").write_bytes(b"half a file")
    grow_old(left, seconds_ago)
    return left


def grow_old(folder: Path, seconds: float) -> None:
    then = folder.stat().st_mtime - seconds
    os.utime(folder, (then, then))


def test_a_folder_can_be_used_by_this_user_only_and_is_gone_at_the_end(place: Path) -> None:
    with temporary_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "deeper").mkdir()
        (folder / "deeper" / "file").write_bytes(b"x")
    assert list(place.iterdir()) == []


def test_a_folder_is_gone_also_after_an_error(place: Path) -> None:
    with pytest.raises(ZeroDivisionError), temporary_folder():
        raise ZeroDivisionError
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next_run(place: Path) -> None:
    left = left_by_a_killed_process(place)
    with temporary_folder() as folder:
        assert not left.exists()
        assert list(place.iterdir()) == [folder]


def test_a_folder_in_use_is_left_alone_however_old_it_is() -> None:
    with temporary_folder() as old:
        grow_old(old, TWO_HOURS)
        with temporary_folder():
            assert old.exists()


def test_a_folder_whose_process_may_not_have_come_to_lock_it_is_left_alone(place: Path) -> None:
    left = left_by_a_killed_process(place, seconds_ago=30)
    with temporary_folder():
        assert left.exists()


def test_nothing_else_is_removed_and_no_link_is_followed(place: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"x")
    others = [place / "somebody-elses", place / "chat-archive-demo-x"]
    for other in others:
        other.mkdir()
        grow_old(other, TWO_HOURS)
    link, file = place / "chat-archive-run-link", place / "chat-archive-run-file"
    link.symlink_to(precious)
    file.write_bytes(b"x")
    for path in (link, file):
        os.utime(path, (0, 0), follow_symlinks=False)
    with temporary_folder():
        pass
    assert sorted(place.iterdir()) == sorted([*others, link, file])
    assert [path.name for path in precious.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "No space left on device. Make room there, or set TMPDIR"),
        (errno.EFBIG, "File too large. Make room there, or set TMPDIR"),
        (errno.EDQUOT, "Disk quota exceeded. Make room there, or set TMPDIR"),
        (errno.EIO, "Input/output error. Check the disk it lies on"),
        (errno.EROFS, "Read-only file system. Let this user write there"),
        (errno.EACCES, "Permission denied. Let this user write there"),
    ],
)
def test_what_the_disk_refuses_is_told_with_its_folder_and_a_remedy(place: Path, number: int, says: str) -> None:
    with pytest.raises(LocalDiskError) as caught, temporary_folder() as folder:
        raise OSError(number, "in other words", str(folder / "secret"))
    assert str(caught.value).startswith(f"The temporary folder {place} cannot be used: {says}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("error", [ConnectionResetError(errno.ECONNRESET, "reset"), TimeoutError(), OSError("odd")])
def test_an_error_that_is_not_the_disks_is_left_as_it_is(error: OSError) -> None:
    with pytest.raises(type(error)) as caught, temporary_folder():
        raise error
    assert caught.value is error


@pytest.mark.parametrize("name", ["/somewhere/else/certificates.pem", "beside/it.pem", None, 5])
def test_a_missing_file_that_lies_elsewhere_is_not_blamed_on_the_folder(place: Path, name: str | int | None) -> None:
    elsewhere = str(place / name) if isinstance(name, str) else name
    with pytest.raises(FileNotFoundError), temporary_folder():
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", elsewhere)


def test_a_place_that_is_not_there_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    with pytest.raises(LocalDiskError, match="set TMPDIR"), temporary_folder():
        pass


def test_a_machine_without_any_place_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", list)
    with pytest.raises(LocalDiskError, match="set TMPDIR"), temporary_folder():
        pass
