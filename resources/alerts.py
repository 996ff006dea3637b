"""Telling people: a title and a text to one alert URL of the settings, over apprise. Nothing else.

What is worth telling, and that each service is told once, is decided in `pipelines/telling.py`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import Final

from resources.credentials import MissingSecret, SecretReference
from resources.library_logs import keep_secrets_out_of_logs
from resources.settings import AlertSettings, AlertUrl

_FAILURES_BORNE: Final = 2
"""A service that is down costs seconds a try, and a sensor's tick has a minute for all apps and services."""


class AlertNotSent(Exception):
    """Raised when an alert URL could not be reached. It tells only its place: an alert URL holds a token."""


class AlertService:
    """One service that people read, used for the length of one watch: after two failures it is left alone.

    Attributes:
        name: What may be written down of its URL: a digest, too short to prove a guessed password by. Of a URL that an
            environment variable holds it is the variable's, so that a new token makes no new service.
    """

    def __init__(self, place: int, url: AlertUrl, environment: Mapping[str, str]) -> None:
        self._url = url
        self._environment = environment
        self._failures = 0
        identity = f"env:{url.env}" if isinstance(url, SecretReference) else url.get_secret_value()
        self.name = hashlib.sha256(identity.encode()).hexdigest()[:8]
        self._where = f"URL {place} under alerts.urls"

    def send(self, title: str, text: str) -> None:
        """Send an alert.

        Raises:
            AlertNotSent: The service refused it or could not be reached, or its environment variable is not set.
        """
        try:
            arrived = self._failures < _FAILURES_BORNE and self._notify(title, text)
        except MissingSecret as error:
            raise AlertNotSent(f"{self._where} is told nothing. {error}") from None
        if not arrived:
            self._failures += 1
            raise AlertNotSent(
                f"An alert could not be sent to {self._where}. "
                "Check that URL, and the network to its service; what it missed is sent again at the next watch.",
            )

    def _notify(self, title: str, text: str) -> bool:
        import apprise  # noqa: PLC0415 - importing it takes 0.3 s, which only who sends an alert should pay

        keep_secrets_out_of_logs()
        url = self._url.read(self._environment) if isinstance(self._url, SecretReference) else self._url
        people = apprise.Apprise()
        people.add(url.get_secret_value())
        return len(people) == 1 and bool(people.notify(title=title, body=text))


def alert_services(settings: AlertSettings, environment: Mapping[str, str] = os.environ) -> tuple[AlertService, ...]:
    """Return the services in the settings, in their order; none when the settings name no URL."""
    return tuple(AlertService(place, url, environment) for place, url in enumerate(settings.urls, 1))
