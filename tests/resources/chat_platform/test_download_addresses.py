"""Case 45: wherever a signed URL points, nothing but a public address of an allowed host is ever connected to."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from resources.chat_platform.download import download
from resources.chat_platform.errors import DownloadFailed, DownloadForbidden, DownloadInterrupted, PlatformError
from resources.chat_platform.http import download_client
from resources.chat_platform.signed_url import SignedUrl
from resources.simulated_platform import RequestKind, ScriptedAnswer
from tests.resources.chat_platform.conftest import HOUR, Line
from tests.resources.chat_platform.proxy import proxy
from tests.resources.chat_platform.wire import Wire

STORAGE = "storage.example.com"
ALLOWED = (STORAGE, "*.easemob.com")
PUBLIC, ANOTHER_PUBLIC = "93.184.215.14", "2606:4700::1111"
METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"

URLS_THAT_POINT_ELSEWHERE = [
    "http://storage.example.com/a.gz",
    "ftp://storage.example.com/a.gz",
    "file:///etc/passwd",
    "file://storage.example.com/etc/passwd",
    "gopher://storage.example.com/_x",
    "//storage.example.com/a.gz",
    METADATA,
    "https://169.254.169.254/latest/meta-data",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://good.example.evil.test/x",
    "https://storage.example.com.evil.test/x",
    "https://evileasemob.com/x",
    "https://easemob.com.evil.test/x",
    "https://easemob.com/x",
    "https://evil.test/storage.example.com",
    "https://evil.test#storage.example.com",
    "https://evil.test?storage.example.com",
    "https://evil.test\\@storage.example.com/x",
    "https://storage.example.com\\@evil.test/x",
    "https://evil.test\\.easemob.com/x",
    "https://storage.example.com@evil.test/x",
    "https://user:password@storage.example.com/x",
    "https://@storage.example.com/x",
    "https://storage.example.com:22/x",
    "https://storage.example.com:80/x",
    "https://storage.example.com:0/x",
    "https://storage.example.com./x",
    "https://a.easemob.com./x",
    "https://\u0455torage.example.com/x",  # the first letter is Cyrillic
    "https://xn--torage-jyf.example.com/x",
    "https://a.easemob\u3002com/x",
    "https://\u24e2torage.example.com/x",
    "https://evil.test%2f.easemob.com/x",
    "https://evil.test%00.easemob.com/x",
    "https://storage.exam\nple.com/x",
    " https://storage.example.com/x",
]
HOSTS_THAT_ARE_ADDRESSES = [
    "127.0.0.1",
    "127.1",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "localhost",
    "[::1]",
    "[::ffff:7f00:1]",
    "[::7f00:1]",
    "0",
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "169.254.169.254",
    "2852039166",
    "0251.0376.0251.0376",
    "10.0.0.1",
    "100.100.100.200",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]",
    "[fe80::1]",
]
ADDRESSES_THAT_ARE_NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    f"::ffff:{PUBLIC}",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3ffe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]


class Attacked:
    """A client whose platform gives the URLs of an attacker, and the wire under it."""

    def __init__(self, line: Line, wire: Wire, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wire = wire
        self._line = line
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._platform = ("127.0.0.1", urlsplit(line.settings.rest_url).port)

    def fetch(self, url: str, hosts: tuple[str, ...] = ALLOWED, *, allow_http: bool = False) -> PlatformError:
        """Fetch an hour that is said to lie at this URL, and return the error it ends with."""
        settings = self._line.settings.model_copy(update={"download_hosts": hosts, "allow_http": allow_http})
        self._line.platform.script("history", ScriptedAnswer(200, {"data": [{"url": url}]}))
        with download_client(settings) as storage, self._monkeypatch.context() as patch:
            patch.setattr(self._line.client, "_app", settings)
            patch.setattr(self._line.client, "_storage", storage)
            with pytest.raises(PlatformError) as caught:
                self._line.client.fetch(HOUR, self._folder)
        return caught.value

    @property
    def connected(self) -> list[tuple[str, int]]:
        """Where connections were tried to, the platform's REST API left out."""
        return [address for address in self.wire.connected if address != self._platform]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


