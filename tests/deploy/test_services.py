"""The services of the production example, as compose.yaml starts them."""

from __future__ import annotations

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from tests.deploy.by_hand import Deployment
from tests.deploy.example import services

pytestmark = pytest.mark.integration

CHECKED = ["archive", "webserver", "viewer", "daemon", "proxy"]


@pytest.mark.parametrize("name", CHECKED)
def test_the_health_check_of_a_service_that_runs_says_that_it_is_well(deployed: Deployment, name: str) -> None:
    look = retry(retry=retry_if_result(bool), wait=wait_fixed(0.5), stop=stop_after_delay(60))(deployed.health)
    assert look(services()[name]) == ""


@pytest.mark.parametrize(("name", "port"), [("archive", "archive"), ("webserver", "webserver"), ("proxy", "operators")])
def test_the_health_check_of_a_service_that_does_not_run_says_so(deployed: Deployment, name: str, port: str) -> None:
    nobody_listens = deployed.without(port)
    assert nobody_listens.health(services()[name])


def test_nothing_is_written_into_dagsters_home_which_is_read_only_there(deployed: Deployment) -> None:
    # Folders for telemetry, which is off, are tried for and stay empty; Dagster goes on without them.
    files = sorted(path.name for path in deployed.home.rglob("*") if path.is_file())
    assert files == ["dagster.yaml", "workspace.yaml"]
