"""A boto3 client for what happens behind the archive's back, on whichever S3 server a test has started.

Not here: the archive's own client (`resources/archive/s3_client.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import boto3

from tests.world import AWS_ENVIRONMENT


@contextmanager
def s3_client_of(endpoint: str) -> Iterator[Any]:
    """Connect to a server with the credentials that every test has, whatever the environment says."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=AWS_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )
    with closing(client):
        yield client
