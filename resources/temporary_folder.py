"""A private temporary folder for the length of a run, and what becomes of those whose process was killed.

A process that is killed removes nothing. So a folder is locked while it is used, and whoever makes one removes those
that nobody holds any more: a machine on which runs are killed again and again does not fill up with their files. Not
here: what processes share (`local_state.py`).
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from filelock import FileLock, Timeout

_PREFIX = "chat-archive-run-"
_LOCK_FILE = "in-use.lock"
_SECONDS_TO_LOCK = 60.0
"""A folder as young as this may belong to a process that has not come to lock it yet."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_ACCESS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT})


class LocalDiskError(Exception):
    """Raised when temporary files cannot be written or read. Its text names the folder and the remedy."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that this user alone can read, and remove it at the end of the block, whatever happens in it.

    Raises:
        LocalDiskError: It cannot be made, or the block met a disk that is full, broken or closed to this user.
    """
    folder: Path | None = None
    try:
        # What cannot be removed now is removed by a later run.
        with (
            TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name,
            FileLock(Path(name) / _LOCK_FILE),
        ):
            _remove_leftovers(Path(name))
            folder = Path(name)
            yield folder
    except OSError as error:
        remedy = _remedy_of(error, folder)
        if remedy is None:  # not the disk's doing, or not that of this folder
            raise
        raise LocalDiskError(f"{_place()} cannot be used: {os.strerror(error.errno or 0)}. {remedy}") from None


def _remove_leftovers(own: Path) -> None:
    """Remove the folders beside this one, of this user, that a killed process has left."""
    made = own.stat()
    with os.scandir(own.parent) as entries:
        beside = [entry for entry in entries if entry.name.startswith(_PREFIX) and entry.name != own.name]
    for entry in beside:
        with suppress(OSError, Timeout):  # it is in use, or was removed by somebody else meanwhile
            there = entry.stat(follow_symlinks=False)
            is_ours = entry.is_dir(follow_symlinks=False) and there.st_uid == made.st_uid
            if is_ours and there.st_mtime < made.st_mtime - _SECONDS_TO_LOCK:
                with FileLock(Path(entry.path) / _LOCK_FILE, timeout=0):
                    shutil.rmtree(entry.path, ignore_errors=True)


def _remedy_of(error: OSError, folder: Path | None) -> str | None:
    if error.errno in _NO_ROOM:
        return "Make room there, or set TMPDIR to a folder with more, and run it again."
    if error.errno == errno.EIO:
        return "Check the disk it lies on, or set TMPDIR to a folder on another one, and run it again."
    if error.errno in _NO_ACCESS and _is_about(folder, error):
        return "Let this user write there, or set TMPDIR to another folder, and run it again."
    return None


def _is_about(folder: Path | None, error: OSError) -> bool:
    """Tell an error of the folder from one of any other file that was opened meanwhile, such as one of certificates."""
    if folder is None:  # it was being made
        return True
    return isinstance(error.filename, str | bytes) and Path(os.fsdecode(error.filename)).is_relative_to(folder)


def _place() -> str:
    try:
        return f"The temporary folder {gettempdir()}"
    except FileNotFoundError:  # Python tries some usual places, and none of them can be written
        return "The temporary folder of this machine"
