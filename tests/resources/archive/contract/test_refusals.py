"""What S3 refuses: at the first try, in one sentence with a remedy, and without a secret in it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from botocore.compat import get_current_datetime

from resources.archive.errors import ArchiveRefused
from resources.archive.objects import ArchiveBucket
from resources.settings import ArchiveSettings
from tests.fake_clock import FakeClock
from tests.resources.archive.contract.backends import Backend, Capability
from tests.resources.archive.troubled_wire import header, troubled
from tests.world import AWS_ENVIRONMENT, NOW

KEY = "history/a/b=c/object"
CANARY = "canary-that-nobody-may-see"


@dataclass(frozen=True)
class Scene:
    """What a refusal is made from."""

    backend: Backend
    settings: ArchiveSettings
    client: Any
    patch: pytest.MonkeyPatch


Refusal = Callable[[Scene], AbstractContextManager[ArchiveSettings]]
Operation = Callable[[ArchiveBucket], object]


@pytest.fixture
def scene(backend: Backend, bucket_settings: ArchiveSettings, s3_client: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(backend, bucket_settings, s3_client, monkeypatch)


@contextmanager
def a_wrong_secret(scene: Scene) -> Iterator[ArchiveSettings]:
    scene.backend.needs(Capability.CREDENTIALS_CHECKED)
    scene.patch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    yield scene.settings


@contextmanager
def an_unknown_key(scene: Scene) -> Iterator[ArchiveSettings]:
    scene.backend.needs(Capability.CREDENTIALS_CHECKED)
    scene.patch.setenv("AWS_ACCESS_KEY_ID", CANARY)
    yield scene.settings


@contextmanager
def a_suspended_user(scene: Scene) -> Iterator[ArchiveSettings]:
    scene.backend.needs(Capability.OPERATED)
    assert scene.backend.server is not None
    scene.backend.server.suspend_user()
    try:
        yield scene.settings
    finally:
        scene.backend.server.enable_user()


@contextmanager
def no_such_bucket(scene: Scene) -> Iterator[ArchiveSettings]:
    yield scene.settings.model_copy(update={"root": "s3://nobody-made-this/history"})


@contextmanager
def a_policy_that_denies(scene: Scene) -> Iterator[ArchiveSettings]:
    scene.backend.needs(Capability.POLICIES_CHECKED)
    scene.client.put_object(Bucket=scene.settings.bucket, Key=KEY, Body=b"x")
    bucket = f"arn:aws:s3:::{scene.settings.bucket}"
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        "Resource": [bucket, f"{bucket}/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    scene.client.put_bucket_policy(Bucket=scene.settings.bucket, Policy=json.dumps(policy))
    yield scene.settings


@contextmanager
def a_quota(scene: Scene) -> Iterator[ArchiveSettings]:
    scene.backend.needs(Capability.OPERATED)
    assert scene.backend.server is not None
    scene.client.put_object(Bucket=scene.settings.bucket, Key="full", Body=b"x")
    with scene.backend.server.user_limited_to(objects=1):
        yield scene.settings


@contextmanager
def a_clock_that_is_off(scene: Scene, *, minutes: int) -> Iterator[ArchiveSettings]:
    scene.backend.needs(Capability.CLOCK_CHECKED)
    off = timedelta(minutes=minutes)
    scene.patch.setattr("botocore.auth.get_current_datetime", lambda: get_current_datetime() + off)
    yield scene.settings


def put(bucket: ArchiveBucket) -> None:
    bucket.put_bytes(KEY, b"one", content_type="text/plain", replaces=None)


def read(bucket: ArchiveBucket) -> None:
    bucket.read(KEY)


def follow(bucket: ArchiveBucket) -> None:
    with TemporaryDirectory() as folder, bucket.arriving(KEY, Path(folder) / "file", sha256="0" * 64) as file:
        file.read(1)


def list_keys(bucket: ArchiveBucket) -> None:
    list(bucket.keys("history/"))


EVERYTHING = (put, read, follow, list_keys)
REFUSALS: tuple[tuple[Refusal, str, str, tuple[Operation, ...]], ...] = (
    (a_wrong_secret, "403 SignatureDoesNotMatch", "Check AWS_ACCESS_KEY_ID and AWS_SECRET", EVERYTHING),
    (an_unknown_key, "403 InvalidAccessKeyId", "Check AWS_ACCESS_KEY_ID and AWS_SECRET", EVERYTHING),
    (a_suspended_user, "403 UserSuspended", "administrator has to enable it again", (put, read)),
    (no_such_bucket, "404 NoSuchBucket", "Create the bucket, or correct archive.root", EVERYTHING),
    (a_policy_that_denies, "403 AccessDenied", "look for a Deny in the bucket's policy", EVERYTHING),
    (a_quota, "403 QuotaExceeded", "Raise the quota", (put,)),
)


def refused(bucket: ArchiveBucket, operation: Callable[[], object]) -> tuple[ArchiveRefused, int]:
    """Return the error of an operation, and how many requests it took."""
    with troubled(bucket, "") as requests, pytest.raises(ArchiveRefused) as caught:
        operation()
    return caught.value, len(requests)


def assert_tells_no_secret(error: BaseException) -> None:
    told = "".join(traceback.format_exception(error))
    for secret in (CANARY, AWS_ENVIRONMENT["AWS_ACCESS_KEY_ID"], AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in told
    assert "Signature=" not in told


@pytest.mark.parametrize(
    ("refusal", "code", "remedy", "operation"),
    [(refusal, code, remedy, operation) for refusal, code, remedy, operations in REFUSALS for operation in operations],
)
def test_case_39_a_refusal_is_one_request_and_one_sentence_with_a_remedy_and_no_secret(
    scene: Scene, refusal: Refusal, code: str, remedy: str, operation: Operation
) -> None:
    with refusal(scene) as settings:
        bucket = ArchiveBucket(settings, FakeClock(NOW))
        error, requests = refused(bucket, partial(operation, bucket))
    assert f"S3 answered {code}." in error.what_happened
    assert remedy in error.remedy
    assert requests == 1
    assert_tells_no_secret(error)


def test_case_39_a_head_that_is_refused_finds_out_why(scene: Scene) -> None:
    with a_wrong_secret(scene) as settings:
        bucket = ArchiveBucket(settings, FakeClock(NOW))
        error, requests = refused(bucket, partial(bucket.head, KEY))
    assert "S3 answered 403 SignatureDoesNotMatch." in error.what_happened
    assert requests == 2


@pytest.mark.parametrize("minutes", [-20, 20])
@pytest.mark.parametrize("operation", EVERYTHING)
def test_case_43_a_clock_that_is_twenty_minutes_off_is_said_at_once(
    scene: Scene, operation: Operation, minutes: int
) -> None:
    with a_clock_that_is_off(scene, minutes=minutes) as settings:
        bucket = ArchiveBucket(settings, FakeClock(NOW))
        error, requests = refused(bucket, partial(operation, bucket))
    assert "S3 answered 403 RequestTimeTooSkewed." in error.what_happened
    assert error.remedy.startswith("Set this machine's clock")
    assert requests == 1
    assert_tells_no_secret(error)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_ten_minutes_off_is_good_enough(scene: Scene, minutes: int) -> None:
    with a_clock_that_is_off(scene, minutes=minutes) as settings:
        put(ArchiveBucket(settings, FakeClock(NOW)))


def test_case_40_keys_that_are_rotated_in_the_middle_of_a_run_are_taken_up(scene: Scene, tmp_path: Path) -> None:
    told = tmp_path / "credentials.json"

    def hand_out(name: str) -> None:
        """Make a key, and let the machine's credential process tell it and no other."""
        if scene.backend.server is not None:
            scene.backend.server.add_key(name, f"secret-of-{name}")
        soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        keys = {"AccessKeyId": name, "SecretAccessKey": f"secret-of-{name}", "Expiration": soon}
        told.write_text(json.dumps({"Version": 1} | keys))

    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {told}\n")
    scene.patch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    scene.patch.delenv("AWS_ACCESS_KEY_ID")
    scene.patch.delenv("AWS_SECRET_ACCESS_KEY")
    bucket = ArchiveBucket(scene.settings, FakeClock(NOW))
    first, second = f"first-of-{bucket.name}", f"second-of-{bucket.name}"
    hand_out(first)
    with troubled(bucket, "PutObject") as requests:
        put(bucket)
        hand_out(second)
        if scene.backend.server is not None:
            scene.backend.server.remove_key(first)
        bucket.put_bytes(KEY, b"two", content_type="text/plain", replaces=bucket.head(KEY))
    signed_with = [(header(request, "Authorization") or "").partition("Credential=")[2] for request in requests]
    assert [each.partition("/")[0] for each in signed_with] == [first, second]
    assert bucket.read(KEY) is not None
