"""What compose.yaml promises without being run: what is reachable from where, and what each service may do."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
import yaml

from tests.deploy.example import DEPLOY, Service, compose, dockerfile, project_file, services

ALL = pytest.mark.parametrize("service", services().values(), ids=services())
SECRET = re.compile(r"password|secret|token|key|credential", re.IGNORECASE)


def test_nothing_is_published_but_the_proxy_on_loopback() -> None:
    published = {name: service.keys["ports"] for name, service in services().items() if "ports" in service.keys}
    assert set(published) == {"proxy"}
    assert all(port.startswith("127.0.0.1:") for port in published["proxy"])


def test_a_published_port_is_the_same_inside_so_that_host_and_origin_agree() -> None:
    for port in services()["proxy"].keys["ports"]:
        _, outside, inside = port.split(":")
        assert outside == inside
        assert f"listen {inside};" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


def test_only_the_code_and_the_proxy_are_in_a_network_with_a_way_out() -> None:
    open_networks = {name for name, keys in compose()["networks"].items() if not (keys or {}).get("internal")}
    outside = {name for name, service in services().items() if service.networks & open_networks}
    assert outside == {"archive", "proxy"}


def test_the_proxy_reaches_neither_the_database_nor_the_code() -> None:
    proxy = services()["proxy"].networks
    for name in ("database", "archive", "daemon"):
        assert not proxy & services()[name].networks


@ALL
def test_a_service_has_a_read_only_root_no_capability_and_no_way_to_new_privileges(service: Service) -> None:
    assert service.keys["read_only"] is True
    assert service.keys["cap_drop"] == ["ALL"]
    assert service.keys["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service.keys)


@ALL
def test_no_service_runs_as_root(service: Service) -> None:
    of_the_image = [rest for instruction, rest in dockerfile() if instruction == "USER"][-1]
    user = service.keys.get("user", of_the_image if "build" in service.keys else "root")
    assert user.split(":")[0] not in {"root", "0"}


@ALL
def test_no_service_can_reach_the_machines_docker_or_its_files(service: Service) -> None:
    for volume in service.keys.get("volumes", ()):
        source, _, mode = str(volume).split(":") if str(volume).count(":") == 2 else (*str(volume).split(":"), "")
        assert "docker.sock" not in volume
        assert source in compose()["volumes"] or (source.startswith("./") and mode == "ro")


@ALL
def test_every_service_that_stays_tells_whether_it_is_well(service: Service) -> None:
    assert ("healthcheck" in service.keys) == (service.name != "schema")


def test_no_secret_stands_in_the_file() -> None:
    named = {variable for service in services().values() for variable in service.environment if SECRET.search(variable)}
    assert named == set()
    for file in (*compose()["secrets"].values(), *({"file": file} for file in env_files())):
        assert PurePosixPath(file["file"]).parts[0] == "secrets"


def env_files() -> set[str]:
    return {file for service in services().values() for file in service.keys.get("env_file", ())}


def test_only_the_code_has_the_secrets_of_the_platform_and_of_s3() -> None:
    has = {name for name, service in services().items() if "secrets/archive.env" in service.keys.get("env_file", ())}
    assert has == {"archive"}


def test_secrets_and_settings_are_never_committed_or_built_into_the_image() -> None:
    ignored = project_file(".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"deploy/secrets/", "deploy/settings.yaml"} <= set(ignored)
    everything, *kept = [
        line
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert everything == "*"
    assert not [line for line in kept if line.startswith("!") and ("secrets" in line or "settings" in line)]


def test_every_file_of_the_example_that_is_mounted_exists() -> None:
    mounted = {
        volume.split(":")[0]
        for service in services().values()
        for volume in service.keys.get("volumes", ())
        if volume.startswith("./")
    }
    assert {name for name in mounted if not (DEPLOY / name).exists()} == {"./settings.yaml"}  # the reader's own


def test_there_is_one_daemon() -> None:
    daemons = [service for service in services().values() if service.command[:1] == ["dagster-daemon"]]
    assert len(daemons) == 1
    assert "deploy" not in daemons[0].keys  # which is where replicas would stand


def test_the_viewers_webserver_differs_from_the_operators_in_being_read_only() -> None:
    assert services()["viewer"].command == [*services()["webserver"].command, "--read-only"]


def test_the_code_location_has_the_name_it_has_on_one_machine() -> None:
    (here,) = yaml.safe_load((DEPLOY / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    (there,) = yaml.safe_load(project_file("workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    server, module = here["grpc_server"], there["python_module"]
    assert server["location_name"] == module["location_name"]
    assert server["host"] in services()
    command = services()["archive"].command
    assert command[command.index("--location-name") + 1] == server["location_name"]
    assert command[command.index("--module-name") + 1] == module["module_name"]
    assert command[command.index("--port") + 1] == str(server["port"])


def test_the_settings_for_several_containers_are_those_for_one_machine_but_for_storage_and_output() -> None:
    several = yaml.safe_load((DEPLOY / "dagster.yaml").read_text(encoding="utf-8"))
    one = yaml.safe_load(project_file("docs/dagster.yaml").read_text(encoding="utf-8"))
    assert {name: value for name, value in several.items() if name not in {"storage", "compute_logs"}} == one