@pytest.fixture
def attacked(line: Line, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attacked:
    wire.leads(STORAGE, (PUBLIC,))
    return Attacked(line, wire, tmp_path, monkeypatch)


@pytest.mark.parametrize("url", URLS_THAT_POINT_ELSEWHERE)
def test_case_45_a_url_that_is_not_plain_https_on_an_allowed_host_is_refused_before_a_name_is_looked_up(
    attacked: Attacked, url: str
) -> None:
    assert type(attacked.fetch(url)) is DownloadForbidden
    assert set(attacked.wire.looked_up) == {"127.0.0.1"}  # the REST API
    assert attacked.connected == []


@pytest.mark.parametrize("host", HOSTS_THAT_ARE_ADDRESSES)
def test_case_45_an_address_in_place_of_a_host_is_refused_even_where_the_settings_allow_it(
    attacked: Attacked, host: str
) -> None:
    assert type(attacked.fetch(f"https://{host}/x", (host.strip("[]"),))) is DownloadForbidden
    assert attacked.connected == []


@pytest.mark.parametrize("address", ADDRESSES_THAT_ARE_NOT_PUBLIC)
def test_case_45_a_name_that_leads_to_an_address_that_is_not_public_is_refused(
    attacked: Attacked, address: str
) -> None:
    attacked.wire.leads(STORAGE, (address,))
    error = attacked.fetch(f"https://{STORAGE}/x?Signature=hush")
    assert type(error) is DownloadForbidden
    assert str(ip_address(address)) in str(error)
    assert "hush" not in str(error)
    assert attacked.wire.looked_up.count(STORAGE) == 1
    assert attacked.connected == []


@pytest.mark.parametrize("addresses", [(PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), (PUBLIC, ANOTHER_PUBLIC, "::1")])
def test_case_45_one_address_that_is_not_public_among_others_refuses_the_name(
    attacked: Attacked, addresses: tuple[str, ...]
) -> None:
    attacked.wire.leads(STORAGE, addresses)
    assert type(attacked.fetch(f"https://{STORAGE}/x")) is DownloadForbidden
    assert attacked.connected == []


def test_case_45_a_name_that_leads_elsewhere_the_second_time_is_looked_up_once_for_each_connection(
    attacked: Attacked, line: Line, tmp_path: Path
) -> None:
    attacked.wire.leads(STORAGE, (PUBLIC,), ("127.0.0.1",))
    settings = line.settings.model_copy(update={"allow_http": False})
    with download_client(settings) as storage, pytest.raises(DownloadInterrupted):
        download(storage, SignedUrl(f"https://{STORAGE}/x"), tmp_path / "x", name="x", max_bytes=100, clock=line.clock)
    assert attacked.wire.looked_up.count(STORAGE) == 1
    assert attacked.wire.connected == [(PUBLIC, 443)]


def test_case_45_every_try_is_checked_anew(attacked: Attacked) -> None:
    attacked.wire.leads(STORAGE, (PUBLIC,), ("127.0.0.1",))
    assert type(attacked.fetch(f"https://{STORAGE}/x")) is DownloadForbidden
    assert attacked.connected == [(PUBLIC, 443)]


def test_case_45_of_many_public_addresses_a_few_are_tried(attacked: Attacked) -> None:
    attacked.wire.leads(STORAGE, tuple(f"93.184.215.{last}" for last in range(200)), ("127.0.0.1",))
    attacked.fetch(f"https://{STORAGE}/x")
    assert attacked.connected == [(f"93.184.215.{last}", 443) for last in range(4)]


def test_case_45_a_redirect_to_a_clouds_metadata_is_not_followed(
    line: Line, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacked = Attacked(line, wire, tmp_path, monkeypatch)
    line.platform.script("file", ScriptedAnswer(302, b"", {"Location": METADATA}))
    with pytest.raises(DownloadFailed, match="redirect"):
        line.client.fetch(HOUR, tmp_path)
    assert attacked.connected == []
    assert line.platform.requests_of(RequestKind.OTHER) == ()


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", PUBLIC, "::ffff:127.0.0.1"])
def test_case_45_a_platform_on_loopback_may_lead_to_loopback_only(attacked: Attacked, address: str) -> None:
    attacked.wire.leads("localhost", (address,))
    assert type(attacked.fetch("http://localhost:1/x", ("localhost",), allow_http=True)) is DownloadForbidden
    assert attacked.connected == []


def test_behind_a_proxy_only_the_proxy_is_connected_to_and_only_for_an_allowed_host(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy() as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{address[1]}")
        assert type(attacked.fetch("https://evil.test/x")) is DownloadForbidden
        assert attacked.connected == []
        assert type(attacked.fetch(f"https://{STORAGE}/x")) is DownloadInterrupted
    assert set(attacked.connected) == {address}
    assert set(asked) == {f"CONNECT {STORAGE}:443 HTTP/1.1"}
    assert STORAGE not in attacked.wire.looked_up


def test_a_host_that_no_proxy_names_is_connected_to_directly_and_checked(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "example.com")
    attacked.wire.leads(STORAGE, ("10.0.0.1",))
    assert type(attacked.fetch(f"https://{STORAGE}/x")) is DownloadForbidden
    assert attacked.connected == []
