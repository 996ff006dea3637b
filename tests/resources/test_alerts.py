"""An alert reaches every URL in the settings, or it is said that it did not; no URL is ever told."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from resources.alerts import AlertNotSent, send_alert
from resources.credentials import MissingSecret
from resources.settings import AlertSettings

SECRET = "tok3n-nobody-may-see"


class _Service(BaseHTTPRequestHandler):
    received: list[dict[str, str]] = []  # noqa: RUF012 - shared on purpose: the server makes the handlers
    status = 200

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def service() -> Iterator[str]:
    _Service.received.clear()
    _Service.status = 200
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/{SECRET}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_alert_reaches_every_url(service: str) -> None:
    settings = AlertSettings.model_validate({"urls": [service, {"env": "ALERT_URL"}]})
    assert send_alert(settings, "Chat archive", "2 hours are lost", {"ALERT_URL": service})
    assert [letter["message"] for letter in _Service.received] == ["2 hours are lost"] * 2


def test_without_urls_there_is_nobody_to_tell() -> None:
    assert not send_alert(AlertSettings(), "title", "text", {})


def test_a_service_that_refuses_is_an_error_that_names_no_url(service: str, caplog: pytest.LogCaptureFixture) -> None:
    _Service.status = 500
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AlertNotSent) as caught:
        send_alert(AlertSettings.model_validate({"urls": [service]}), "title", "text", {})
    assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text


def test_a_url_whose_variable_is_not_set_is_an_error_that_names_the_variable() -> None:
    with pytest.raises(MissingSecret, match="ALERT_URL"):
        send_alert(AlertSettings.model_validate({"urls": [{"env": "ALERT_URL"}]}), "title", "text", {})
