"""Reading a sink to the bottom: what is packed is unpacked, since nobody looks for a secret in the bytes of a zip.

Not here: what is looked for (`planted.py`).
"""

from __future__ import annotations

import gzip
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

_SQLITE, _PARQUET, _ZIP, _GZIP = b"SQLite format 3\x00", b"PAR1", b"PK\x03\x04", b"\x1f\x8b"


def layers_of(content: bytes) -> Iterator[bytes]:
    """Yield some bytes as they are, and whatever is packed in them, however deep."""
    yield content
    if content.startswith(_SQLITE):
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(content[:18] + b"\1\1" + content[20:])  # as if it had no write-ahead log
            yield from _layers_of_database(database)
    elif content.startswith(_PARQUET):
        table = pq.read_table(BytesIO(content))
        yield repr(table.to_pylist()).encode()
        yield repr(table.schema.metadata).encode()
    elif content.startswith(_ZIP):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from layers_of(archive.read(name))
    elif content.startswith(_GZIP):
        with suppress(OSError, EOFError, zlib.error):
            yield from layers_of(gzip.decompress(content))
    else:
        with suppress(zlib.error):
            yield from layers_of(zlib.decompress(content))  # Dagster keeps its snapshots so


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each file below a folder and its layers, one after the other. Names are searched too."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        yield name, name.encode()
        if not path.is_file():
            continue
        for layer in layers_of(path.read_bytes()):
            yield name, layer
        if path.suffix == ".db":  # with what still lies in the write-ahead log beside it
            with closing(sqlite3.connect(path)) as database:
                for layer in _layers_of_database(database):
                    yield name, layer


def _layers_of_database(database: sqlite3.Connection) -> Iterator[bytes]:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for row in database.execute(f'SELECT * FROM "{table}"'):
            for value in row:
                if isinstance(value, str):
                    yield value.encode(errors="surrogateescape")
                elif isinstance(value, bytes):
                    yield from layers_of(value)
