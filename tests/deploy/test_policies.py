"""The policies for S3: they allow what the code calls and no more; which calls it makes is read from the code."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session

from resources.archive import layout
from resources.hours.day import Day
from resources.hours.hour import Hour
from tests.deploy.example import DEPLOY, actions, as_list, ignored_by_docker, policy, project_file

NEEDS = {
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "complete_multipart_upload": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "delete_object": "s3:DeleteObject",
    "delete_objects": "s3:DeleteObject",
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "list_multipart_uploads": "s3:ListBucketMultipartUploads",
    "list_objects_v2": "s3:ListBucket",
    "list_parts": "s3:ListMultipartUploadParts",
    "put_object": "s3:PutObject",
    "upload_part": "s3:PutObject",
}
"""What S3 asks for, by boto3's names of the operations."""

ALL_POLICIES = ("archive-policy", "cleanup-policy", "analyst-policy")
BUCKET = "arn:aws:s3:::chat-archive"
HOUR = Hour.from_key("2026112306")
OF_AN_APP = layout.Layout("history/", "acme__support")


def operations_called() -> set[str]:
    """Return the S3 operations that the code calls, wherever it does, but for what is not in the image."""
    known = {xform_name(name) for name in get_session().get_service_model("s3").operation_names}
    files = (file for package in ("resources", "assets", "pipelines") for file in project_file(package).rglob("*.py"))
    return {name for file in files if not ignored_by_docker(file) for name in names_in(file)} & known


def names_in(file: Path) -> Iterator[str]:
    """Yield the methods that are called, and the operations that paginators are asked for."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr
            if node.func.attr == "get_paginator" and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def allows(name: str, action: str, key: str | None = None) -> bool:
    """Tell whether a policy allows an action on an object of the bucket, or on the bucket itself."""
    resource = BUCKET if key is None else f"{BUCKET}/{key}"
    return any(
        action in as_list(statement["Action"])
        and any(fnmatchcase(resource, pattern) for pattern in as_list(statement["Resource"]))
        for statement in policy(name)
        if statement["Effect"] == "Allow"
    )


def test_what_every_operation_of_the_code_needs_is_known() -> None:
    called = operations_called()
    assert {"put_object", "get_object", "list_objects_v2", "upload_part"} <= called
    assert called <= set(NEEDS), "Add to NEEDS what S3 asks for, and allow it in the right policy."


def test_the_archive_may_do_everything_the_code_does_but_delete() -> None:
    needed = {NEEDS[operation] for operation in operations_called()}
    only_cleanup = {"s3:DeleteObject", "s3:ListBucketMultipartUploads"}
    encryption = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert actions(policy("archive-policy")) == needed - only_cleanup | encryption


def test_the_cleanup_may_delete_and_never_write() -> None:
    reads = {"s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads", "kms:Decrypt"}
    assert actions(policy("cleanup-policy")) == reads | {"s3:DeleteObject", "s3:AbortMultipartUpload"}


@pytest.mark.parametrize(
    ("key", "removable"),
    [
        (OF_AN_APP.messages(HOUR), True),
        (OF_AN_APP.messages_daily(Day.of(HOUR)), True),
        (OF_AN_APP.quarantine(HOUR), True),
        (OF_AN_APP.raw(HOUR, "a" * 64), False),
        (OF_AN_APP.capture_record(HOUR), False),
    ],
)
def test_not_even_the_cleanup_may_delete_a_raw_file_or_a_record(key: str, removable: bool) -> None:
    assert allows("cleanup-policy", "s3:DeleteObject", key) is removable
    (denied,) = [each for each in policy("bucket-policy") if each["Sid"] == "NobodyDeletesRawFilesOrTheLedger"]
    matches = any(fnmatchcase(f"{BUCKET}/{key}", pattern) for pattern in as_list(denied["Resource"]))
    assert matches is not removable


def test_an_analyst_may_only_read() -> None:
    assert actions(policy("analyst-policy")) == {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"}


@pytest.mark.parametrize(
    ("key", "readable"),
    [
        (OF_AN_APP.messages(HOUR), True),
        (OF_AN_APP.messages_daily(Day.of(HOUR)), True),
        (layout.coverage_table("history/"), True),
        (layout.coverage_page("history/"), True),
        (OF_AN_APP.raw(HOUR, "a" * 64), False),
        (OF_AN_APP.quarantine(HOUR), False),
        (OF_AN_APP.capture_record(HOUR), False),
        (OF_AN_APP.watch_record, False),
    ],
)
def test_an_analyst_reads_messages_and_coverage_and_nothing_that_may_hold_attachment_secrets(
    key: str, readable: bool
) -> None:
    assert allows("analyst-policy", "s3:GetObject", key) is readable
    assert allows("archive-policy", "s3:GetObject", key)


def test_an_analyst_lists_no_more_than_he_may_read() -> None:
    (listing,) = [each for each in policy("analyst-policy") if "s3:ListBucket" in as_list(each["Action"])]
    readable = {"history/messages/*", "history/messages_daily/*", "history/coverage/*"}
    assert set(listing["Condition"]["StringLike"]["s3:prefix"]) == readable


@pytest.mark.parametrize("name", ALL_POLICIES)
def test_a_policy_names_its_actions_its_bucket_and_its_key(name: str) -> None:
    for statement in policy(name):
        assert statement["Effect"] == "Allow"
        assert all("*" not in action for action in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"]):
            assert resource.startswith((BUCKET, "arn:aws:kms:"))


def test_the_bucket_refuses_plain_http_other_keys_replaced_raw_files_and_deletion() -> None:
    statements = {each["Sid"]: each for each in policy("bucket-policy")}
    assert all(each["Effect"] == "Deny" and each["Principal"] == "*" for each in statements.values())
    assert statements["OnlyOverTLS"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    key = [each["Resource"] for each in policy("archive-policy") if "kms:Decrypt" in each["Action"]]
    other_key = statements["NoOtherKey"]["Condition"]["StringNotEquals"]
    assert list(other_key.values()) == key
    assert statements["RawFilesAreNeverReplaced"]["Resource"] == f"{BUCKET}/history/raw/*"
    assert actions(policy("bucket-policy"), "Deny") >= {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"}


def test_the_bucket_encrypts_with_the_key_that_the_policies_name_and_ends_unfinished_uploads() -> None:
    encryption = json.loads((DEPLOY / "aws" / "bucket-encryption.json").read_text(encoding="utf-8"))
    default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    keys = {each["Resource"] for name in ALL_POLICIES for each in policy(name) if "kms:Decrypt" in each["Action"]}
    assert {default["KMSMasterKeyID"]} == keys
    lifecycle = json.loads((DEPLOY / "aws" / "bucket-lifecycle.json").read_text(encoding="utf-8"))
    assert lifecycle["Rules"][0]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    assert "Expiration" not in lifecycle["Rules"][0]
