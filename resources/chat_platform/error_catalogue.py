"""From an answer of the platform to its entry in the catalogue, and from the entry to an exception or a page.

The rows are in `error_catalogue_rows.py`. Retrying, waiting and renewing tokens are decided by the caller, who reads
`kind`. `python -m resources.chat_platform.error_catalogue` prints the page `docs/platform-errors.md`.
"""

from __future__ import annotations

import re
import sys

from resources.chat_platform.error_catalogue_rows import FAMILIES, ROWS, UNKNOWN, CatalogueEntry, HourAnswer
from resources.chat_platform.errors import (
    ErrorKind,
    PlanLimitReached,
    PlatformError,
    RateLimited,
    RequestBug,
    RequestRefused,
    TemporaryFailure,
    TokenRefused,
    UnexpectedAnswer,
    WrongConfiguration,
)

__all__ = ["CATALOGUE", "CatalogueEntry", "HourAnswer", "as_markdown", "exception_for", "look_up"]

CATALOGUE: tuple[CatalogueEntry, ...] = (*ROWS, *FAMILIES.values(), UNKNOWN)
"""Every entry `look_up` can give, each once."""

_EXCEPTIONS: dict[ErrorKind | None, type[PlatformError]] = {
    ErrorKind.RETRY: TemporaryFailure,
    ErrorKind.RENEW_TOKEN: TokenRefused,
    ErrorKind.WAIT_FOR_RATE_WINDOW: RateLimited,
    ErrorKind.WRONG_CONFIGURATION: WrongConfiguration,
    ErrorKind.PLAN_LIMIT: PlanLimitReached,
    ErrorKind.REFUSED: RequestRefused,
    ErrorKind.OUR_BUG: RequestBug,
    None: UnexpectedAnswer,
}

# The platform's codes are words. Without digits, and this short, no token and no hexadecimal secret passes for one.
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")

_PAGE_HEAD = """\
# What the platform answers, and what to do

Written by `python -m resources.chat_platform.error_catalogue`; change the catalogue, not this page.

An answer takes the row that names its `error`, then the one that recognises its description, then the one that names
its status; of equals, the upper one. Upper and lower case do not matter.

| status | `error` | description contains | kind | what it says | what to do |
|---|---|---|---|---|---|
"""


def look_up(status: int, error: str | None, description: str | None) -> CatalogueEntry:
    """Return the most specific entry for an answer.

    All conditions of a row must hold. Of the rows that match, one that names the `error` beats one that does not, since
    the platform's documentation says that this field determines the error; then one that recognises the description
    beats one that takes any; then one that names the status beats one that takes any; of equals, the upper one wins.
    Where no row matches, the status's family decides.

    So a documented `error` under a foreign status counts only where the catalogue lists it for any status; otherwise
    the status decides: 401 with an unknown code renews the token, and 500 with `storage_object_not_found` is retried
    and never taken for an hour without messages.

    Args:
        status: The HTTP status.
        error: The body's `error`, None where the body has none or is not JSON.
        description: The body's `error_description`, None likewise.
    """
    code = (error or "").lower()
    text = (description or "").lower()
    matching = [
        row
        for row in ROWS
        if (row.status is None or row.status == status)
        and (row.error is None or row.error.lower() == code)
        and all(fragment in text for fragment in row.recognised_by)
    ]
    if matching:
        return max(matching, key=_exactness)
    return FAMILIES.get(status // 100, UNKNOWN)


def exception_for(
    entry: CatalogueEntry, *, request: str, status: int | None = None, error: str | None = None
) -> PlatformError:
    """Return the exception to raise for an answer.

    Args:
        entry: What `look_up` gave.
        request: What was asked for and of which app, such as "GET chatmessages/2026110123 of acme/support".
        status: The status that came, where the entry stands for several.
        error: The `error` that came, likewise. It is shown only if it looks like one of the platform's codes.

    Raises:
        ValueError: The entry is an hour's state, which is no error.
    """
    if entry.kind is ErrorKind.HOUR_STATE:
        raise ValueError(f"{entry.hour_answer} is an answer about the hour, not an error. Give it to the verdict.")
    shown_status = entry.status if status is None else status
    shown_error = entry.error if error is None else error
    parts = [] if shown_status is None else [f"status {shown_status}"]
    if shown_error is not None and _CODE.fullmatch(shown_error):
        parts.append(f"error {shown_error}")
    answer = ", ".join(parts) or "something unknown"
    return _EXCEPTIONS[entry.kind](f"{request} was answered with {answer}. {entry.meaning}", entry.remedy)


def as_markdown() -> str:
    """Return the catalogue as a page for operators."""
    rows = [_markdown_row("any" if row.status is None else str(row.status), row) for row in ROWS]
    rows += [_markdown_row(f"other {digit}xx", entry) for digit, entry in FAMILIES.items()]
    rows.append(_markdown_row("anything else", UNKNOWN))
    return _PAGE_HEAD + "".join(rows)


def _exactness(entry: CatalogueEntry) -> tuple[bool, bool, bool]:
    return entry.error is not None, bool(entry.recognised_by), entry.status is not None


def _markdown_row(status: str, entry: CatalogueEntry) -> str:
    error = f"`{entry.error}`" if entry.error else ""
    fragments = ", ".join(f"`{fragment}`" for fragment in entry.recognised_by)
    kind = entry.kind or "unexpected"
    if entry.hour_answer:
        kind = f"{kind}: {entry.hour_answer}"
    return f"| {status} | {error} | {fragments} | {kind} | {entry.meaning} | {entry.remedy} |\n"


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
