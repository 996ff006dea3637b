"""The chat platform as this archive sees it: ask for an hour, fetch its files. Plain Python, no Dagster.

Not here: tokens (`tokens.py`), pauses (`patience.py`), what an answer means for the hour (`resources.hours.verdict`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from resources.chat_platform.download import DownloadedFile, download
from resources.chat_platform.error_catalogue import HourAnswer, exception_for, look_up
from resources.chat_platform.errors import (
    DownloadInterrupted,
    DownloadUrlExpired,
    ErrorKind,
    PlatformError,
    RateLimited,
    TemporaryFailure,
    UnexpectedAnswer,
)
from resources.chat_platform.http import ApiAnswer, api_client, call, download_client
from resources.chat_platform.patience import TryAgain, persistently, rate_window_pause
from resources.chat_platform.request_budget import RequestBudget
from resources.chat_platform.signed_url import SignedUrl
from resources.chat_platform.tokens import TokenSource
from resources.clock import Clock
from resources.hours.hour import Hour
from resources.settings import AppSettings

_OK = 200
_FRESH_URLS = 2
"""So many times new URLs are asked for, when the first ones ran out."""


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """What the platform said about an hour.

    Attributes:
        http_status: 200, 404 or 400.
        error: The platform's error code; None with 200.
        hour_answer: What it says instead of URLs; None with 200.
        urls: The signed URLs, each once, in the platform's order; 0, 1 or more.
        platform_time: The platform's own clock, where it told its time.
        unreadable: What is wrong with an entry beside those URLs; None when every entry was one. The answer is then not
            the whole hour.
    """

    http_status: int
    error: str | None
    hour_answer: HourAnswer | None
    urls: tuple[SignedUrl, ...]
    platform_time: datetime | None
    unreadable: UnexpectedAnswer | None = None

    @property
    def files_named(self) -> int:
        """How many files it names, at the least."""
        return len(self.urls) + (self.unreadable is not None)


class ChatPlatform:
    """One app on the platform.

    Args:
        app: Its settings.
        tokens: Where its tokens come from.
        budget: Grants each request.
        clock: Wall time, and the sleep between attempts.
        random: The jitter of pauses.
    """

    def __init__(
        self,
        app: AppSettings,
        tokens: TokenSource,
        budget: RequestBudget,
        clock: Clock,
        random: Random,
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._budget = budget
        self._clock = clock
        self._random = random
        self._api = api_client(app)
        self._storage = download_client(app)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._api.close()
        self._storage.close()

    def history_urls(self, hour: Hour, on_retry: Callable[[], None] = lambda: None) -> HistoryAnswer:
        """Ask where an hour's files lie.

        Args:
            hour: The hour.
            on_retry: Called before the request is made again.

        Raises:
            PlatformError: The answer says nothing about the hour, after all retries, waits and one new token.
            LocalStateError: The private folder cannot be used.
        """
        name = f"GET chatmessages/{hour.platform_time(self._app.hour_zone)} of {self._app.name}"
        refused: SecretStr | None = None

        def once() -> HistoryAnswer:
            nonlocal refused
            token = self._token(refused)
            answer = self._ask(name, hour, token)
            if answer.status == _OK:
                return _urls_in(answer, name)
            entry = look_up(answer.status, answer.error, answer.description)
            if entry.kind is ErrorKind.HOUR_STATE:
                return HistoryAnswer(answer.status, answer.error, entry.hour_answer, (), answer.platform_time)
            error = exception_for(entry, request=name, status=answer.status, error=answer.error)
            if entry.kind is ErrorKind.RENEW_TOKEN and refused is None:
                refused = token
                raise TryAgain(error, pause=0)
            if entry.kind is ErrorKind.WAIT_FOR_RATE_WINDOW:
                pause = rate_window_pause(answer.retry_after, self._clock.now(), self._random)
                raise TryAgain(error, pause, rate_limited=True)
            raise TryAgain(error) if entry.kind is ErrorKind.RETRY else error

        return persistently(once, self._clock, self._random, on_retry)

    def _token(self, refused: SecretStr | None) -> SecretStr:
        try:
            return self._tokens.token() if refused is None else self._tokens.renewed(refused)
        except (TemporaryFailure, RateLimited) as error:
            raise TryAgain(error) from None

    def _ask(self, name: str, hour: Hour, token: SecretStr) -> ApiAnswer:
        self._budget.take()
        request = self._api.build_request(
            "GET",
            f"chatmessages/{hour.platform_time(self._app.hour_zone)}",
            headers={"Authorization": f"Bearer {token.get_secret_value()}"},
        )
        try:
            return call(self._api, request, name, self._clock)
        except TemporaryFailure as error:
            raise TryAgain(error) from None

    def fetch(
        self,
        hour: Hour,
        folder: Path,
        *,
        on_file: Callable[[DownloadedFile], None] = lambda _: None,
        on_bytes: Callable[[int], None] = lambda _: None,
        on_retry: Callable[[], None] = lambda: None,
        on_named: Callable[[int], None] = lambda _: None,
    ) -> tuple[HistoryAnswer, tuple[DownloadedFile, ...]]:
        """Ask for an hour and fetch its files, each into a file of the folder, in the platform's order.

        A file that cannot be fetched takes none of the others away: they are fetched and told of, and then it is an
        error. URLs that run out before or during a download are asked for again, a bounded number of times, and then
        all files are fetched anew.

        Args:
            hour: The hour.
            folder: A private folder.
            on_file: Called with each file as soon as it has arrived whole, whatever becomes of the others. It is not
                touched before the call returns, and may be replaced later.
            on_bytes: Called with the length of each piece, for progress.
            on_retry: Called before anything is asked for again, whatever the reason.
            on_named: Called with the number of files an answer names, before they are fetched.

        Raises:
            PlatformError: Also `DownloadFailed`; of several files, what went wrong first.
            LocalStateError: The private folder that processes share cannot be used.
            OSError: The files cannot be written.
        """
        answer = self.history_urls(hour, on_retry)
        on_named(answer.files_named)
        withdrawn: list[PlatformError | OSError] = []
        for rounds_left in reversed(range(_FRESH_URLS + 1)):
            files, failures = self._download_all(
                hour, answer, folder, on_file=on_file, on_bytes=on_bytes, on_retry=on_retry
            )
            if not rounds_left or not any(isinstance(failure, DownloadUrlExpired) for failure in failures):
                break
            on_retry()
            fresh = self.history_urls(hour, on_retry)
            if len(fresh.urls) < len(answer.urls):  # a file it gave a moment ago is part of the hour all the same
                withdrawn += failures
            answer = fresh
            on_named(answer.files_named)
        if withdrawn or failures:
            raise (withdrawn + failures)[0]
        return answer, files

    def _download_all(
        self,
        hour: Hour,
        answer: HistoryAnswer,
        folder: Path,
        *,
        on_file: Callable[[DownloadedFile], None],
        on_bytes: Callable[[int], None],
        on_retry: Callable[[], None],
    ) -> tuple[tuple[DownloadedFile, ...], list[PlatformError | OSError]]:
        """Fetch what can be fetched; return it, and what went wrong with the rest."""
        files: list[DownloadedFile] = []
        failures: list[PlatformError | OSError] = []
        for index, url in enumerate(answer.urls):
            try:
                url.check(self._app.download_hosts, allow_http=self._app.allow_http)
                file = self._download(hour, url, folder / f"{index}.jsonl.gz", on_bytes=on_bytes, on_retry=on_retry)
            except (PlatformError, OSError) as failure:
                failures.append(failure)
                continue
            on_file(file)
            files.append(file)
        if answer.unreadable is not None:
            failures.append(answer.unreadable)
        return tuple(files), failures

    def _download(
        self,
        hour: Hour,
        url: SignedUrl,
        path: Path,
        *,
        on_bytes: Callable[[int], None],
        on_retry: Callable[[], None],
    ) -> DownloadedFile:
        name = f"GET {path.name} of hour {hour} of {self._app.name} from {url.host}"

        def once() -> DownloadedFile:
            try:
                digests = download(
                    self._storage,
                    url,
                    path,
                    name=name,
                    max_bytes=self._app.max_download_bytes,
                    clock=self._clock,
                    on_bytes=on_bytes,
                )
            except DownloadInterrupted as error:
                raise TryAgain(error) from None
            return DownloadedFile(path, digests)

        try:
            return persistently(once, self._clock, self._random, on_retry)
        except (PlatformError, OSError):
            path.unlink(missing_ok=True)  # a part is never left to be taken for the whole, or to fill the disk
            raise


def _urls_in(answer: ApiAnswer, name: str) -> HistoryAnswer:
    """Read the 200 answer: `data` is a list of objects with a `url` (0, 1 or n of them)."""
    data = answer.body.get("data") if answer.body is not None else None
    says_nothing = answer.body is None or "data" not in answer.body or (not data and answer.error is not None)
    if says_nothing or not isinstance(data, list | None):
        raise UnexpectedAnswer(
            f"{name} was answered with status {_OK} and no list of URLs.",
            "Check that rest_url is the platform's REST API host; a gateway's page would answer like this.",
        )
    entries = [entry.get("url") if isinstance(entry, dict) else None for entry in data or ()]
    urls = [url for url in entries if isinstance(url, str) and url]
    unreadable = None
    if len(urls) < len(entries):
        unreadable = UnexpectedAnswer(
            f"{name} was answered with status {_OK} and an entry without a URL.",
            "Report this message as a defect of the archive: the platform's answer has a new form.",
        )
        if not urls:
            raise unreadable
    once = tuple(map(SignedUrl, dict.fromkeys(urls)))
    return HistoryAnswer(answer.status, None, None, once, answer.platform_time, unreadable)
