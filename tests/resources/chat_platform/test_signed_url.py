"""Where a signed URL may point, and that it cannot be read by accident."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resources.chat_platform.errors import DownloadForbidden
from resources.chat_platform.signed_url import SignedUrl

ALLOWED = ("storage.example.com", "*.easemob.com")


@pytest.mark.parametrize(
    "url",
    [
        "https://storage.example.com/a.gz?Signature=x",
        "https://STORAGE.example.com/a.gz",
        "https://ebs-chatmessage-a1.easemob.com:443/history/3D/a.gz",
        "https://a.b.easemob.com/x",
    ],
)
def test_a_url_on_an_allowed_host_is_accepted(url: str) -> None:
    SignedUrl(url).check(ALLOWED, allow_http=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.example.com/a.gz",
        "ftp://storage.example.com/a.gz",
        "file:///etc/passwd",
        "//storage.example.com/a.gz",
        "storage.example.com/a.gz",
        "",
        "https://",
        "https://easemob.com/x",
        "https://evileasemob.com/x",
        "https://storage.example.com.evil.test/x",
        "https://storage.example.com./x",
        "https://evil.test/storage.example.com",
        "https://evil.test#storage.example.com",
        "https://evil.test?storage.example.com",
        "https://storage.example.com@evil.test/x",
        "https://user:password@storage.example.com/x",
        "https://@storage.example.com/x",
        "https://storage.example.com:22/x",
        "https://storage.example.com:99999/x",
        "https://storage.example.com:abc/x",
        "https://[::1/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/x",
        "https://STORAGE.EXAMPLE.COM.EVIL.TEST/x",
        "https://EVILEASEMOB.COM/x",
        "https://a.easemob.com./x",
        "https://.easemob.com/x",
        "https://a..easemob.com/x",
        "https://evil.test\\.easemob.com/x",
        "https://evil.test\\@storage.example.com/x",
        "https://storage.example.com\\@evil.test/x",
        "https://evil.test%2f.easemob.com/x",
        "https://evil.test%00.easemob.com/x",
        "https://evil test.easemob.com/x",
        "https://evil\x1b[31m.easemob.com/x",
        "https://storage.exam\nple.com/x",
        "\thttps://storage.example.com/x",
        " https://storage.example.com/x",
        "https://störage.easemob.com/x",
        f"https://{'a' * 64}.easemob.com/x",
        "https:storage.example.com/x",
        "https:///storage.example.com/x",
        "https://storage.example.com:0/x",
        "https://storage.example.com:-1/x",
        "https://storage.example.com:80/x",
    ],
)
def test_any_other_url_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(DownloadForbidden) as caught:
        SignedUrl(f"{url}?Signature=hush" if url else url).check(ALLOWED, allow_http=False)
    assert "hush" not in str(caught.value)
    assert "password" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_plain_http_and_ports_are_for_loopback_platforms_only() -> None:
    SignedUrl("http://127.0.0.1:8077/a.gz").check(("127.0.0.1",), allow_http=True)
    with pytest.raises(DownloadForbidden):
        SignedUrl("http://127.0.0.1:8077/a.gz").check(("127.0.0.1",), allow_http=False)


@pytest.mark.parametrize("show", [str, repr, "{}".format])
def test_showing_a_url_shows_its_host_only(show: object) -> None:
    url = SignedUrl("https://storage.example.com/history/a.gz?Signature=hush")
    assert callable(show)
    assert show(url) == "SignedUrl(host='storage.example.com')"


@pytest.mark.parametrize("url", ["", "hush", "https://[hush", "https://hu sh/", "https://hush\x1b[31m/"])
def test_what_is_no_host_is_not_shown(url: str) -> None:
    assert SignedUrl(url).host == "?"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?Expires=1543316122&Signature=x", datetime(2018, 11, 27, 10, 55, 22, tzinfo=UTC)),
        ("?Signature=x", None),
        ("?Expires=soon", None),
        ("?Expires=99999999999999999999", None),
    ],
)
def test_the_end_of_the_signature_is_read_where_it_stands(query: str, expected: datetime | None) -> None:
    assert SignedUrl(f"https://storage.example.com/a.gz{query}").expires_at == expected
