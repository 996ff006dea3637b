"""The policies for S3 at work: users of a real Ceph who have them do what they are for, and are refused the rest.

Ceph judges most of what AWS would. What it does not is named in `LEFT_TO_AWS`. Not here: whether a policy allows what
the code calls (`test_policies.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from assets.verification.cleanup import find_leftovers, remove
from resources.archive import layout
from resources.archive.objects import LARGEST_SINGLE_PUT
from resources.archive.s3_errors import code_of
from resources.runtime import Runtime
from tests.assets.looking import look
from tests.assets.verification.archives import (
    LAST_HOUR,
    PLAIN,
    QUARANTINED,
    BehindItsBack,
    found,
    let_s3_clock_run_ahead,
)
from tests.deploy.example import as_list, policy
from tests.pipelines.query.archives import small_archive
from tests.servers.ceph import CephServer
from tests.servers.s3_client import s3_client_of
from tests.world import World

JUDGED = {
    "archive-policy": {"ReadAndWriteObjectsButDeleteNone", "ListObjectsAndBeToldThatOneIsMissing"},
    "cleanup-policy": {
        "ReadTheLedgerAndEndUnfinishedUploads",
        "RemoveWhatTheLedgerDoesNotKnowButNeverRawFilesOrTheLedger",
        "ListObjectsAndUnfinishedUploads",
    },
    "analyst-policy": {"ReadMessagesAndCoverageButNoRawFileAndNoQuarantine", "ListThem"},
    "bucket-policy": {
        "NoKMSWithoutNamingTheKey",
        "NobodyDeletesRawFilesOrTheLedger",
        "NobodyDeletesVersionsOrTheBucket",
    },
}
"""The statements that Ceph is given here, by policy."""

LEFT_TO_AWS = {
    "archive-policy": {"EncryptAndDecryptThroughS3Only": "Ceph knows no action of KMS"},
    "cleanup-policy": {"DecryptTheLedgerThroughS3Only": "Ceph knows no action of KMS"},
    "analyst-policy": {"DecryptThroughS3Only": "Ceph knows no action of KMS"},
    "bucket-policy": {
        "OnlyOverTLS": "Ceph says nothing of aws:SecureTransport where there is no TLS",
        "NoEncryptionButKMS": "Ceph 16 takes no Null condition for true where the key is there",
        "NoKeyOfTheCustomersOwn": "Ceph 16 knows no such key, and refuses every put",
        "NoOtherKey": "Ceph 16 takes no Null condition for true where the key is there",
        "RawFilesAreNeverReplaced": "Ceph knows neither s3:if-none-match nor s3:ObjectCreationOperation",
        "OnlyCleanupDeletes": "Ceph does not know aws:PrincipalArn",
    },
}
"""The statements that it cannot judge as AWS does, and why not."""

Acts = Callable[[str], World]


@pytest.fixture(scope="module")
def s3_endpoint(ceph: CephServer) -> str:
    return ceph.endpoint


@pytest.fixture(scope="module")
def s3_client(s3_endpoint: str) -> Iterator[Any]:
    """Return a client of the bucket's owner."""
    with s3_client_of(s3_endpoint) as client:
        yield client


@pytest.fixture(scope="module")
def iam(ceph: CephServer) -> Iterator[Any]:
    """Return a client of somebody who may give users their policies."""
    name = f"administrator-{uuid4().hex}"
    keys = ("--access-key", name, "--secret-key", name)
    ceph.administer("user", "create", "--uid", name, "--display-name", name, "--caps", "user-policy=*", *keys)
    with closing(
        boto3.client(
            "iam",
            endpoint_url=ceph.endpoint,
            region_name="us-east-1",
            aws_access_key_id=name,
            aws_secret_access_key=name,
        )
    ) as client:
        yield client


@pytest.fixture
def acts(ceph: CephServer, iam: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acts]:
    """Return a function that gives the world to a new user who has one of the policies, and returns the user's."""

    def as_somebody_with(name: str) -> World:
        user = f"{name}-{uuid4().hex}"
        keys = ("--access-key", user, "--secret-key", user)
        ceph.administer("user", "create", "--uid", user, "--display-name", user, *keys)
        iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=judged(name, world.runtime.bucket.name))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", user)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", user)
        runtime = stack.enter_context(closing(Runtime(world.settings, world.clock, Random(1))))
        return replace(world, runtime=runtime)

    with ExitStack() as stack:
        yield as_somebody_with


