"""A made-up chat platform on loopback: a real HTTP server with seeded conversations and every documented answer.

It is for the demo, the tests, and anyone without an account. Production code never imports it. It follows the
platform's public documentation and nothing of this project's own client, so that the two can hold each other to it.

    platform = SimulatedPlatform([SimulatedApp("acme", "support")], clock)
    with serve(platform) as base_url:
        ...

`python -m resources.simulated_platform` serves one app until Ctrl-C.
"""

from resources.simulated_platform.hour_files import Version
from resources.simulated_platform.platform_state import SimulatedPlatform
from resources.simulated_platform.scripting import ReceivedRequest, RequestKind, ScriptedAnswer
from resources.simulated_platform.serving import serve
from resources.simulated_platform.simulated_app import EmptyHourAnswer, SimulatedApp
from resources.simulated_platform.truth import HourTruth, truth

__all__ = [
    "EmptyHourAnswer",
    "HourTruth",
    "ReceivedRequest",
    "RequestKind",
    "ScriptedAnswer",
    "SimulatedApp",
    "SimulatedPlatform",
    "Version",
    "serve",
    "truth",
]
