"""Telling people what is new: each service each thing once, whatever fails for another service, finding or app.

What is wrong is decided in `findings.py`, seen by `watch.py`; how a service is reached lies in `resources/alerts.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from textwrap import shorten
from typing import Final, Protocol

from pipelines.finding import WARNINGS, Finding, FindingKind
from pipelines.watch import look_through
from resources.alert_memory import AlertMemory
from resources.alerts import AlertNotSent
from resources.archive.errors import ArchiveError
from resources.archive.watch_record import WatchRecord
from resources.defects import defect_in_words
from resources.local_state import LocalStateError
from resources.runtime import Runtime
from resources.settings import AppSettings

_LONGEST_LETTER: Final = 1900
"""Characters; Discord takes 2,000, WeCom 2,048 bytes."""


class Service(Protocol):
    """A service that people read; `resources.alerts.AlertService` is one."""

    name: str

    def send(self, title: str, text: str) -> None:
        """Send an alert, or raise `AlertNotSent`."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of telling people.

    Attributes:
        sent: How many alerts were sent, each service's counted.
        problems: What could not be looked through, told or remembered, and what to do: a sentence each.
        found: What is wrong, new or not, each with its app's name.
    """

    sent: int = 0
    problems: tuple[str, ...] = ()
    found: tuple[tuple[str, Finding], ...] = field(default=(), compare=False)

    def and_then(self, later: Told) -> Told:
        """Return both together; what was said already is not said again."""
        problems = tuple(dict.fromkeys(self.problems + later.problems))
        return Told(self.sent + later.sent, problems, self.found + later.found)


def watch_and_tell(runtime: Runtime, apps: Sequence[AppSettings], now: datetime, services: Sequence[Service]) -> Told:
    """Look through the ledger of each app and tell what is new. What fails for one app keeps no other from it.

    Each service is sent an alert for each finding with hours that it was not told yet, the most urgent first, whichever
    app it is about. An alert is remembered after it was sent: if the machine stops in between it is sent twice rather
    than never. What a service did not get it gets at a later watch, and the others do not get it again. What is found
    no more is forgotten after a day: when it breaks again, it is told again.
    """
    told = Told()
    found: list[tuple[AppSettings, Finding]] = []
    for app in apps:
        try:
            findings = look_through(runtime, app, now)
        except ArchiveError as error:
            told = told.and_then(_tell_that_it_cannot_be_read(runtime, app, str(error), now, services))
        except Exception as error:  # noqa: BLE001 - a defect that one app's ledger brings out must not silence the rest
            problem = f"{defect_in_words(error)} Please report this."
            told = told.and_then(_tell_that_it_cannot_be_read(runtime, app, problem, now, services))
        else:
            found += [(app, finding) for finding in findings]
            told = told.and_then(_forget_what_is_mended(runtime, app, findings, now))
    told = told.and_then(Told(found=tuple((app.name, finding) for app, finding in found)))
    urgency = {kind: place for place, kind in enumerate(FindingKind)}
    for app, finding in sorted(found, key=lambda each: urgency[each[1].kind]):
        told = told.and_then(_tell_each_service(runtime, app, finding, now, services))
    return told


def _tell_each_service(
    runtime: Runtime, app: AppSettings, finding: Finding, now: datetime, services: Sequence[Service]
) -> Told:
    if finding.kind in WARNINGS:
        return Told()
    try:
        watch = runtime.archive(app).ledger.watch() or WatchRecord(app=app.name)
    except ArchiveError as error:
        return Told(problems=(f"What was told of {app.name} is not known. {error}",))
    told = Told()
    for service in services:
        new = tuple(hour for hour in finding.hours if not watch.was_told(_news(finding, hour), service.name))
        if new:
            news = replace(finding, hours=new)
            told = told.and_then(_tell(runtime, app, news, now, to=service, among=services))
    return told


def _forget_what_is_mended(runtime: Runtime, app: AppSettings, findings: Sequence[Finding], now: datetime) -> Told:
    found = {_news(finding, hour) for finding in findings for hour in finding.hours}

    def change(watch: WatchRecord | None) -> WatchRecord:
        return (watch or WatchRecord(app=app.name)).with_found(found, now)

    try:
        runtime.archive(app).ledger.update_watch(change)
    except ArchiveError as error:
        return Told(problems=(f"What of {app.name} is mended may be told to nobody when it breaks again. {error}",))
    return Told()


def _tell(
    runtime: Runtime, app: AppSettings, news: Finding, now: datetime, *, to: Service, among: Sequence[Service]
) -> Told:
    try:
        to.send(*_letter(runtime, app, news))
    except AlertNotSent as error:
        return Told(problems=(str(error),))
    everybody = [service.name for service in among]

    def change(watch: WatchRecord | None) -> WatchRecord:
        told = [_news(news, hour) for hour in news.hours]
        return (watch or WatchRecord(app=app.name)).with_told(told, now, to.name, everybody)

    try:
        runtime.archive(app).ledger.update_watch(change)
    except ArchiveError as error:
        return Told(1, (f"What was told of {app.name} will be told again. {error}",))
    return Told(1)


def _news(finding: Finding, hour: str) -> str:
    return f"{finding.kind}:{hour}"


def _letter(runtime: Runtime, app: AppSettings, news: Finding) -> tuple[str, str]:
    title = f"Chat archive, {app.name}: {news.hours_counted}, {news.kind.value}"
    return title, _text(runtime, f"{news.hours_in_words} (UTC). {news.sentence}")


def _text(runtime: Runtime, text: str) -> str:
    """Cut a text to what any service takes, and name the archive: one may be told of staging and of production."""
    archive = f" The archive is {runtime.settings.archive.root}."
    return shorten(text, _LONGEST_LETTER - len(archive), placeholder=" ...") + archive


def _tell_that_it_cannot_be_read(
    runtime: Runtime, app: AppSettings, problem: str, now: datetime, services: Sequence[Service]
) -> Told:
    """Tell each service that nobody watches over an app, every few hours as long as that is so."""
    told = Told(problems=(f"The ledger of {app.name} cannot be read. {problem}",))
    for service in services:
        try:
            memory = AlertMemory(runtime.folder, runtime.settings.archive, app.slug, service.name)
        except LocalStateError as error:
            told, memory = told.and_then(Told(problems=(str(error),))), None
        if memory is not None and not memory.is_time_to_tell(now):
            continue
        try:
            service.send(f"Chat archive, {app.name}: the ledger cannot be read", _text(runtime, problem))
            told = told.and_then(Told(sent=1))
            if memory is not None:
                memory.remember(now)
        except (AlertNotSent, LocalStateError) as error:
            told = told.and_then(Told(problems=(str(error),)))
    return told
