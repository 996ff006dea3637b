"""Case 46: after success, failure, retry and crash at DEBUG, no planted secret is in any sink it has no business in.

Each command of `chat-archive` has run by then, on an archive that is whole and on one in which secrets were planted.
"""

from __future__ import annotations

import base64
import gzip
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.command_line import app
from resources.clock import SystemClock
from resources.runtime import Runtime
from resources.settings_file import load_settings
from tests.canaries import planted
from tests.canaries.commands import said
from tests.canaries.planted import ALLOWED, CONTENT, CREDENTIALS, Sink, found_in
from tests.canaries.runs import Ended, Runs, run_everything
from tests.canaries.sinks import files_in, layers_of

_PREFIXES = {
    Sink.RAW: "raw/",
    Sink.QUARANTINE: "quarantine/",
    Sink.MESSAGES: "messages/",
    Sink.DAILY: "messages_daily/",
    Sink.LEDGER: "ledger/",
    Sink.COVERAGE: "coverage",
}


@dataclass(frozen=True)
class Searched:
    """What was found in a sink.

    Attributes:
        found: Where each secret was found first, by its name.
        bytes: How much was searched.
    """

    found: Mapping[str, str]
    bytes: int


@pytest.fixture(scope="module")
def runs(s3_endpoint: str, s3_client: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Runs, str]:
    bucket = f"canaries-{uuid4().hex}"
    s3_client.create_bucket(Bucket=bucket)
    return run_everything(tmp_path_factory.mktemp("canaries"), s3_endpoint, bucket), bucket


@pytest.fixture(scope="module")
def secrets(runs: tuple[Runs, str]) -> dict[str, str]:
    built = {f"token {number} built of the certificate": token for number, token in enumerate(runs[0].app_tokens)}
    return {**CREDENTIALS, **CONTENT, **built}


@pytest.fixture(scope="module")
def searched(runs: tuple[Runs, str], secrets: dict[str, str], s3_client: Any) -> dict[Sink, Searched]:
    ended, bucket = runs
    orderly, all_three = (ended.commands, ended.dagster), (ended.commands, ended.dagster, ended.killed)
    pieces: dict[Sink, Iterable[tuple[str, bytes]]] = {
        Sink.TERMINAL: [(each.folder.name, each.shown) for each in all_three],
        Sink.DAGSTER: _folders("dagster", all_three),
        Sink.STATE: _folders("state", all_three),
        Sink.HOME: _folders("home", all_three),
        Sink.TEMPORARY: _folders("temporary", orderly),
        Sink.LEFT_BY_A_KILL: _folders("temporary", [ended.killed]),
        Sink.ALERTS: [("alert", alert) for alert in ended.alerts],
        Sink.REPRS: _shown_of_a_runtime(ended),
        **{sink: _objects(s3_client, bucket, f"history/{prefix}") for sink, prefix in _PREFIXES.items()},
    }
    return {sink: _search(found, secrets) for sink, found in pieces.items()}


