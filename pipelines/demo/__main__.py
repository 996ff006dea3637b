"""`python -m pipelines.demo [--ui]`: tells the story, from a platform that forgets to a table that does not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from pipelines.command_line import HOURS_NEWLY_LOST
from pipelines.demo.question import QUESTION, answer, connect, message_ids
from pipelines.demo.world import World, made_up_world
from resources.hours.hour import hours_between
from resources.simulated_platform import truth

_UI_PORT = 3000


def main(
    *, ui: Annotated[bool, typer.Option("--ui", help="Keep everything running with the Dagster UI.")] = False
) -> None:
    """Archive three days of a simulated chat platform into a local S3 server, and ask the archive a question."""
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


def _ask(console: Console, world: World) -> bool:
    """Show a query's answer, and hold what is in S3 against what was said on the platform."""
    with connect(world) as connection:
        console.print(Padding(Syntax(QUESTION, "sql", background_color="default"), (0, 0, 1, 0)))
        console.print(answer(connection))
        found = message_ids(connection)
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
    process = subprocess.Popen(command, env=world.environment)  # noqa: S603 - our own command
    try:
        process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()


if __name__ == "__main__":
    typer.run(main)
