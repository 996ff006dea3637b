"""An hour against its raw files, and a day against its hours: built again, and compared. Local files, bytes proven.

Fetching them is `read_data.py`. The same files give the same bytes, as long as the same versions of this program and
of pyarrow write them. Another pyarrow leaves its name in the file and may lay it out otherwise: then rows are compared.
Another schema has other columns: then only the number of lines is, and of a day nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from assets.conversion.convert import ConservationBroken, RawRevisionFile, convert_revisions
from assets.conversion.gzip_file import DamagedFile
from assets.conversion.schema import SCHEMA_VERSION
from assets.daily.compaction import CompactionFailed, HourFile, compact
from assets.publish_messages import LARGE_HOUR_BYTES
from assets.verification.discrepancy import Discrepancy, Thing, Wrong
from resources.archive.app_archive import AppArchive
from resources.archive.daily_record import DailyRecord
from resources.archive.messages_record import MessagesRecord
from resources.digests import digests_of
from resources.hours.day import Day
from resources.hours.hour import Hour

_PIECE_ROWS: Final = 8_192


def differences(
    hour: Hour,
    record: MessagesRecord,
    archive: AppArchive,
    *,
    raw: Mapping[str, Path],
    stored: Mapping[Thing, Path],
    folder: Path,
) -> list[Discrepancy]:
    """Build an hour again and return where what is stored is not what its raw files give.

    Args:
        hour: The hour.
        record: What was published.
        archive: For the app's name, its limits and its keys.
        raw: The raw revisions the record names, by SHA-256.
        stored: What is published, as far as its bytes are those of the record.
        folder: A private, empty folder.
    """
    layout = archive.layout
    places = {Thing.MESSAGES: layout.messages(hour), Thing.QUARANTINE: layout.quarantine(hour)}
    built = {Thing.MESSAGES: folder / "messages.parquet", Thing.QUARANTINE: folder / "lines.parquet"}

    def differs(thing: Thing, detail: str) -> Discrepancy:
        return Discrepancy(Wrong.DIFFERS, thing, hour.key, places[thing], detail)

    try:
        conversion = convert_revisions(
            [RawRevisionFile(sha256, path) for sha256, path in raw.items()],
            app=archive.app.name,
            hour=hour,
            messages_path=built[Thing.MESSAGES],
            quarantine_path=built[Thing.QUARANTINE],
            limits=archive.app.limits,
            empty_quarantine=record.quarantine is not None,
            threaded=sum(path.stat().st_size for path in raw.values()) >= LARGE_HOUR_BYTES,
        )
    except (DamagedFile, ConservationBroken) as error:
        return [differs(Thing.MESSAGES, f"its raw files are whole, and can no longer be read: {error}")]
    if record.schema_version != SCHEMA_VERSION:
        lines = conversion.counts.lines
        if lines == record.counts.lines:
            return []
        return [differs(Thing.MESSAGES, f"made from {record.counts.lines:,} lines, and its raw files hold {lines:,}")]
    return [
        differs(thing, "its raw files give other rows or other bytes")
        for thing, path in stored.items()
        if not (built[thing].exists() and _is_the_same(path, built[thing]))
    ]


def differences_of_day(
    day: Day, archive: AppArchive, *, hours: Sequence[HourFile], stored: Path, folder: Path
) -> list[Discrepancy]:
    """Compact a day again and return whether what is stored is not what its hours give.

    Args:
        day: The day.
        archive: For the app's name and its keys.
        hours: The hours it was made of, in the present schema, each in a folder as `compact` wants it.
        stored: What is published.
        folder: A private folder, with room for what does not fit into memory.
    """
    key, last = archive.layout.messages_daily(day), day.hours[-1].key
    built = folder / "day.parquet"
    try:
        compact(hours, built, app=archive.app.name, day=day, folder=folder)
    except CompactionFailed as error:
        if isinstance(error.__context__, OSError):
            _raise_if_of_the_disk(error.__context__)
        return [Discrepancy(Wrong.NOT_VERIFIED, Thing.DAY, last, key, str(error))]
    if _is_the_same(stored, built):
        return []
    return [Discrepancy(Wrong.DIFFERS, Thing.DAY, last, key, "its hours give other rows or other bytes")]


def _is_the_same(stored: Path, built: Path) -> bool:
    if _sha256(stored) == _sha256(built):
        return True
    try:
        return _has_another_writer_and_the_same_rows(stored, built)
    except (pa.ArrowException, OSError) as error:  # its bytes are those of its record, and no table
        _raise_if_of_the_disk(error)
        return False


def _raise_if_of_the_disk(error: Exception) -> None:
    """Let a disk's error pass: it has a number. pyarrow raises an OSError without one for a footer it cannot read."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error


