"""Telling an answer of S3 from a page that a proxy or a gateway answers with. Not here: errors (`s3_errors.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resources.archive.errors import ArchiveUnreachable


def value_in(answer: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - it has the type that boto3's stubs say
    """Return a value that every answer of S3 holds.

    boto3 takes any answer with the status of a success for S3's, and reads a stranger's page as one that tells nothing.

    Raises:
        ArchiveUnreachable: The answer holds no such value: a proxy or a login page gave it.
    """
    if name not in answer:
        raise ArchiveUnreachable(
            f"An answer with the status of a success holds no {name}: it does not come from an S3 server.",
            "Look for a proxy or a login page before archive.endpoint_url, and run it again.",
        )
    return answer[name]
