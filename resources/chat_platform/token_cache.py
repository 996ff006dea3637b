"""The token that processes share, and when one was last asked for: a file on this machine, encrypted.

Every hour is a process of its own in production. If each asked for a token, the platform would ban the account ("do not
request tokens often", Easemob's token documentation). So the token lies in a file, encrypted under a key made from the
app's own client secret: who can read it there could have asked for one. Not here: asking (`tokens.py`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, SecretStr, ValidationError, field_serializer

from resources.chat_platform.errors import TemporaryFailure
from resources.local_state import STATE_VARIABLE, LocalStateError

LONGEST_WAIT_SECONDS = 300.0
"""So long another process may hold the lock: it asks for one token meanwhile, which takes 3 minutes at the most."""


class IssuedToken(BaseModel):
    """What came of the last request for a token.

    Attributes:
        asked_at: When it was asked for.
        token: What was given, or None when nothing was.
        expires_at: When the token ends.
        refusal: When nothing was given: what happened, and what to do.
        refused_as: When nothing was given: the class of the error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    asked_at: AwareDatetime
    token: SecretStr | None = None
    expires_at: AwareDatetime | None = None
    refusal: tuple[str, str] | None = None
    refused_as: str | None = None

    @field_serializer("token", when_used="json")
    def _for_the_encrypted_file(self, token: SecretStr | None) -> str | None:
        return token.get_secret_value() if token else None


class TokenCache:
    """The shared, encrypted memory of one app's token.

    Args:
        folder: The private folder that processes share.
        identity: What the token belongs to: host, app and client id. Another identity is another token.
        secret: The client secret; the file can be read with it only.
    """

    def __init__(self, folder: Path, identity: str, secret: SecretStr) -> None:
        name = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._file = folder / f"token-{name}.bin"
        self._lock_file = folder / f"token-{name}.lock"
        key = HKDF(SHA256(), length=32, salt=None, info=f"token cache of {identity}".encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key.derive(secret.get_secret_value().encode())))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time look, ask, and write.

        Raises:
            TemporaryFailure: Another process holds the lock for too long.
            LocalStateError: The folder cannot be used.
        """
        lock = FileLock(self._lock_file, timeout=LONGEST_WAIT_SECONDS, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise TemporaryFailure(
                f"Another process has held {self._lock_file} for too long.",
                "End the process that hangs; a later run asks again.",
            ) from None
        except OSError as error:
            raise _unusable(self._lock_file, error) from None
        try:
            yield
        finally:
            lock.release()

    def read(self) -> IssuedToken | None:
        """Return what came of the last request, or None when nobody asked, or under another secret.

        Raises:
            LocalStateError: The file cannot be read.
        """
        try:
            return IssuedToken.model_validate_json(self._fernet.decrypt(self._file.read_bytes()))
        except (FileNotFoundError, InvalidToken, ValidationError):
            return None
        except OSError as error:
            raise _unusable(self._file, error) from None

    def write(self, issued: IssuedToken) -> None:
        """Remember what came of a request.

        Raises:
            LocalStateError: The file cannot be written.
        """
        fresh = self._file.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_bytes(self._fernet.encrypt(issued.model_dump_json().encode()))
            fresh.replace(self._file)
        except OSError as error:
            raise _unusable(self._file, error) from None


def _unusable(file: Path, error: OSError) -> LocalStateError:
    return LocalStateError(
        f"{file}, where processes share a token, cannot be used ({error.strerror}). "
        f"Let this user read and write it, or set {STATE_VARIABLE} to another folder.",
    )