def judged(name: str, bucket: str) -> str:
    """Return a policy for a bucket, as JSON, with those statements that Ceph judges."""
    statements = [statement for statement in policy(name) if statement["Sid"] in JUDGED[name]]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return document.replace("arn:aws:s3:::chat-archive", f"arn:aws:s3:::{bucket}")


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Tell whether S3 refuses a call for want of a right."""
    try:
        call(**arguments)
    except ClientError as error:
        return code_of(error) == "AccessDenied"
    return False


@pytest.mark.parametrize("name", JUDGED)
def test_every_statement_is_judged_by_ceph_or_left_to_aws_with_a_reason(name: str) -> None:
    statements = {statement["Sid"] for statement in policy(name)}
    assert JUDGED[name] | LEFT_TO_AWS[name].keys() == statements
    assert not JUDGED[name] & LEFT_TO_AWS[name].keys()
    of_kms = {each["Sid"] for each in policy(name) if any("kms:" in action for action in as_list(each["Action"]))}
    assert of_kms <= LEFT_TO_AWS[name].keys()


@pytest.mark.parametrize("largest_single_put", [LARGEST_SINGLE_PUT, 100], ids=["whole", "by parts"])
def test_with_its_policy_the_archive_captures_publishes_compacts_and_verifies_and_deletes_nothing(
    acts: Acts, world: World, monkeypatch: pytest.MonkeyPatch, largest_single_put: int
) -> None:
    monkeypatch.setattr("resources.archive.objects.LARGEST_SINGLE_PUT", largest_single_put)
    archiving = acts("archive-policy")
    bucket, client = archiving.runtime.bucket.name, archiving.runtime.bucket._client
    small_archive(archiving)
    look(archiving, LAST_HOUR)  # it is lost by now, which is written down
    assert found(archiving, QUARANTINED, PLAIN, LAST_HOUR, read_data=True) == []
    keys = archiving.keys()
    assert {key.split("/")[1] for key in keys} >= {"raw", "messages", "messages_daily", "quarantine", "ledger"}
    assert all(refused(client.delete_object, Bucket=bucket, Key=key) for key in keys)
    assert refused(client.list_multipart_uploads, Bucket=bucket)
    assert refused(client.put_object, Bucket=bucket, Key="elsewhere/object", Body=b"")
    assert refused(client.put_bucket_policy, Bucket=bucket, Policy="{}")
    assert world.keys() == keys


def test_with_its_policy_the_cleanup_removes_what_nobody_needs_and_no_raw_file_and_no_record(
    acts: Acts, world: World, s3_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_archive(world)
    owner = BehindItsBack(world, s3_client)
    strange = world.archive.layout.messages(PLAIN).replace("messages.parquet", "part-0.parquet")
    owner.put(strange, b"PAR1 mine")
    unfinished = world.archive.layout.raw(PLAIN, "a" * 64)
    owner.unfinished_upload(unfinished)
    let_s3_clock_run_ahead(monkeypatch)
    cleaning = acts("cleanup-policy")
    bucket, client = cleaning.runtime.bucket.name, cleaning.runtime.bucket._client
    leftovers = find_leftovers(cleaning.archive, timedelta(days=1))
    gone = [each.key for each in remove(cleaning.archive, leftovers, unfounded=True)]
    assert sorted(gone) == sorted([strange, unfinished])
    for key in world.runtime.bucket.keys(""):
        kept = key.startswith(("history/raw/", "history/ledger/", "history/coverage"))
        assert refused(client.put_object, Bucket=bucket, Key=key, Body=b"")
        assert refused(client.delete_object, Bucket=bucket, Key=key) is kept, key


def test_with_his_policy_an_analyst_reads_messages_and_coverage_and_nothing_else(acts: Acts, world: World) -> None:
    small_archive(world)
    keys = world.keys()
    reading = acts("analyst-policy").runtime.bucket
    client = reading._client
    at_hand = ("history/messages/", "history/messages_daily/", "history/coverage/")
    for key in keys:
        may_read = key.startswith(at_hand) or key == layout.coverage_page("history/")
        assert refused(client.get_object, Bucket=reading.name, Key=key) is not may_read, key
        assert refused(client.put_object, Bucket=reading.name, Key=key, Body=b"")
        assert refused(client.delete_object, Bucket=reading.name, Key=key)
    assert all(not refused(client.list_objects_v2, Bucket=reading.name, Prefix=prefix) for prefix in at_hand)
    for prefix in ("", "history/", "history/raw/", "history/ledger/", "history/quarantine/"):
        assert refused(client.list_objects_v2, Bucket=reading.name, Prefix=prefix)


def test_with_the_buckets_policy_not_even_its_owner_deletes_a_raw_file_a_record_a_version_or_the_bucket(
    world: World, s3_client: Any
) -> None:
    small_archive(world)
    bucket = world.runtime.bucket.name
    s3_client.put_bucket_policy(Bucket=bucket, Policy=judged("bucket-policy", bucket))
    for key in world.runtime.bucket.keys(""):
        kept = key.startswith(("history/raw/", "history/ledger/"))
        assert refused(s3_client.delete_object, Bucket=bucket, Key=key, VersionId="null")
        assert refused(s3_client.delete_object, Bucket=bucket, Key=key) is kept, key
    assert refused(s3_client.delete_bucket, Bucket=bucket)


def test_with_the_buckets_policy_nothing_is_put_that_is_to_be_encrypted_with_a_key_that_is_not_named(
    world: World, s3_client: Any
) -> None:
    place = {"Bucket": world.runtime.bucket.name, "Key": "history/object"}
    s3_client.put_bucket_policy(Bucket=place["Bucket"], Policy=judged("bucket-policy", place["Bucket"]))
    assert refused(s3_client.put_object, **place, Body=b"", ServerSideEncryption="aws:kms")
    assert not refused(s3_client.put_object, **place, Body=b"")
