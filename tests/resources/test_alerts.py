"""An alert reaches each URL in the settings, or it is said that it did not; no URL is ever told or written down."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from resources.alerts import AlertNotSent, AlertService, alert_services
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


def services(*urls: str | dict[str, str], environment: Mapping[str, str] | None = None) -> tuple[AlertService, ...]:
    return alert_services(AlertSettings.model_validate({"urls": urls}), environment or {})


def test_an_alert_reaches_every_url(service: str) -> None:
    for each in services(service, {"env": "ALERT_URL"}, environment={"ALERT_URL": service}):
        each.send("Chat archive", "2 hours are lost")
    assert [letter["message"] for letter in _Service.received] == ["2 hours are lost"] * 2


def test_without_urls_there_is_nobody_to_tell() -> None:
    assert services() == ()


def test_a_service_that_refuses_is_an_error_that_names_its_place_and_no_url(
    service: str, caplog: pytest.LogCaptureFixture
) -> None:
    _Service.status = 500
    caplog.set_level(logging.DEBUG)
    _, second = services("json://elsewhere", service)
    with pytest.raises(AlertNotSent, match="URL 2 under") as caught:
        second.send("title", "text")
    assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text


def test_a_service_that_failed_twice_is_left_alone_for_the_rest_of_the_watch(service: str) -> None:
    _Service.status = 500
    (down,) = services(service)
    for _ in range(4):
        with pytest.raises(AlertNotSent):
            down.send("title", "text")
    assert len(_Service.received) == 2


def test_a_url_whose_variable_is_not_set_is_an_error_that_names_the_variable() -> None:
    (unknown,) = services({"env": "ALERT_URL"})
    with pytest.raises(AlertNotSent, match="ALERT_URL"):
        unknown.send("title", "text")


def test_each_url_has_a_name_of_its_own_which_tells_nothing_and_stays_as_long_as_the_url(service: str) -> None:
    names = [each.name for each in services(service, f"{service}2", {"env": "ALERT_URL"})]
    assert len(set(names)) == 3
    assert all(len(name) == 8 and SECRET not in name for name in names)
    assert [each.name for each in services({"env": "ALERT_URL"}, f"{service}2", service)] == names[::-1]


def test_a_new_token_behind_a_variable_makes_no_new_service(service: str) -> None:
    before, after = (services({"env": "ALERT_URL"}, environment={"ALERT_URL": url}) for url in (service, f"{service}2"))
    assert before[0].name == after[0].name
