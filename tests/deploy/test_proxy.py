"""Who gets through the proxy to Dagster's pages, which ask nobody who he is: with the example's very nginx.conf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests.deploy.by_hand import OPERATOR, VIEWER, Deployment

pytestmark = pytest.mark.integration

FOREIGN = ("http://evil.example", "null", "http://127.0.0.1.evil.example", "http://127.0.0.1")
VERSION = {"query": "{ version }"}
DELETE_A_RUN = {"query": 'mutation { deletePipelineRun(runId: "none") { __typename } }'}
DOORS = [("operators", OPERATOR), ("viewers", VIEWER)]


@pytest.fixture(scope="module")
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


def ask(
    browser: httpx.Client, deployed: Deployment, door: str, user: tuple[str, str], origin: str | None = None
) -> httpx.Response:
    """Send a harmless query as a page of that origin does."""
    headers = {} if origin is None else {"Origin": origin}
    return browser.post(f"{deployed.url(door)}/graphql", json=VERSION, auth=user, headers=headers)


def open_websocket(
    browser: httpx.Client, deployed: Deployment, headers: Mapping[str, str], user: tuple[str, str] | None = OPERATOR
) -> int:
    """Return the status with which a websocket is opened, or not."""
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "graphql-ws",
    }
    url = f"{deployed.url('operators')}/graphql"
    with browser.stream("GET", url, headers={**handshake, **headers}, auth=user) as response:
        return response.status_code


@pytest.mark.parametrize(("door", "user"), DOORS)
def test_nobody_comes_in_without_a_password(
    browser: httpx.Client, deployed: Deployment, door: str, user: tuple[str, str]
) -> None:
    page = f"{deployed.url(door)}/runs"
    assert browser.get(page).status_code == 401
    assert browser.get(page, auth=(user[0], "wrong")).status_code == 401
    assert browser.get(page, auth=user).status_code == 200


def test_a_viewer_does_not_get_to_the_operators_pages(browser: httpx.Client, deployed: Deployment) -> None:
    assert browser.get(f"{deployed.url('operators')}/runs", auth=VIEWER).status_code == 401


@pytest.mark.parametrize(("door", "user"), DOORS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "chat-archive.example:8080", "10.0.0.1"])
def test_another_name_in_host_is_refused(
    browser: httpx.Client, deployed: Deployment, door: str, user: tuple[str, str], host: str
) -> None:
    origin = {"Host": host, "Origin": f"http://{host}"}
    assert browser.get(f"{deployed.url(door)}/runs", auth=user, headers=origin).status_code == 421
    answer = browser.post(f"{deployed.url(door)}/graphql", json=VERSION, auth=user, headers=origin)
    assert answer.status_code == 421


@pytest.mark.parametrize(("door", "user"), DOORS)
def test_our_own_page_gets_an_answer(
    browser: httpx.Client, deployed: Deployment, door: str, user: tuple[str, str]
) -> None:
    answer = ask(browser, deployed, door, user, origin=deployed.url(door))
    assert answer.status_code == 200
    assert answer.json()["data"]["version"]


@pytest.mark.parametrize("origin", [None, *FOREIGN])
@pytest.mark.parametrize(("door", "user"), DOORS)
def test_a_page_of_another_site_gets_none_whatever_password_the_browser_sends_along(
    browser: httpx.Client, deployed: Deployment, door: str, user: tuple[str, str], origin: str | None
) -> None:
    assert ask(browser, deployed, door, user, origin=origin).status_code == 403


def test_the_viewers_page_is_another_site_to_the_operators(browser: httpx.Client, deployed: Deployment) -> None:
    assert ask(browser, deployed, "operators", OPERATOR, origin=deployed.url("viewers")).status_code == 403


def test_an_image_of_another_site_cannot_carry_a_mutation(browser: httpx.Client, deployed: Deployment) -> None:
    without_a_proxy = browser.get(f"{deployed.url('webserver')}/graphql", params=DELETE_A_RUN)
    assert typename(without_a_proxy) == "RunNotFoundError"  # Dagster would have done it
    image = browser.get(f"{deployed.url('operators')}/graphql", params=DELETE_A_RUN, auth=OPERATOR)
    assert image.status_code == 403


@pytest.mark.parametrize("path", ["/graphql", "//graphql", "/%67raphql", "/x/../graphql", "/./graphql"])
def test_no_other_way_to_write_the_path_gets_around_the_check(deployed: Deployment, path: str) -> None:
    with httpx.Client(trust_env=False, timeout=30, auth=OPERATOR) as browser:
        request = browser.build_request("GET", f"{deployed.url('operators')}/", params=DELETE_A_RUN)
        request.url = request.url.copy_with(raw_path=path.encode() + b"?" + request.url.query)
        answer = browser.send(request)
    assert answer.status_code in {400, 403}


def test_a_websocket_opens_for_our_own_page_only(browser: httpx.Client, deployed: Deployment) -> None:
    own = {"Origin": deployed.url("operators")}
    assert open_websocket(browser, deployed, own) == 101
    assert open_websocket(browser, deployed, own, user=None) == 401
    assert [open_websocket(browser, deployed, {"Origin": origin}) for origin in FOREIGN] == [403] * len(FOREIGN)
    assert open_websocket(browser, deployed, {}) == 403


@pytest.mark.parametrize("kind", ["materialization", "check", "observation"])
def test_nobody_reports_to_dagster_what_did_not_happen(browser: httpx.Client, deployed: Deployment, kind: str) -> None:
    forged = browser.post(
        f"{deployed.url('operators')}/report_asset_{kind}/acme__support/raw_history",
        auth=OPERATOR,
        headers={"Origin": deployed.url("operators")},
    )
    assert forged.status_code == 403


def test_a_viewer_cannot_change_anything(browser: httpx.Client, deployed: Deployment) -> None:
    own = {"Origin": deployed.url("viewers")}
    refused = browser.post(f"{deployed.url('viewers')}/graphql", json=DELETE_A_RUN, auth=VIEWER, headers=own)
    assert typename(refused) == "UnauthorizedError"
    allowed = browser.post(
        f"{deployed.url('operators')}/graphql",
        json=DELETE_A_RUN,
        auth=OPERATOR,
        headers={"Origin": deployed.url("operators")},
    )
    assert typename(allowed) == "RunNotFoundError"


def typename(answer: httpx.Response) -> Any:
    return answer.json()["data"]["deletePipelineRun"]["__typename"]


def test_the_viewers_webserver_takes_no_report_even_without_the_proxy(
    browser: httpx.Client, deployed: Deployment
) -> None:
    forged = browser.post(f"{deployed.url('viewer')}/report_asset_materialization/acme__support/raw_history")
    assert forged.status_code == 401


def test_pages_cannot_be_framed_or_read_by_others(browser: httpx.Client, deployed: Deployment) -> None:
    headers = browser.get(f"{deployed.url('operators')}/runs", auth=OPERATOR).headers
    policies = headers.get_list("content-security-policy")
    assert any("frame-ancestors 'none'" in policy for policy in policies)
    assert any("script-src 'nonce-" in policy for policy in policies)  # Dagster's own is still there
    assert headers["x-frame-options"] == "DENY"
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("referrer-policy") == ["same-origin"]
    assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"


def test_the_log_of_requests_holds_no_query_and_no_password(browser: httpx.Client, deployed: Deployment) -> None:
    browser.get(f"{deployed.url('operators')}/runs", params={"q": "a-secret-question"}, auth=OPERATOR)
    written = deployed.requests.read_text()
    assert f"{OPERATOR[0]} " in written
    assert '"GET /runs" 200' in written
    assert "a-secret-question" not in written
    assert OPERATOR[1] not in written
