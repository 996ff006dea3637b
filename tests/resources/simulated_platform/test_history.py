"""What the history request answers, hour by hour, and how often it may be asked."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from resources.hours.hour import Hour, hours_between
from resources.simulated_platform import EmptyHourAnswer, SimulatedApp, truth
from tests.resources.simulated_platform.conftest import NOON, Visit
from tests.resources.simulated_platform.visitor import FIXED_TOKEN, Visitor

CHINA = timezone(timedelta(hours=8))
THIS_HOUR = Hour.containing(NOON)
HOUR = THIS_HOUR.plus(-4)


def told(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def silent_hour(app: SimulatedApp) -> Hour:
    return next(hour for hour in hours_between(THIS_HOUR.plus(-71), HOUR) if not truth(app, hour).lines)


def test_an_hour_is_answered_in_the_documented_shape(visitor: Visitor) -> None:
    answer = visitor.ask_hour(HOUR)
    body = answer.json()
    (entry,) = body.pop("data")
    assert answer.status_code == 200
    assert body.pop("application")
    assert body == {
        "action": "get",
        "uri": f"{visitor.base_url}/acme/support/chatmessages/{HOUR.key}",
        "timestamp": int(NOON.timestamp() * 1000),
        "duration": 0,
        "organization": "acme",
        "applicationName": "support",
    }
    url = urlsplit(entry["url"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{visitor.base_url}/history/3D/acme/support/{HOUR.key}.gz"
    assert set(parse_qs(url.query)) == {"Expires", "OSSAccessKeyId", "Signature"}
    assert parse_qs(url.query)["Expires"] == [str(int(NOON.timestamp()) + 1800)]


@pytest.mark.parametrize("age", [timedelta(hours=2), timedelta(hours=24), timedelta(hours=71)])
@pytest.mark.parametrize("zone", [UTC, CHINA], ids=["utc", "china"])
def test_what_is_served_is_the_truth(visit: Visit, zone: timezone, age: timedelta) -> None:
    visitor = visit(SimulatedApp("acme", "support", hour_zone=zone))
    moment = HOUR.end + age
    visitor.clock.turn_to(moment)
    (url,) = visitor.urls_of(HOUR)
    lines = gzip.decompress(visitor.download(url).content).splitlines()
    assert tuple(orjson.loads(line) for line in lines) == truth(visitor.app, HOUR, moment).lines


def test_a_china_app_names_hours_in_its_own_zone(visit: Visit) -> None:
    visitor = visit(SimulatedApp("acme", "support", hour_zone=CHINA))
    hour = Hour(datetime(2026, 11, 3, 2, tzinfo=UTC))
    assert "2026110310.gz" in visitor.ask_time("2026110310").json()["data"][0]["url"]
    (url,) = visitor.urls_of(hour)
    first = orjson.loads(gzip.decompress(visitor.download(url).content).splitlines()[0])
    assert Hour.containing(datetime.fromtimestamp(int(first["timestamp"]) / 1000, UTC)) == hour


@pytest.mark.parametrize(
    "moment",
    [
        HOUR.start - timedelta(hours=5),
        HOUR.start + timedelta(minutes=58),
        HOUR.end + timedelta(minutes=59),
        HOUR.end + timedelta(hours=72),
    ],
    ids=["future", "current", "too young", "deleted"],
)
def test_an_hour_that_is_not_held_is_expired_or_unstored(visitor: Visitor, moment: datetime) -> None:
    visitor.clock.turn_to(moment)
    assert told(visitor.ask_hour(HOUR)) == (
        400,
        "illegal_argument",
        f"illegal arguments: appkey: acme#support, time: {HOUR.key}, maybe chat message history is expired or unstored",
    )


def test_an_hour_without_messages_is_not_found(visitor: Visitor) -> None:
    silent = silent_hour(visitor.app)
    assert told(visitor.ask_hour(silent)) == (
        404,
        "storage_object_not_found",
        f"Failed to find chat message history download url for appkey: acme#support, time: {silent.key}",
    )


def test_an_app_may_answer_for_an_empty_hour_without_url(visit: Visit) -> None:
    visitor = visit(SimulatedApp("acme", "support", empty_hour_answer=EmptyHourAnswer.NO_URL))
    answer = visitor.ask_hour(silent_hour(visitor.app))
    assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_an_app_may_answer_for_an_empty_hour_with_an_empty_file(visit: Visit) -> None:
    visitor = visit(SimulatedApp("acme", "support", empty_hour_answer=EmptyHourAnswer.EMPTY_FILE))
    (url,) = visitor.urls_of(silent_hour(visitor.app))
    assert gzip.decompress(visitor.download(url).content) == b""


def test_an_app_may_split_an_hour_in_several_urls(visit: Visit) -> None:
    visitor = visit(SimulatedApp("acme", "support", urls_per_hour=3))
    urls = visitor.urls_of(HOUR)
    lines = b"".join(gzip.decompress(visitor.download(url).content) for url in urls).splitlines()
    assert len(set(urls)) == 3
    assert tuple(map(orjson.loads, lines)) == truth(visitor.app, HOUR, NOON).lines


@pytest.mark.parametrize("time", ["20261103", "2026110324", "2026130101", "2026-11-03T08", "202611030800", "now"])
def test_a_malformed_time_is_not_supported(visitor: Visitor, time: str) -> None:
    assert told(visitor.ask_time(time)) == (400, "illegal_argument", "This chatmessage request is not supported")


def test_an_unknown_app_is_named_in_the_answer(visitor: Visitor) -> None:
    assert told(visitor.ask_time(HOUR.key, path="acme/else")) == (
        404,
        "organization_application_not_found",
        f"Could not find application for acme/else from URI: acme/else/chatmessages/{HOUR.key}",
    )
    assert told(visitor.ask_token(path="acme/else"))[1] == "organization_application_not_found"


def test_the_rate_limit_holds_for_one_minute(visitor: Visitor) -> None:
    statuses = [visitor.ask_hour(HOUR).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert told(visitor.ask_hour(HOUR)) == (429, "reach_limit", "This request has reached api limit")
    visitor.clock.turn_to(NOON.replace(second=59))
    assert visitor.ask_hour(HOUR).status_code == 429
    visitor.clock.turn_to(NOON.replace(minute=1, second=0))
    assert visitor.ask_hour(HOUR).status_code == 200


def test_each_app_has_its_own_rate_limit(visit: Visit) -> None:
    visitor = visit(SimulatedApp("acme", "support", requests_per_minute=1), SimulatedApp("acme", "sales"))
    visitor.ask_hour(HOUR)
    assert visitor.ask_hour(HOUR).status_code == 429
    assert visitor.ask_time(HOUR.key, path="acme/sales").status_code == 200


def test_a_refused_token_spends_no_request(visitor: Visitor) -> None:
    for _ in range(20):
        visitor.ask_hour(HOUR, "nonsense")
    assert visitor.ask_hour(HOUR).status_code == 200


def test_answers_are_dated_by_the_handed_in_clock(visitor: Visitor) -> None:
    visitor.clock.turn_to(datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC))
    answer = visitor.ask_hour(HOUR)
    assert answer.headers.get_list("date") == ["Thu, 02 Jan 2031 03:04:05 GMT"]
    assert answer.json()["timestamp"] == int(visitor.clock.now().timestamp() * 1000)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "acme/support/else", (404, "service_resource_not_found", "Service resource not found")),
        ("GET", "acme/support/token", (500, "unsupported_service_operation", "Service operation not supported")),
        ("POST", "acme/support/chatmessages/2026110308", (500, "unsupported_service_operation", None)),
    ],
)
def test_what_the_platform_does_not_offer_is_refused_in_its_own_words(
    visitor: Visitor, method: str, path: str, expected: tuple[int, str, str | None]
) -> None:
    status, error, description = told(visitor.request(method, path))
    assert (status, error) == expected[:2]
    assert expected[2] in {description, None}


def test_an_app_key_may_occur_only_once(visit: Visit) -> None:
    with pytest.raises(ValueError, match="occurs twice"):
        visit(SimulatedApp("acme", "support"), SimulatedApp("acme", "support", seed=2))


def test_the_scheme_of_the_token_may_be_written_in_any_case(visitor: Visitor) -> None:
    headers = {"Authorization": f"bearer {FIXED_TOKEN}"}
    answer = visitor.request("GET", f"acme/support/chatmessages/{HOUR.key}", headers=headers)
    assert answer.status_code == 200
