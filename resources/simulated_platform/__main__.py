"""`python -m resources.simulated_platform`: serves one made-up app until Ctrl-C and says how to archive it.

Options and words for a person only; the platform itself lies in the modules beside this one.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated

import typer

from resources.clock import SystemClock
from resources.simulated_platform.platform_state import SimulatedPlatform
from resources.simulated_platform.serving import serve_until_interrupted
from resources.simulated_platform.simulated_app import SimulatedApp

CLIENT_ID_VARIABLE = "SIMULATED_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "SIMULATED_CLIENT_SECRET"  # noqa: S105 - a variable's name

_INTRODUCTION = """\
The simulated platform listens on {base_url}. Ctrl-C ends it.

In the settings file:

apps:
  - org: {app.org}
    app: {app.app}
    rest_url: {base_url}
    hour_zone: "{hour_zone}"
    credentials:
      type: client_credentials
      client_id: {{env: {id_variable}}}
      client_secret: {{env: {secret_variable}}}
    download_hosts: ["127.0.0.1"]
    allow_http: true

In the shell that reads it (made-up credentials, good for nothing else):

export {id_variable}={app.client_id}
export {secret_variable}={app.client_secret}
"""


def introduction(app: SimulatedApp, base_url: str) -> str:
    """Return what a person has to put into the settings file and the shell to archive the app."""
    hour_zone = datetime(2000, 1, 1, tzinfo=app.hour_zone).isoformat()[-6:]
    return _INTRODUCTION.format(
        app=app,
        base_url=base_url,
        hour_zone=hour_zone,
        id_variable=CLIENT_ID_VARIABLE,
        secret_variable=CLIENT_SECRET_VARIABLE,
    )


def main(
    *,
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1; 0 means any free port.")] = 8077,
    seed: Annotated[int, typer.Option(help="Decides everything that is said.")] = 1,
    org: Annotated[str, typer.Option(help="The app's organisation.")] = "acme",
    app: Annotated[str, typer.Option(help="The app's name.")] = "support",
    hour_zone: Annotated[
        str, typer.Option(help="The zone of hours: +00:00, or +08:00 as on China clusters.")
    ] = "+00:00",
    people: Annotated[int, typer.Option(help="How many users chat.")] = 40,
    messages_per_hour: Annotated[float, typer.Option(help="The mean over a day.")] = 120.0,
    requests_per_minute: Annotated[int, typer.Option(help="The rate limit of the history request.")] = 10,
) -> None:
    """Serve a made-up chat platform on loopback until Ctrl-C."""
    simulated = SimulatedApp(
        org,
        app,
        seed=seed,
        hour_zone=_zone(hour_zone),
        people=people,
        mean_messages_per_hour=messages_per_hour,
        requests_per_minute=requests_per_minute,
    )
    platform = SimulatedPlatform([simulated], SystemClock())
    serve_until_interrupted(platform, port, lambda base_url: typer.echo(introduction(simulated, base_url)))


def _zone(written: str) -> timezone:
    try:
        offset = datetime.strptime(written, "%z").utcoffset()
    except ValueError:
        raise typer.BadParameter(f"{written} is no zone. Write it as +00:00 or +08:00.") from None
    return timezone(offset or timedelta())


if __name__ == "__main__":
    typer.run(main)
