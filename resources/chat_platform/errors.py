"""Everything that can go wrong between the archive and the chat platform, as one small exception tree.

    PlatformError                      what happened, to what, and what to do now
    ├── TemporaryFailure               timeouts, 5xx, broken connections, after all retries
    ├── RateLimited                    429 reach_limit, after all waits
    ├── TokenRefused                   401 again with a fresh token
    ├── WrongConfiguration             org, app, host or credentials are not what the platform knows
    ├── PlanLimitReached               the platform's plan does not allow it
    ├── RequestRefused                 403 and its like: the platform will not serve this app
    ├── RequestBug                     the platform did not understand the request: a defect of this program
    ├── UnexpectedAnswer               an answer with no place in the catalogue
    └── DownloadFailed                 the hour's file, behind its signed URL
        ├── DownloadForbidden          the URL points where this app's files may not lie
        ├── DownloadUrlExpired         the signature ran out; a new URL has to be asked for
        ├── DownloadInterrupted        cut, stalled or shorter than announced
        └── DownloadTooLarge           more bytes than the limit

No message of an exception here holds a token, a signed URL's query, or text from a chat. What the platform answered for
an hour itself ("no file", "not generated yet or expired") is no error but an answer: `HourAnswer` in
`error_catalogue_rows.py`.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What kind of thing an answer of the platform is, and so what is done about it."""

    RETRY = "retry"
    """Passing trouble: try again with growing pauses."""

    RENEW_TOKEN = "renew_token"  # noqa: S105 - a kind, not a token
    """The token is no longer good: get a new one, once."""

    WAIT_FOR_RATE_WINDOW = "wait_for_rate_window"
    """Too many requests in this minute: wait for the next."""

    HOUR_STATE = "hour_state"
    """Not an error: it says something about the hour that was asked for."""

    WRONG_CONFIGURATION = "wrong_configuration"
    """The settings do not match what the platform knows: a person has to change them."""

    PLAN_LIMIT = "plan_limit"
    """The plan bought from the platform does not allow it: a person has to talk to the platform."""

    REFUSED = "refused"
    """The platform understood and will not do it."""

    OUR_BUG = "our_bug"
    """The platform could not understand the request: this program is wrong."""


class PlatformError(Exception):
    """The platform did not do what it was asked to.

    Attributes:
        what_happened: One sentence: what was asked for, of which app, and what came back.
        remedy: One sentence: what a person should do now.
    """

    def __init__(self, what_happened: str, remedy: str) -> None:
        super().__init__(f"{what_happened} {remedy}")
        self.what_happened = what_happened
        self.remedy = remedy


class TemporaryFailure(PlatformError):
    """Raised when timeouts, 5xx answers or broken connections outlasted all retries."""


class RateLimited(PlatformError):
    """Raised when the platform still answered 429 after every wait that was allowed."""


class TokenRefused(PlatformError):
    """Raised when the platform refuses a token that it gave a moment ago, or refuses to give one again so soon."""


class WrongConfiguration(PlatformError):
    """Raised when org, app, host or credentials are not what the platform knows."""


class PlanLimitReached(PlatformError):
    """Raised when the platform's plan does not allow the request."""


class RequestRefused(PlatformError):
    """Raised when the platform understood the request and will not serve it."""


class RequestBug(PlatformError):
    """Raised when the platform could not understand a request: a defect of this program."""


class UnexpectedAnswer(PlatformError):
    """Raised when an answer has no place in the error catalogue and cannot be read."""


class DownloadFailed(PlatformError):
    """Raised when an hour's file could not be fetched from its signed URL."""


class DownloadForbidden(DownloadFailed):
    """Raised, before any connection is made, when a signed URL points where this app's files may not lie."""


class DownloadUrlExpired(DownloadFailed):
    """Raised when the storage refuses the signature; a new URL has to be asked for."""


class DownloadInterrupted(DownloadFailed):
    """Raised when a download was cut, stalled, or ended before the announced length."""


class DownloadTooLarge(DownloadFailed):
    """Raised when a download exceeds the configured number of bytes."""
