"""Case 47: who answers is proven by its certificate, always; and the storage is told nothing it need not know."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from pydantic import ValidationError

from resources.chat_platform.addresses import is_public
from resources.chat_platform.checked_transport import CheckedTransport
from resources.chat_platform.download import download
from resources.chat_platform.errors import DownloadFailed, WrongConfiguration
from resources.chat_platform.http import api_client, call, download_client
from resources.chat_platform.signed_url import SignedUrl
from resources.settings import AppSettings
from tests.fake_clock import FakeClock
from tests.resources.chat_platform.conftest import NOW
from tests.resources.chat_platform.tls_server import tls_server
from tests.resources.chat_platform.wire import Wire

STORAGE, PUBLIC = "storage.example.com", "93.184.215.14"
VARIABLES_THAT_QUIET_OTHER_PROGRAMS = [
    {},
    {"PYTHONHTTPSVERIFY": "0"},
    {"SSL_VERIFY": "0", "VERIFY_SSL": "false", "HTTPX_VERIFY": "false"},
    {"CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""},
    {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""},
    {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "GIT_SSL_NO_VERIFY": "1"},
]


def settings_for(port: int, **more: object) -> AppSettings:
    return AppSettings.model_validate(
        {
            "org": "acme",
            "app": "support",
            "rest_url": f"https://127.0.0.1:{port}",
            "credentials": {"type": "token", "token": {"env": "TOKEN"}},
            "download_hosts": ["127.0.0.1"],
            "allow_http": True,  # so that downloads may lead to loopback; TLS is proven all the same
        }
        | more
    )


def fetch(client: httpx.Client, url: str, folder: Path) -> bytes:
    download(client, SignedUrl(url), folder / "x", name="GET x", max_bytes=100, clock=FakeClock(NOW))
    return (folder / "x").read_bytes()


@pytest.mark.parametrize("variables", VARIABLES_THAT_QUIET_OTHER_PROGRAMS)
def test_case_47_a_certificate_that_nobody_vouches_for_is_refused_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with tls_server(tmp_path) as server:
        settings = settings_for(server.port)
        with (
            api_client(settings) as client,
            pytest.raises(WrongConfiguration, match="certificate is not to be trusted"),
        ):
            call(client, client.build_request("GET", "x"), "GET x", FakeClock(NOW))
        with (
            download_client(settings) as client,
            pytest.raises(DownloadFailed, match="certificate is not to be trusted"),
        ):
            fetch(client, f"https://127.0.0.1:{server.port}/x?Signature=hush", tmp_path)
        assert server.requests == []


def test_case_47_a_companys_own_authority_is_named_openly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls_server(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with api_client(settings_for(server.port, allow_http=False)) as client:
            assert call(client, client.build_request("GET", "x"), "GET x", FakeClock(NOW)).status == 200
        with download_client(settings_for(server.port)) as client:
            assert fetch(client, f"https://127.0.0.1:{server.port}/x", tmp_path) == b"{}"
        assert len(server.requests) == 2


def test_certificates_that_cannot_be_read_are_told_by_the_variable_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    for client in (api_client, download_client):
        with pytest.raises(WrongConfiguration, match="SSL_CERT_FILE"):
            client(settings_for(1))


@pytest.mark.parametrize("key", ["verify", "verify_tls", "tls_verify", "ssl_verify", "insecure", "allow_self_signed"])
def test_case_47_no_key_of_the_settings_switches_it_off(key: str) -> None:
    with pytest.raises(ValidationError, match="not permitted"):
        settings_for(1, **{key: False})


class Rerouted(httpcore.NetworkBackend):
    """Leads every address to a port on loopback, and remembers which were asked for."""

    def __init__(self, port: int) -> None:
        self.asked: list[tuple[str, int]] = []
        self._port = port

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self.asked.append((host, port))
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self._port, timeout, local_address, socket_options)


def test_case_47_the_checked_address_is_connected_to_and_the_name_is_what_tls_and_host_are_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Wire(monkeypatch).leads(STORAGE, (PUBLIC,))
    with tls_server(tmp_path, STORAGE) as server:
        rerouted = Rerouted(server.port)
        tls = ssl.create_default_context(cafile=server.certificate)
        with httpx.Client(transport=CheckedTransport(is_public, tls=tls, sockets=rerouted)) as client:
            assert fetch(client, f"https://{STORAGE}/x", tmp_path) == b"{}"
        assert rerouted.asked == [(PUBLIC, 443)]
        assert server.server_names == [STORAGE]
        (headers,) = server.requests
        assert headers["Host"] == STORAGE
        assert not {"Authorization", "Cookie"} & set(headers)


def test_case_47_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Wire(monkeypatch).leads(STORAGE, (PUBLIC,))
    with tls_server(tmp_path, "other.example.com") as server:
        tls = ssl.create_default_context(cafile=server.certificate)
        transport = CheckedTransport(is_public, tls=tls, sockets=Rerouted(server.port))
        with httpx.Client(transport=transport) as client, pytest.raises(DownloadFailed, match="certificate"):
            fetch(client, f"https://{STORAGE}/x", tmp_path)
        assert server.requests == []
