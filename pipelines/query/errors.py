"""DuckDB's errors in words that may be shown: it quotes what people wrote, and answers of S3, which may quote keys.

With which exit code a command ends is decided by the command.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb

_OWN_WORDS: Final = (duckdb.IOException, duckdb.OutOfMemoryException)
"""These tell of files, networks and memory, and quote no value."""

_OBJECT: Final = re.compile(r"""\bfile ['"](s3://\S+/(?:messages|lines|coverage)\.parquet)['"]""", re.ASCII)
_CODE: Final = re.compile(r"<Code>([A-Za-z]{1,64})</Code>", re.ASCII)


def of_a_question(error: duckdb.Error) -> str:
    """Return what went wrong with a question that the person wrote: what DuckDB says, and of S3's answer its code.

    It may quote values that were asked for.
    """
    return _of_s3(error) if isinstance(error, duckdb.HTTPException) else str(error)


def of_the_archive(error: duckdb.Error) -> str:
    """Return what went wrong with a question of this program's own: no value of the archive is ever quoted."""
    if isinstance(error, _OWN_WORDS):
        return of_a_question(error)
    found = _OBJECT.search(str(error))
    place = f" at {found[1]}" if found else ""
    return (
        f"DuckDB failed with {type(error).__name__}{place}. What is wrong and what to do says chat-archive verify "
        f"--read-data."
    )


def _of_s3(error: duckdb.HTTPException) -> str:
    """Return DuckDB's own first line and S3's code: what S3 says besides may quote a key id, a token, a signature."""
    code = _CODE.search(str(getattr(error, "body", "")))
    told = f" S3's code is {code[1]}." if code else ""
    return (
        f"{str(error).splitlines()[0]}.{told} If S3 refuses, look at the credentials and their right to s3:GetObject "
        f"and s3:ListBucket on the archive's bucket."
    )