def _search(pieces: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> Searched:
    found: dict[str, str] = {}
    length = 0
    for where, content in pieces:
        length += len(content)
        for name in found_in(content, secrets):
            found.setdefault(name, where)
    return Searched(found, length)


def _folders(name: str, ended: Iterable[Ended]) -> Iterator[tuple[str, bytes]]:
    for each in ended:
        for file, content in files_in(each.folder / name):
            yield f"{each.folder.name}/{name}/{file}", content


def _objects(s3_client: Any, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in s3_client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ()):
        answer = s3_client.get_object(Bucket=bucket, Key=entry["Key"])
        yield entry["Key"], f"{entry['Key']} {answer['Metadata']}".encode()
        for layer in layers_of(answer["Body"].read()):
            yield entry["Key"], layer


def _shown_of_a_runtime(ended: Runs) -> Iterator[tuple[str, bytes]]:
    """Show settings, runtime and clients, and whatever hangs on them, after each has been used."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ended.environment.items():
            patch.setenv(name, value)
        settings = load_settings()
        runtime = Runtime(settings, SystemClock(), Random(1), ended.commands.folder / "state")
        for each in settings.apps:
            runtime.platform(each)._tokens.token()
        _ = runtime.bucket._client
        yield from _shown(runtime, "runtime", set())
        runtime.close()


def _shown(thing: object, name: str, seen: set[int], depth: int = 6) -> Iterator[tuple[str, bytes]]:
    yield name, f"{thing!r} {thing}".encode()
    if id(thing) in seen or not depth:
        return
    seen.add(id(thing))
    if isinstance(thing, dict):
        children = {str(key): value for key, value in thing.items()}
    elif isinstance(thing, list | tuple | set):
        children = {str(number): value for number, value in enumerate(thing)}
    elif type(thing).__module__.startswith(("resources.", "httpx", "httpcore")):
        children = dict(getattr(thing, "__dict__", {}))
    else:
        return
    for key, child in children.items():
        yield from _shown(child, f"{name}.{key}", seen, depth - 1)


@pytest.mark.parametrize("sink", Sink)
def test_case_46_no_secret_is_found_where_it_has_no_business(searched: dict[Sink, Searched], sink: Sink) -> None:
    assert {name: where for name, where in searched[sink].found.items() if name not in ALLOWED.get(sink, ())} == {}


@pytest.mark.parametrize(("sink", "allowed"), ALLOWED.items())
def test_what_may_stand_somewhere_is_found_there(
    searched: dict[Sink, Searched], sink: Sink, allowed: frozenset[str]
) -> None:
    assert set(searched[sink].found) == allowed


@pytest.mark.parametrize("sink", [sink for sink in Sink if sink not in {Sink.HOME, Sink.TEMPORARY}])
def test_every_sink_was_written_to(searched: dict[Sink, Searched], sink: Sink) -> None:
    assert searched[sink].bytes > 0


def test_runs_that_ended_left_nothing_behind(runs: tuple[Runs, str]) -> None:
    for ended in (runs[0].commands, runs[0].dagster):
        assert list((ended.folder / "temporary").glob("chat-archive-*")) == []


def test_what_a_kill_leaves_behind_is_for_this_user_only(runs: tuple[Runs, str]) -> None:
    left = list((runs[0].killed.folder / "temporary").glob("chat-archive-*"))
    assert [folder.stat().st_mode & 0o077 for folder in left] == [0]


def test_the_runs_went_as_they_were_meant_to(runs: tuple[Runs, str]) -> None:
    ended, _ = runs
    for command, (text, code) in zip(ended.typed, said(ended.commands.shown), strict=True):
        assert code == command.code, (command.words, text[-2000:])
        for pattern in command.told:
            assert re.search(pattern, text), (command.words, pattern)
    assert ended.commands.code == 1
    in_dagster = b"".join(content for _, content in files_in(ended.commands.folder / "dagster"))
    assert b"it is of another app or hour" in in_dagster  # what the sample found
    assert ended.dagster.code == 0, ended.dagster.shown[-2000:].decode()
    assert ended.killed.code == -9
    assert ended.unfiltered.code == 0
    assert ended.app_tokens
    for kind in (b"hours_lost", b"hours_damaged"):
        assert any(kind in alert for alert in ended.alerts), kind


def test_every_command_was_typed(runs: tuple[Runs, str]) -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert commands == {command.words[0] for command in runs[0].typed} - {"job"}


def test_an_export_holds_what_people_said_and_no_secret(runs: tuple[Runs, str], secrets: dict[str, str]) -> None:
    assert found_in(runs[0].exported.read_bytes(), secrets) == {"message text"}


def test_the_runs_were_at_debug(runs: tuple[Runs, str]) -> None:
    ended, _ = runs
    assert ended.commands.shown.count(b"DEBUG:botocore.") > 100
    in_dagster = b"".join(content for _, content in files_in(ended.dagster.folder / "dagster"))
    assert b"botocore.hooks" in in_dagster or b"Event before-parameter-build" in in_dagster


def test_without_this_projects_filters_the_search_would_have_found_them(
    runs: tuple[Runs, str], secrets: dict[str, str]
) -> None:
    unfiltered = runs[0].unfiltered
    in_dagster = b"".join(content for _, content in files_in(unfiltered.folder / "dagster"))
    for shown in (unfiltered.shown, in_dagster):
        assert {"signature of a URL", "OSSAccessKeyId", "S3 access key id", "S3 session token"} <= found_in(
            shown, secrets
        )


def _zipped(content: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.gz", gzip.compress(content))
    return packed.getvalue()


def _parquet(content: bytes) -> bytes:
    packed = BytesIO()
    pq.write_table(pa.table({"a": [content]}), packed, compression="zstd")
    return packed.getvalue()


def _database(content: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE snapshots (body BLOB)")
        database.execute("INSERT INTO snapshots VALUES (?)", [zlib.compress(content)])
        database.commit()
        return database.serialize()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress, _zipped, _parquet, _database])
def test_a_secret_is_found_however_it_is_packed(pack: Any) -> None:
    packed = pack(b"before " + planted.SIGNATURE.encode() + b" after")
    assert any(found_in(layer, CREDENTIALS) == {"signature of a URL"} for layer in layers_of(packed))


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("secret", ["signature of a URL", "S3 secret access key", "client secret"])
def test_a_secret_is_found_however_it_is_written(secret: str, before: str) -> None:
    whole = f"{before}{CREDENTIALS[secret]}{before}".encode()
    for written in (
        base64.b64encode(whole),
        base64.urlsafe_b64encode(whole),
        whole.hex().encode(),
        quote(whole).encode(),
    ):
        assert secret in found_in(written, CREDENTIALS)


def test_the_settings_file_holds_no_secret(runs: tuple[Runs, str], secrets: dict[str, str]) -> None:
    assert found_in(Path(runs[0].settings_file).read_bytes(), secrets) == set()