def _has_another_writer_and_the_same_rows(stored: Path, built: Path) -> bool:
    if pq.read_metadata(stored).created_by == pq.read_metadata(built).created_by:
        return False
    with pq.ParquetFile(stored) as one, pq.ParquetFile(built) as other:
        if one.metadata.num_rows != other.metadata.num_rows or not one.schema_arrow.equals(other.schema_arrow):
            return False
        return all(left.equals(right) for left, right in zip(_pieces(one), _pieces(other), strict=True))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return digests_of(file).sha256


def _pieces(file: pq.ParquetFile) -> Iterator[pa.Table]:
    """Yield a file's rows in pieces of equal length, however its row groups are cut."""
    waiting: list[pa.RecordBatch] = []
    for batch in file.iter_batches(_PIECE_ROWS):
        waiting.append(batch)
        if sum(map(len, waiting)) >= _PIECE_ROWS:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, _PIECE_ROWS)
            waiting = table.slice(_PIECE_ROWS).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)


def contradictions_of_hour(record: MessagesRecord, stored: Mapping[Thing, Path]) -> Iterator[str]:
    """Yield where an hour's record does not say what the files it names say of themselves, without reading rows."""
    rows = {Thing.MESSAGES: record.counts.messages, Thing.QUARANTINE: record.counts.quarantined}
    says = {
        "app": record.app,
        "hour": record.hour,
        "schema_version": record.schema_version,
        "raw_revisions": sorted(record.raw_revisions),
        "counts": record.counts.model_dump(),
    }
    for thing, path in stored.items():
        yield from _contradictions(thing, path, says, rows[thing])


def contradictions_of_day(record: DailyRecord, stored: Path) -> Iterator[str]:
    """Yield where a day's record does not say what the file it names says of itself, without reading rows."""
    says = {
        "app": record.app,
        "date": record.date,
        "schema_version": record.schema_version,
        "hours": record.hours,
        "counts": {"messages": record.messages, "duplicates": record.duplicates},
    }
    yield from _contradictions(Thing.DAY, stored, says, record.messages)


def _contradictions(thing: Thing, path: Path, says: Mapping[str, object], rows: int) -> Iterator[str]:
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        _raise_if_of_the_disk(error)
        yield f"what it names as {thing} is no Parquet file"
        return
    if metadata.num_rows != rows:
        yield f"it counts {rows:,} rows of {thing}, and the object holds {metadata.num_rows:,}"
    own = {name.decode(errors="replace"): value for name, value in (metadata.metadata or {}).items()}
    for name, value in says.items():
        said = _json(own.get(name, b""))
        if name == "hour":  # a number in the file, and whatever somebody wrote in the record
            said = str(said)
        if name == "counts" and isinstance(said, dict) and isinstance(value, dict):
            said = dict.fromkeys(value, 0) | said  # what an older program did not count yet
        if said != value:
            yield f"its {name} are not those that the object carries"


def _json(text: bytes) -> object:
    """Read a value of a file's metadata: JSON, or the text itself."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text.decode(errors="replace")
