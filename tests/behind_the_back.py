"""What somebody can do to an app's archive who has the bucket's credentials and no idea of the archive.

Not here: what is made of it (`assets/verification`), and which secrets are planted that way (`canaries/meddling.py`).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from io import BytesIO
from typing import Any

from resources.archive.app_archive import AppArchive
from resources.digests import digests_of
from resources.hours.hour import Hour


class BehindTheBackOf:
    """Whoever has the bucket's credentials and no idea of the archive.

    Args:
        archive: Whose archive.
        client: A client for its bucket.
    """

    def __init__(self, archive: AppArchive, client: Any) -> None:
        self.archive = archive
        self.client = client
        self.bucket = archive.bucket.name

    def raw_key(self, hour: Hour) -> str:
        """The key of an hour's first raw revision."""
        capture = self.archive.ledger.capture(hour)
        assert capture is not None
        return self.archive.layout.raw(hour, capture.raw_revisions[0].sha256)

    def delete(self, *keys: str) -> None:
        for key in keys:
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def put(self, key: str, content: bytes, **more: Any) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content, **more)

    def content(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def rot(self, key: str) -> None:
        """Turn one bit, and leave length and metadata as they were, as a failing disk does."""
        before = self.client.get_object(Bucket=self.bucket, Key=key)
        content = before["Body"].read()
        self.put(key, content[:-1] + bytes([content[-1] ^ 1]), Metadata=before["Metadata"])

    def edit(self, key: str, **changes: Any) -> None:
        """Change fields of a record."""
        self.put(key, json.dumps(json.loads(self.content(key)) | changes).encode())

    def stored_as_ours(self, key: str, content: bytes) -> str:
        """Put an object as this program does, with its SHA-256, and return that."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.put(key, content, Metadata={"sha256": sha256})
        return sha256

    def unrecorded_raw_file(self, hour: Hour, *lines: bytes) -> str:
        """Store a raw file, as a run does that is killed before it writes its record; return the key."""
        content = gzip.compress(b"\n".join(lines), mtime=0)
        key = self.archive.layout.raw(hour, hashlib.sha256(content).hexdigest())
        self.stored_as_ours(key, content)
        return key

    def unfinished_upload(self, key: str, content: bytes = b"half") -> str:
        """Begin an upload by parts, as a run does that is killed in the middle; return its id."""
        upload_id: str = self.client.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        self.client.upload_part(Bucket=self.bucket, Key=key, UploadId=upload_id, PartNumber=1, Body=content)
        return upload_id


def digest_of(content: bytes) -> dict[str, Any]:
    """Return what a record says of an object with these bytes."""
    digests = digests_of(BytesIO(content))
    return {"bytes": digests.bytes, "sha256": digests.sha256}
