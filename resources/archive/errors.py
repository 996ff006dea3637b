"""What can go wrong between this program and S3.

ArchiveError               what happened, to what, and what to do now
├── ArchiveUnreachable     no answer, or 5xx, after all retries
│   └── ChangedOnTheWay    an answer with other bytes than the sound object has
├── ArchiveRefused         wrong or missing credentials, no permission, no such bucket, quota
├── ArchiveSuperseded      somebody else wrote the object since it was read
├── ArchiveOfAnotherApp    what is there belongs to another app, which has the same slug
└── ArchiveDamaged         an object is missing, or its bytes are not what the ledger says
    └── RecordUnreadable   a record of the ledger is not what this version of the program writes
"""

from __future__ import annotations

from typing import Final

_OTHER_BUCKET: Final = (
    "Use a bucket without versions and Object Lock (what is here can be copied to it as it is), or an S3 server that "
    "knows conditional puts in one with them (AWS; Ceph from 20 on)."
)


class ArchiveError(Exception):
    """S3 did not do what it was asked to.

    Attributes:
        what_happened: One sentence naming the operation and the object.
        remedy: One sentence: what a person should do now.
    """

    def __init__(self, what_happened: str, remedy: str) -> None:
        super().__init__(f"{what_happened} {remedy}")
        self.what_happened = what_happened
        self.remedy = remedy


class ArchiveUnreachable(ArchiveError):
    """Raised when S3 did not answer, or answered 5xx, after all retries."""


class ChangedOnTheWay(ArchiveUnreachable):
    """Raised when bytes that were fetched are wrong, and the object, fetched once more, is sound."""


class ArchiveRefused(ArchiveError):
    """Raised when S3 understood and refused: credentials, permission, bucket, quota, clock."""


class ArchiveSuperseded(ArchiveError):
    """Raised when an object changed between being read and being replaced; read it again and decide anew."""


class ArchiveOfAnotherApp(ArchiveError):
    """Raised when a record is another app's; two apps in one folder would become one table."""


class ArchiveDamaged(ArchiveError):
    """Raised when an object is missing or its bytes do not have the SHA-256 they must have."""


class RecordUnreadable(ArchiveDamaged):
    """Raised when a record of the ledger cannot be read. It is never overwritten: it may be a newer version's.

    Attributes:
        uri: Where the record lies.
    """

    def __init__(self, uri: str, detail: str, remedy: str) -> None:
        super().__init__(f"The record {uri} cannot be read: {detail}.", remedy)
        self.uri = uri


def missing_object(bucket: str, key: str) -> ArchiveDamaged:
    """Return the error of an object that the ledger knows and S3 does not."""
    return ArchiveDamaged(
        f"s3://{bucket}/{key} is missing, although the ledger knows it.",
        "Restore it from a bucket version or a backup; inside the window, look at the hour again.",
    )


def damaged_object(bucket: str, key: str) -> ArchiveDamaged:
    """Return the error of an object whose bytes do not have the SHA-256 they must have."""
    return ArchiveDamaged(
        f"s3://{bucket}/{key} does not hold the bytes that were written.",
        "Restore it from a bucket version or a backup; inside the window, delete it and look at the hour again.",
    )


def unguarded_versions(bucket: str, key: str) -> ArchiveRefused:
    """Return the error of an S3 server that does not heed a put's condition in a bucket that keeps old versions.

    Ceph before 20 takes a put there that must replace nothing, whatever it replaces.
    """
    return ArchiveRefused(
        f"s3://{bucket}/{key} is stored, but its bucket keeps old versions, and there this S3 server cannot guard it "
        "against other writers.",
        _OTHER_BUCKET,
    )


def refused_although_it_holds(bucket: str, key: str) -> ArchiveRefused:
    """Return the error of a put that S3 refused for a version that is still there.

    Ceph before 20 does so in a bucket that keeps old versions: it compares with the version that is only being made.
    """
    return ArchiveRefused(
        f"PUT s3://{bucket}/{key} was refused because another version is there, and it is not.", _OTHER_BUCKET
    )
