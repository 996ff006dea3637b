"""`python -m pipelines.demo [--ui]`: tells the story, from a platform that forgets to a table that does not."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from assets.coverage.hour_status import HourStatus
from assets.coverage.terminal_grid import coverage_grid
from pipelines.command_options import HOURS_NEWLY_LOST
from pipelines.demo.world import World, made_up_world
from resources.hours.hour import hours_between
from resources.simulated_platform import truth

_QUESTION = """\
SELECT app, chat_type, count(*) AS messages, count(DISTINCT sender) AS people,
       max_by(strftime(hour_start, '%d %b %H:00'), in_hour) AS busiest_hour
FROM (SELECT *, date_trunc('hour', timestamp) AS hour_start,
             count(*) OVER (PARTITION BY app, chat_type, hour_start) AS in_hour
      FROM messages)
GROUP BY ALL ORDER BY app, messages DESC"""
_UI_PORT = 3000
_SECONDS_TO_END = 15


def main(
    *,
    ui: Annotated[bool, typer.Option("--ui", help="Keep everything running with the Dagster UI.")] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Also write the coverage grid as an SVG, for the README.")
    ] = None,
) -> None:
    """Archive three days of a simulated chat platform into a local S3 server, and ask the archive a question."""
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console()
    started = time.monotonic()
    with made_up_world() as world:
        console.rule("[bold]1. Archive the platform's last three days")
        console.print("chat-archive catch-up", style="bold cyan")
        code = _run(world, "catch-up")
        if code not in {0, HOURS_NEWLY_LOST}:
            raise typer.Exit(code)
        console.rule("[bold]2. What is there, hour by hour")
        console.print("chat-archive status", style="bold cyan")
        _run(world, "status")
        if picture is not None:
            picture.write_text(_picture(world), encoding="utf-8")
        console.rule("[bold]3. Ask the Parquet in S3")
        complete = _ask(console, world)
        console.print(f"\nThe demo took {time.monotonic() - started:.0f} seconds.", style="dim")
        if ui:
            _serve_ui(console, world)
    if not complete:
        raise typer.Exit(1)


def _run(world: World, *arguments: str) -> int:
    command = [sys.executable, "-m", "pipelines.command_line", *arguments]
    return subprocess.run(command, env=world.environment, check=False).returncode  # noqa: S603 - our own command


def _answer(world: World, *arguments: str) -> list[dict[str, str]]:
    """Return what a command prints as JSON."""
    command = [sys.executable, "-m", "pipelines.command_line", *arguments]
    printed = subprocess.run(command, env=world.environment, check=True, capture_output=True).stdout  # noqa: S603 - ours
    entries: list[dict[str, str]] = json.loads(printed)
    return entries


def _picture(world: World) -> str:
    """Return what `chat-archive status` shows as an SVG that loads nothing from elsewhere."""
    console = Console(record=True, width=72, file=StringIO())
    console.print(coverage_grid([HourStatus.from_json(entry) for entry in _answer(world, "status", "--json")]))
    svg = console.export_svg(title="chat-archive status", unique_id="coverage")
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def _ask(console: Console, world: World) -> bool:
    """Ask a question, and hold what is in S3 against what was said on the platform."""
    console.print("chat-archive sql", style="bold cyan", end=" ")
    console.print(Padding(Syntax(f'"{_QUESTION}"', "sql", background_color="default"), (0, 0, 1, 0)))
    _run(world, "sql", _QUESTION)
    rows = _answer(world, "sql", "--format", "json", "SELECT app, msg_id FROM messages")
    found = [(row["app"], row["msg_id"]) for row in rows]
    said = {
        (f"{app.org}__{app.app}", message_id)
        for app in world.platform.apps
        for hour in hours_between(world.first_hour, world.last_due_hour)
        for message_id in truth(app, hour, world.started_at).message_ids
    }
    missing, doubled = said - set(found), len(found) - len(set(found))
    console.print(
        Text(
            f"Of the hours that are due, the platform still has {len(said):,} messages. "
            f"The archive lacks {len(missing):,} of them and doubles {doubled:,}.",
            style="bold red" if missing or doubled else "bold green",
        ),
    )
    return not missing and not doubled


def _serve_ui(console: Console, world: World) -> None:
    """Run the Dagster UI until Ctrl-C."""
    console.rule("[bold]4. The operator's page")
    console.print(f"The Dagster UI is coming up on http://127.0.0.1:{_UI_PORT}. Ctrl-C ends everything.")
    command = ["dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(_UI_PORT)]
    # In a session of its own, so that it can be ended with all of its processes, whatever they are doing.
    process = subprocess.Popen(command, env=world.environment, start_new_session=True)  # noqa: S603 - our own command
    try:
        process.wait()
    except KeyboardInterrupt:
        console.print("Ending everything.")
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End Dagster and its own processes: politely, then firmly."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        process.send_signal(ending)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_SECONDS_TO_END)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """Let SIGTERM end the demo as Ctrl-C does, so that it leaves nothing behind either way."""
    del signal_number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    typer.run(main)
