"""The storage behind signed URLs: what it gives out, and to whom it refuses."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest

from resources.hours.hour import Hour, hours_between
from resources.simulated_platform import Version, truth
from resources.simulated_platform.hour_files import gzip_files
from tests.resources.simulated_platform.conftest import NOON, Visit
from tests.resources.simulated_platform.visitor import Visitor

HOUR = Hour.containing(NOON).plus(-4)


def told(answer: httpx.Response) -> tuple[int, str | None]:
    assert answer.headers["content-type"].startswith("application/xml")
    return answer.status_code, ET.fromstring(answer.text).findtext("Code")  # noqa: S314 - our own server's XML


def test_a_file_comes_whole_and_unencoded(visitor: Visitor) -> None:
    (url,) = visitor.urls_of(HOUR)
    answer = visitor.download(url)
    (expected,) = gzip_files(visitor.app, HOUR, Version.EARLY)
    assert answer.content == expected
    assert answer.headers["content-length"] == str(len(expected))
    assert "content-encoding" not in answer.headers


def test_a_url_is_good_for_half_an_hour(visitor: Visitor) -> None:
    (url,) = visitor.urls_of(HOUR)
    visitor.clock.advance(timedelta(minutes=30))
    assert visitor.download(url).status_code == 200
    visitor.clock.advance(timedelta(seconds=1))
    assert told(visitor.download(url)) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Expires=1", "Expires=2"),
        ("Signature=", "Signature=x"),
        ("OSSAccessKeyId=", "OSSAccessKeyId=x"),
        (HOUR.key, HOUR.plus(-1).key),
        ("/3D/", "/7D/"),
    ],
    ids=["expires", "signature", "key id", "hour", "tier"],
)
def test_a_url_that_was_tampered_with_is_refused(visitor: Visitor, old: str, new: str) -> None:
    (url,) = visitor.urls_of(HOUR)
    assert old in url
    assert told(visitor.download(url.replace(old, new, 1))) == (403, "SignatureDoesNotMatch")


def test_a_url_without_signature_is_refused(visitor: Visitor) -> None:
    (url,) = visitor.urls_of(HOUR)
    assert told(visitor.download(url.partition("?")[0])) == (403, "SignatureDoesNotMatch")


def test_credentials_beside_the_signature_are_refused(visitor: Visitor) -> None:
    (url,) = visitor.urls_of(HOUR)
    assert told(visitor.download(url, headers={"Authorization": "Bearer x"})) == (400, "InvalidArgument")


def test_a_file_deleted_since_its_url_was_given_is_gone(visitor: Visitor) -> None:
    visitor.clock.turn_to(HOUR.end + timedelta(hours=72) - timedelta(minutes=1))
    (url,) = visitor.urls_of(HOUR)
    visitor.clock.advance(timedelta(minutes=2))
    assert told(visitor.download(url)) == (404, "NoSuchKey")


def test_a_url_given_before_the_hour_grew_gives_the_grown_file(visitor: Visitor) -> None:
    hours = hours_between(HOUR.plus(-40), HOUR)
    app = visitor.app
    hour = next(
        one
        for one in hours
        if 0 < truth(app, one, one.end + timedelta(hours=2)).line_count < truth(app, one).line_count
    )
    visitor.clock.turn_to(hour.end + timedelta(hours=24) - timedelta(minutes=1))
    (url,) = visitor.urls_of(hour)
    early = visitor.download(url).content
    visitor.clock.advance(timedelta(minutes=2))
    assert visitor.download(url).content == gzip_files(app, hour, Version.SETTLED)[0] != early


def test_the_storage_may_stand_on_a_host_of_its_own(visit: Visit) -> None:
    visitor = visit(storage_url="http://localhost:1")
    assert visitor.urls_of(HOUR)[0].startswith(f"http://localhost:1/history/3D/acme/support/{HOUR.key}.gz?")
