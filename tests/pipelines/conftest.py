"""What several tests of commands stand on."""

from __future__ import annotations

import pytest

from pipelines import catch_up_command
from tests.pipelines.inbox import Inbox


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """Catch what catch-up sends."""
    inbox = Inbox()
    monkeypatch.setattr(catch_up_command, "alert_services", lambda _: (inbox,))
    return inbox
