"""What the commands share: options, the settings and runtime they work with, and how their errors end.

Which commands there are is `command_line.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from resources.archive.errors import ArchiveError, ArchiveOfAnotherApp, ArchiveRefused
from resources.credentials import MissingSecret
from resources.hours.hour import Hour, hours_between, last_finished_hour
from resources.local_state import LocalStateError
from resources.printable import printable_lines
from resources.runtime import Runtime
from resources.settings import AppSettings
from resources.settings_file import SettingsError, load_settings
from resources.temporary_folder import LocalDiskError

SOME_HOUR_FAILED = 1
USAGE_OR_CONFIGURATION = 2
HOURS_NEWLY_LOST = 3

AppOption = Annotated[
    str | None,
    typer.Option("--app", metavar="ORG/APP", help="Only this app; otherwise all apps in the settings."),
]
HoursOption = Annotated[
    str | None,
    typer.Option("--hours", metavar="A..B", help="From hour A to hour B, both included; A alone is one hour."),
]


@contextmanager
def opened_runtime() -> Iterator[Runtime]:
    """Give the runtime of the settings file, and close it at the end."""
    runtime = Runtime(load_settings())
    try:
        yield runtime
    finally:
        runtime.close()


@contextmanager
def explained() -> Iterator[None]:
    """End with a sentence and an exit code instead of a traceback, where a person can do something about it."""
    try:
        yield
    except (SettingsError, MissingSecret, LocalStateError, LocalDiskError) as error:
        end(str(error), USAGE_OR_CONFIGURATION)
    except (ArchiveRefused, ArchiveOfAnotherApp) as error:
        end(str(error), USAGE_OR_CONFIGURATION)
    except ArchiveError as error:
        end(str(error), SOME_HOUR_FAILED)


def end(message: str, code: int) -> NoReturn:
    """End with a sentence and an exit code. What the sentence quotes may be anybody's words."""
    Console(stderr=True).print(Text(printable_lines(message), style="bold red"), soft_wrap=True)
    raise typer.Exit(code) from None


def chosen_apps(runtime: Runtime, name: str | None) -> tuple[AppSettings, ...]:
    """Return the app of that name, or all.

    Raises:
        typer.BadParameter: There is no such app.
    """
    if name is None:
        return runtime.settings.apps
    try:
        return (runtime.settings.app_named(name),)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0]), param_hint="--app") from None


def chosen_hours(runtime: Runtime, written: str) -> list[Hour]:
    """Return the hours of a range written as `A..B` or `A`.

    Raises:
        typer.BadParameter: It is no range inside the archive.
    """
    first, _, last = written.partition("..")
    try:
        begin, end_hour = Hour.from_key(first), Hour.from_key(last or first)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--hours") from None
    earliest, latest = runtime.settings.archive.first_hour, last_finished_hour(runtime.clock.now())
    if not earliest <= begin <= end_hour <= latest:
        raise typer.BadParameter(
            f"The archive has the hours {earliest} to {latest}, and A must not come after B.",
            param_hint="--hours",
        )
    return list(hours_between(begin, end_hour))
