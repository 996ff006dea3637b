"""Telling people: a title and a text to every alert URL in the settings, over apprise. Nothing else.

What is worth telling, and that it is told once, is decided in `pipelines/watch.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from resources.credentials import SecretReference
from resources.library_logs import keep_secrets_out_of_logs
from resources.settings import AlertSettings


class AlertNotSent(Exception):
    """Raised when at least one alert URL could not be reached. It names none: an alert URL holds a token."""


def send_alert(settings: AlertSettings, title: str, text: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send an alert to every URL in the settings.

    Returns:
        Whether there was anybody to tell: False when the settings name no URL.

    Raises:
        AlertNotSent: Some service refused it or could not be reached.
        MissingSecret: An environment variable that the settings name is not set.
    """
    import apprise  # noqa: PLC0415 - importing it takes 0.3 s, which only who sends an alert should pay

    if not settings.urls:
        return False
    keep_secrets_out_of_logs()
    people = apprise.Apprise()
    for url in settings.urls:
        secret = url.read(environment) if isinstance(url, SecretReference) else url
        people.add(secret.get_secret_value())
    if len(people) != len(settings.urls) or not people.notify(title=title, body=text):
        raise AlertNotSent(
            "An alert could not be sent to every URL under alerts.urls. "
            "Check those URLs, and the network to their services; it is sent again at the next watch.",
        )
    return True
