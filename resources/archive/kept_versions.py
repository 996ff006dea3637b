"""Does the S3 server heed the condition of a put in a bucket that keeps old versions? Asked once, and only there.

Ceph before 20 does not: it takes a put that must replace nothing although something is there, so that of two first
records of an hour one would hide the other; and a day later it refuses the put that names what it replaces. The archive
cannot work in such a bucket, and says so at its first record instead of a day later. No right to ask about versions is
needed: where they are kept, the answer to a put names one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from resources.archive.errors import unguarded_versions
from resources.archive.s3_errors import CONDITION_NOT_MET, code_of


class KeptVersions:
    """What is known of a bucket's versions, for the life of a process.

    Args:
        bucket: The bucket's name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._are_guarded: bool | None = None

    def look_at(self, answer: Mapping[str, object], key: str, put_again: Callable[[], object]) -> None:
        """Look at the answer to a put that made a new object, and at the first that names a version ask the server.

        Args:
            answer: To the put.
            key: The object's.
            put_again: Puts the same bytes once more where nothing must be yet. A sound server refuses that, and nothing
                is stored; the others store what is there already.

        Raises:
            ArchiveRefused: The server does not heed conditions there. The object is stored.
        """
        if "VersionId" not in answer:
            return
        if self._are_guarded is None:
            self._are_guarded = _is_refused(put_again)
        if self._are_guarded is False:
            raise unguarded_versions(self._bucket, key)


def _is_refused(put: Callable[[], object]) -> bool | None:
    """Tell whether S3 refuses a put for its condition; None where that cannot be told: the object is stored anyway."""
    try:
        put()
    except ClientError as error:
        return True if code_of(error) in CONDITION_NOT_MET else None
    except BotoCoreError:
        return None
    return False
