"""Secrets that somebody plants behind the archive's back, in all that its integrity commands read.

What is `meddled` with is what they find wrong: it is put back before the sinks are searched, since those are searched
for what the commands wrote. What is `left_behind` stays for `adopt` and `cleanup`. Keys hold no secret: they are shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resources.archive.app_archive import AppArchive
from resources.archive.s3_client import connect_to_s3
from resources.archive.verification_record import VerificationRecord
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.runtime import Runtime
from tests.behind_the_back import BehindTheBackOf, digest_of
from tests.canaries import planted
from tests.canaries.planted_hours import Fate, PlantedHours
from tests.canaries.planted_lines import lines_people_sent

_WHAT_PEOPLE_SENT = "\n".join(planted.CONTENT.values())
_SECRETS = [*planted.CREDENTIALS.values(), *planted.CONTENT.values()]
_EVERYTHING = "\n".join(_SECRETS)
_FIELDS = ("app", "hour", "date", "state", "reason", "deadline", "updated_at", "looks", "object")
_RUBBISH = json.dumps({name: [secret] for name, secret in zip(_FIELDS, _SECRETS, strict=False)}).encode()
"""One secret a field, since whoever quotes a value shortens a long one."""

_HOSTILE_NAME = "part-0\x1b[2J\x07\u202e.parquet"
_NO_UTF_8 = b"\xff"
_ARROW = b"parquet-cpp-arrow"


class _Meddling(BehindTheBackOf):
    """Somebody who remembers what was there before."""

    def __init__(self, archive: AppArchive, client: Any) -> None:
        super().__init__(archive, client)
        self._before: dict[str, dict[str, Any] | None] = {}

    def put(self, key: str, content: bytes, **more: Any) -> None:
        if key not in self._before:
            is_there = self.archive.bucket.head(key) is not None
            there = self.client.get_object(Bucket=self.bucket, Key=key) if is_there else None
            self._before[key] = there and {"Body": there["Body"].read(), "Metadata": there["Metadata"]}
        super().put(key, content, **more)

    def restore(self) -> None:
        """Put everything back."""
        for key, before in self._before.items():
            if before is None:
                self.delete(key)
            else:
                self.client.put_object(Bucket=self.bucket, Key=key, **before)
        self._before.clear()

    def named(self, key: str, content: bytes) -> dict[str, Any]:
        """Put an object, and return what a record says of it."""
        self.stored_as_ours(key, content)
        return {"key": key, **digest_of(content)}


class Somebody:
    """Whoever has the bucket's credentials.

    Args:
        runtime: Whose first two apps are meddled with.
    """

    def __init__(self, runtime: Runtime) -> None:
        client = connect_to_s3(runtime.settings.archive)
        support, mall = (runtime.archive(app) for app in runtime.settings.apps)
        self._support, self._mall = _Meddling(support, client), _Meddling(mall, client)
        self._stranger = BehindTheBackOf(support, client)
        self._hours = PlantedHours.since(runtime.settings.archive.first_hour)

    def leave_behind(self) -> None:
        """Leave what a killed run leaves, and what strangers put among the messages: nothing of it is put back."""
        somebody, layout, hour = self._stranger, self._stranger.archive.layout, self._hours.fated[Fate.TOKEN_REFUSED]
        somebody.unrecorded_raw_file(hour, *lines_people_sent(hour), b"")
        damaged = b"\x1f\x8b\x08" + _WHAT_PEOPLE_SENT.encode()
        somebody.stored_as_ours(layout.raw(hour, hashlib.sha256(damaged).hexdigest()), damaged)
        somebody.put(layout.raw(hour, "a" * 64), b"\n".join(lines_people_sent(hour)))
        somebody.put(layout.messages(hour).replace("messages.parquet", _HOSTILE_NAME), _EVERYTHING.encode())
        somebody.unfinished_upload(layout.messages(hour), _EVERYTHING.encode())

    def meddle(self) -> None:
        """Change records and objects of both apps, until they are restored."""
        self._plant_in_objects()
        self._plant_in_records()
        well, fated = self._hours.well, self._hours.fated
        damaged = well, fated[Fate.SECOND_TRY], fated[Fate.REFUSED], Day.of(well).hours[-1]
        for who in (self._support, self._mall):
            _let_a_sample_have_found(who.archive, damaged)

    def restore_support(self) -> None:
        """Put back what was there of the first app before `meddle`."""
        self._support.restore()

    def restore_mall(self) -> None:
        """Put back what was there of the second app."""
        self._mall.restore()

    def _plant_in_objects(self) -> None:
        """Let objects of the first app be rotten or forged: of an hour, of a day, and one that belongs to no app."""
        who, layout, hour = self._support, self._support.archive.layout, self._hours.fated[Fate.SECOND_TRY]
        who.rot(who.raw_key(self._hours.well))
        messages = _with_rotten_pages(who.content(layout.messages(hour)))
        lines = b"PAR1" + _EVERYTHING.encode() + b"PAR1"
        who.edit(
            layout.messages_record(hour),
            messages=who.named(layout.messages(hour), messages),
            quarantine=who.named(layout.quarantine(hour), lines),
        )
        day = Day.of(self._hours.well)
        record = {
            "app": planted.TOKEN,
            "date": planted.TEXT,
            "schema_version": 0,
            "hours": {self._hours.well.key: planted.S3_SECRET},
            "messages": 7,
            "duplicates": 7,
            "object": who.named(layout.messages_daily(day), _with_words_in_its_footer()),
            "built_at": "2026-11-01T00:00:00Z",
        }
        who.put(layout.daily_record(day), json.dumps(record).encode())
        who.put(f"{who.archive.bucket.prefix}messages/{_HOSTILE_NAME}", _EVERYTHING.encode())

    def _plant_in_records(self) -> None:
        """Let records be rubbish, or say what is not so."""
        layout, refused = self._support.archive.layout, self._hours.fated[Fate.REFUSED]
        self._support.put(layout.capture_record(refused), _RUBBISH)
        self._support.put(f"{layout.ledger}notes.txt", _RUBBISH)
        self._mall.put(self._mall.archive.layout.daily_record(Day.of(self._hours.well)), _RUBBISH)
        self._lie_in_records(self._hours.well)

    def _lie_in_records(self, hour: Hour) -> None:
        who, layout = self._mall, self._mall.archive.layout
        who.edit(layout.capture_record(hour), app=planted.TOKEN, hour=planted.CLIENT_SECRET)
        key = layout.messages(hour)
        named = who.named(key, _with_words_that_are_no_utf_8(who.content(key)))
        who.edit(
            layout.messages_record(hour),
            app=planted.TEXT,
            hour=planted.SIGNATURE,
            raw_revisions=[planted.ATTACHMENT_SECRET],
            messages={**named, "key": planted.SHARE_SECRET},
        )


def _let_a_sample_have_found(archive: AppArchive, damaged: Collection[Hour]) -> None:
    """Let the next sample look at these hours first; it finds them damaged, and people are told."""
    now = archive.bucket.time()
    record = VerificationRecord(app=archive.app.name, verified_at=now, damaged={hour.key: () for hour in damaged})
    archive.ledger.update_verification(lambda _: record)


def _with_rotten_pages(parquet: bytes) -> bytes:
    """Write secrets over a Parquet file's pages, and another writer into its footer, so that its rows are looked at."""
    footer = len(parquet) - 8 - int.from_bytes(parquet[-8:-4], "little")
    pages = (_EVERYTHING.encode() * footer)[: footer - 4]
    return parquet[:4] + pages + parquet[footer:].replace(_ARROW, _ARROW.upper())


def _with_words_that_are_no_utf_8(parquet: bytes) -> bytes:
    """Let what people said, and all secrets with it, be texts that no reader takes."""
    table = pq.read_table(BytesIO(parquet))
    words = pa.array([_NO_UTF_8 + _EVERYTHING.encode()] * len(table), pa.binary()).view(pa.string())
    return _written(table.set_column(table.schema.get_field_index("text"), table.schema.field("text"), words))


def _with_words_in_its_footer() -> bytes:
    """Make a Parquet file that says secrets of itself."""
    says = dict.fromkeys((b"app", b"date", b"schema_version", b"hours", b"counts"), _EVERYTHING.encode())
    return _written(pa.table({"text": ["x"]}).replace_schema_metadata(says))


def _written(table: pa.Table) -> bytes:
    file = BytesIO()
    pq.write_table(table, file)
    return file.getvalue().replace(_ARROW, _ARROW.upper())
