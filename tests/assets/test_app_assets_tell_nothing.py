"""What Dagster keeps of a run, as its events and metadata: no message, token or signed URL is in it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import dagster as dg
import orjson
import pytest

from resources.simulated_platform import ScriptedAnswer
from tests.assets.looking import HOUR, hour_that_stays
from tests.assets.materializing import failure_of, instance, memory, run
from tests.resources.archive.troubled_wire import answered, troubled
from tests.world import World

__all__ = ["instance", "memory"]

CANARY_TEXT = "canary-words-of-a-person"
CANARY_SIGNATURE = "canary-signature"
CANARY_TOKEN = "canary-token"


class Script:
    """Answers whose secrets are known, so that they can be looked for."""

    def __init__(self, world: World) -> None:
        self._platform = world.platform
        self._storage = f"{world.app.rest_url}/history/3D/acme/support/{HOUR.key}.gz"

    def token(self) -> None:
        self._platform.script("token", ScriptedAnswer(200, {"access_token": CANARY_TOKEN, "expires_in": 100_000}))

    def url(self, storage: str | None = None) -> None:
        url = f"{storage or self._storage}?OSSAccessKeyId=k&Expires=1&Signature={CANARY_SIGNATURE}"
        self._platform.script("history", ScriptedAnswer(200, {"data": [{"url": url}]}))

    def file(self, content: bytes | None = None, **trouble: Any) -> None:
        line = orjson.dumps(
            {"msg_id": "1", "timestamp": 1, "payload": {"bodies": [{"type": "txt", "msg": CANARY_TEXT}]}}
        )
        self._platform.script(
            "file", ScriptedAnswer(200, gzip.compress(line) if content is None else content, **trouble), times=5
        )


Prepare = Callable[[World, Script], None]


def archived(_world: World, script: Script) -> None:
    script.url()
    script.file()


def lines_in_quarantine(_world: World, script: Script) -> None:
    script.url()
    script.file(gzip.compress(CANARY_TEXT.encode()))


def damaged(_world: World, script: Script) -> None:
    script.url()
    script.file(CANARY_TEXT.encode())


def cut(_world: World, script: Script) -> None:
    script.url()
    script.file(cut_after=20)


def foreign_host(_world: World, script: Script) -> None:
    script.url("https://elsewhere.example.com/a.gz")


def refused_signature(world: World, script: Script) -> None:
    for _ in range(3):
        script.url()
    world.platform.script("file", ScriptedAnswer(403, b"<Error><Code>AccessDenied</Code></Error>"), times=3)


def refused_token(world: World, _script: Script) -> None:
    answer = {"error": "auth_bad_access_token", "error_description": f"{CANARY_TOKEN} is unknown"}
    world.platform.script("history", ScriptedAnswer(401, answer), times=2)


def gateway(world: World, _script: Script) -> None:
    world.platform.script("history", ScriptedAnswer(502, f"<html>{CANARY_TOKEN}</html>".encode()), times=5)


@pytest.mark.parametrize(
    ("prepare", "state"),
    [
        (archived, "archived"),
        (lines_in_quarantine, "archived"),
        (damaged, "failed"),
        (cut, "failed"),
        (foreign_host, "failed"),
        (refused_signature, "failed"),
        (refused_token, "failed"),
        (gateway, "failed"),
    ],
)
def test_no_event_tells_a_message_a_token_or_a_signed_url(
    world: World, instance: dg.DagsterInstance, prepare: Prepare, state: str
) -> None:
    script = Script(world)
    script.token()
    prepare(world, script)
    result = run(world, instance, HOUR, age=3)
    told = _everything_told(instance, result.run_id)
    assert HOUR.key in told
    for secret in (CANARY_TEXT, CANARY_TOKEN, CANARY_SIGNATURE, "Signature=", world.simulated_app.client_secret):
        assert secret not in told
    record = world.archive.ledger.capture(HOUR)
    assert record is not None
    assert record.state == state


def test_what_s3_answers_about_credentials_is_not_told(world: World, instance: dg.DagsterInstance) -> None:
    with troubled(world.runtime.bucket, "PutObject", answered(403, "SignatureDoesNotMatch")):
        result = run(world, instance, hour_that_stays(world.simulated_app), age=3)
    assert failure_of(result)[0] == "HourFailed"
    told = _everything_told(instance, result.run_id)
    assert "Check AWS_ACCESS_KEY_ID" in told
    for secret in ("test-access-key", "test-secret-key", "AWS4-HMAC"):
        assert secret not in told


def _everything_told(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return all entries of a run's event log as they are stored, errors and their causes included."""
    return "\n".join(dg.serialize_value(entry) for entry in instance.all_logs(run_id))
