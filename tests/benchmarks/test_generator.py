from __future__ import annotations

import gzip
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from assets.conversion.convert import Conversion, RawRevisionFile, convert_revisions
from resources.hours.hour import Hour
from tests.benchmarks.generator import FileOrder, generated, hour_of, lines_of
from tests.benchmarks.line_maker import EXT_SHARES, SHARES

HOUR = Hour.from_key("2026112012")
CLEAN = FileOrder(10_000, HOUR)
ODD = FileOrder(10_000, HOUR, odd=True)


@pytest.fixture(scope="module")
def clean_lines() -> list[str]:
    return [line for block in lines_of(CLEAN) for line in block]


@pytest.fixture(scope="module")
def payloads(clean_lines: list[str]) -> list[dict[str, Any]]:
    return [orjson.loads(line)["payload"] for line in clean_lines]


def converted(order: FileOrder, folder: Path) -> tuple[Conversion, Path]:
    raw = generated(order, folder)
    messages_path = folder / "messages.parquet"
    conversion = convert_revisions(
        [RawRevisionFile(sha256(raw.read_bytes()).hexdigest(), raw)],
        app="acme-support",
        hour=hour_of(raw),
        messages_path=messages_path,
        quarantine_path=folder / "lines.parquet",
    )
    return conversion, messages_path


def test_the_same_order_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    order = FileOrder(500, HOUR)
    first, again = (generated(order, tmp_path / name).read_bytes() for name in ("one", "two"))
    other = generated(FileOrder(500, HOUR, seed=2), tmp_path).read_bytes()
    assert first == again != other
    assert gzip.decompress(first).count(b"\n") == 500


def test_a_file_is_made_once(tmp_path: Path) -> None:
    order = FileOrder(200, HOUR)
    generated(order, tmp_path).write_bytes(b"kept")
    assert generated(order, tmp_path).read_bytes() == b"kept"


def test_every_clean_line_is_a_message_that_the_columns_hold(tmp_path: Path) -> None:
    conversion, messages_path = converted(CLEAN, tmp_path)
    counts = conversion.counts
    assert counts.lines == CLEAN.lines
    assert (counts.quarantined, counts.conflicts, counts.blank, counts.outside_hour) == (0, 0, 0, 0)
    table = pq.read_table(messages_path)
    assert table["extra"].null_count == table.num_rows == counts.messages


def test_types_of_bodies_have_their_shares(payloads: list[dict[str, Any]]) -> None:
    counted = Counter(payload["bodies"][0]["type"] for payload in payloads)
    assert {kind: counted[kind] / 100 for kind in SHARES} == pytest.approx(SHARES, abs=1.5)


def test_extensions_have_their_shares_and_sizes(payloads: list[dict[str, Any]]) -> None:
    exts = [payload.get("ext") for payload in payloads]
    kinds = Counter("none" if ext is None else "nested" if ext else "empty" for ext in exts)
    assert {kind: kinds[kind] / 100 for kind in EXT_SHARES} == pytest.approx(EXT_SHARES, abs=2)
    sizes = sorted(len(orjson.dumps(ext)) for ext in exts if ext)
    assert sizes[len(sizes) // 20] >= 50
    assert sizes[-len(sizes) // 20] <= 300


def test_half_of_the_attachments_have_a_secret(payloads: list[dict[str, Any]]) -> None:
    attachments = [payload["bodies"][0] for payload in payloads if "url" in payload["bodies"][0]]
    assert sum("secret" in body for body in attachments) / len(attachments) == pytest.approx(0.5, abs=0.05)


def test_one_line_of_two_hundred_repeats_an_earlier_one(clean_lines: list[str]) -> None:
    repeats = len(clean_lines) - len(set(clean_lines))
    assert repeats / len(clean_lines) == pytest.approx(0.005, abs=0.002)
    ids = {orjson.loads(line)["msg_id"] for line in clean_lines}
    assert len(ids) == len(set(clean_lines))


def test_lines_are_as_long_as_real_ones_and_roughly_in_order(clean_lines: list[str]) -> None:
    assert sum(len(line.encode()) for line in clean_lines) / len(clean_lines) == pytest.approx(430, abs=30)
    moments = [orjson.loads(line)["timestamp"] for line in clean_lines[::500]]
    assert moments == sorted(moments)


def test_a_few_users_write_most(payloads: list[dict[str, Any]]) -> None:
    by_user = sorted(Counter(payload["from"] for payload in payloads).values(), reverse=True)
    assert sum(by_user[: len(by_user) // 10]) > len(payloads) / 4


def test_the_odd_variant_differs_in_its_shares_only(clean_lines: list[str], tmp_path: Path) -> None:
    odd_lines = [line for block in lines_of(ODD) for line in block]
    differing = sum(odd != clean for odd, clean in zip(odd_lines, clean_lines, strict=True))
    assert differing / len(clean_lines) == pytest.approx(0.011, abs=0.004)
    conversion, messages_path = converted(ODD, tmp_path)
    extra = pq.read_table(messages_path)["extra"]
    assert conversion.counts.quarantined / ODD.lines == pytest.approx(0.001, abs=0.001)
    assert conversion.counts.quarantined > 0
    assert len(extra) - extra.null_count > ODD.lines / 200
