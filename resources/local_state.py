"""The private folder on this machine that processes share: request budgets, encrypted tokens, and `alert_memory.py`.

Everything in it may be deleted at any time; it is then made anew. What must not be lost lies in S3.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

STATE_VARIABLE = "CHAT_ARCHIVE_STATE_DIR"
"""The environment variable that names the folder; all processes that archive the same apps need the same one."""


class LocalStateError(Exception):
    """Raised when the folder cannot be made or written. Its text names the folder and the remedy."""


def local_state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder, made if need be, readable by this user only.

    Raises:
        LocalStateError: It cannot be made or written.
    """
    named = environment.get(STATE_VARIABLE, "")
    base = environment.get("XDG_STATE_HOME", "") or "~/.local/state"
    try:
        folder = Path(named or f"{base}/chat-history-archive").expanduser()
    except RuntimeError:  # containers often run under a user without a home
        raise LocalStateError(
            f"This user has no home directory. Set {STATE_VARIABLE} to a folder this user may write.",
        ) from None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalStateError(
            f"The folder {folder}, where processes share request budgets, cannot be made ({error.strerror}). "
            f"Set {STATE_VARIABLE} to a folder this user may write.",
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LocalStateError(
            f"The folder {folder}, where processes share request budgets, cannot be written. "
            f"Set {STATE_VARIABLE} to a folder this user may write.",
        )
    return folder
