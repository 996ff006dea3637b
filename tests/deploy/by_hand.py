"""The services of compose.yaml, run by hand with their own commands and files; only addresses and folders differ.

Not here: what the files say (`example.py`), and what is asked of the services.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tests.deploy.example import DEPLOY, Service, image_environment, services
from tests.servers.postgres import PostgresServer
from tests.servers.processes import PROJECT, free_port, hand_over, running, unprivileged

OPERATOR, VIEWER = ("olga", "made-up-operator"), ("vera", "made-up-viewer")

_SECONDS_TO_START = 90
_PACKAGE_OF = {"nginx": "nginx", "htpasswd": "apache2-utils", "curl": "curl"}


def missing_packages() -> tuple[str, ...]:
    """Return which Debian packages this machine lacks, beside PostgreSQL."""
    return tuple(package for program, package in _PACKAGE_OF.items() if which(program) is None)


@dataclass(frozen=True)
class Ports:
    """Where the services listen, instead of where they do in their containers."""

    operators: int = field(default_factory=free_port)
    viewers: int = field(default_factory=free_port)
    webserver: int = field(default_factory=free_port)
    viewer: int = field(default_factory=free_port)
    archive: int = field(default_factory=free_port)


@dataclass(frozen=True)
class Deployment:
    """The services, running.

    Attributes:
        ports: Where they listen.
        home: Dagster's home, with what the image has there.
        requests: The proxy's log of requests.
        environments: Of each service that is Dagster.
    """

    ports: Ports
    home: Path
    requests: Path
    environments: Mapping[str, Mapping[str, str]]

    def url(self, name: str) -> str:
        """Return where something answers: `operators` and `viewers` are the proxy's, the others are behind it."""
        return _url(self.ports, name)

    def without(self, name: str) -> Deployment:
        """Return the deployment as it looks to somebody who seeks one of the ports where nobody listens."""
        return replace(self, ports=replace(self.ports, **{name: free_port()}))

    def health(self, service: Service) -> str:
        """Return what the health check of a service complains of; nothing when it is well."""
        ended = subprocess.run(  # noqa: S603 - the example's own command
            _with_addresses(service.health_check, service.name, self.ports),
            env=self.environments.get(service.name, os.environ),
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if ended.returncode == 0 else f"exit code {ended.returncode}: {ended.stdout}{ended.stderr}"


@contextmanager
def deployment(
    database: PostgresServer, archive_secrets: Mapping[str, str], settings: Path, folder: Path
) -> Iterator[Deployment]:
    """Run every service but the database, each with the environment that compose.yaml gives it and with nothing else.

    Args:
        database: Runs already.
        archive_secrets: What `secrets/archive.env` holds.
        settings: The settings file.
        folder: For everything that is written.
    """
    home, logs, ports = folder / "dagster_home", folder / "logs", Ports()
    for each in (home, logs, folder / "work", folder / "state"):
        each.mkdir()
    for name in ("dagster.yaml", "workspace.yaml"):
        (home / name).write_text(_rewritten(name, {"host: archive": "host: 127.0.0.1", "4000": str(ports.archive)}))
    environments = {
        service.name: _environment(service, database, archive_secrets, settings, folder)
        for service in services().values()
        if "build" in service.keys
    }
    with ExitStack() as stack:

        def start(name: str) -> subprocess.Popen[bytes]:
            command = _with_addresses(services()[name].command, name, ports)
            return stack.enter_context(running(command, logs / name, environment=environments[name], folder=home))

        assert start("schema").wait() == 0, (logs / "schema").read_text()
        archive = start("archive")
        _wait(lambda: _listens(ports.archive), archive, logs / "archive")
        others = {name: start(name) for name in ("daemon", "webserver", "viewer")}
        for name in ("webserver", "viewer"):
            _wait(partial(_answers, _url(ports, name)), others[name], logs / name)
        requests = stack.enter_context(_proxy(ports, logs / "proxy"))
        yield Deployment(ports, home, requests, environments)


def _url(ports: Ports, name: str) -> str:
    return f"http://127.0.0.1:{getattr(ports, name)}"


def _environment(
    service: Service, database: PostgresServer, archive_secrets: Mapping[str, str], settings: Path, folder: Path
) -> dict[str, str]:
    """Return what the image and compose.yaml set, with this machine's places."""
    files = {
        "secrets/database.env": {"POSTGRES_PASSWORD": database.password},
        "secrets/archive.env": dict(archive_secrets),
    }
    environment = image_environment() | service.environment
    for file in service.keys["env_file"]:
        environment |= files[file]
    here = database.environment | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "PYTHONPATH": str(PROJECT),
        "DAGSTER_HOME": str(folder / "dagster_home"),
        "CHAT_ARCHIVE_STATE_DIR": str(folder / "state"),
        "CHAT_ARCHIVE_CONFIG": str(settings),
        "TMPDIR": str(folder / "work"),
    }
    return environment | {name: value for name, value in here.items() if name in environment}


def _with_addresses(command: list[str], name: str, ports: Ports) -> list[str]:
    """Return a command of a container as it is on this machine, where services share one loopback."""
    here = {
        "0.0.0.0": "127.0.0.1",  # noqa: S104 - the container's, which is what is replaced
        "4000": str(ports.archive),
        "3000": str(getattr(ports, name, 0)),
        "8080": str(ports.operators),
    }
    return [_replaced(argument, here) for argument in command]


def _rewritten(file: str, here: Mapping[str, str]) -> str:
    return _replaced((DEPLOY / file).read_text(encoding="utf-8"), here)


def _replaced(text: str, here: Mapping[str, str]) -> str:
    """Replace what stands there by what is here, all at once: nothing that was put in is replaced again."""
    return re.sub("|".join(map(re.escape, here)), lambda there: here[there[0]], text)


@contextmanager
def _proxy(ports: Ports, log: Path) -> Iterator[Path]:
    """Run nginx as in its container: not as root, with one folder in place of each there. Yield the log of requests."""
    identity = unprivileged("www-data")
    # Not in pytest's folders: they are closed to all other users.
    with TemporaryDirectory(prefix="proxy-for-tests-") as name:
        folder = Path(name)
        config = folder / "nginx.conf"
        here = {
            "8080": str(ports.operators),
            "8081": str(ports.viewers),
            "server webserver:3000": f"server 127.0.0.1:{ports.webserver}",
            "server viewer:3000": f"server 127.0.0.1:{ports.viewer}",
            "/run/secrets/": f"{folder}/",
            "/tmp/": f"{folder}/",  # noqa: S108 - the container's, which is what is replaced
            "/dev/stdout": str(folder / "requests"),
        }
        config.write_text(_rewritten("nginx.conf", here))
        for audience, (user, password) in {"operators": OPERATOR, "viewers": VIEWER}.items():
            subprocess.run(  # noqa: S603 - our own command
                ["htpasswd", "-B", "-b", "-c", str(folder / audience), user, password],  # noqa: S607 - Debian's
                check=True,
                capture_output=True,
            )
        hand_over(folder, identity)
        command = [argument.replace("/etc/nginx/nginx.conf", str(config)) for argument in services()["proxy"].command]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        with running(command, log, environment=environment, folder=folder, identity=identity) as process:
            _wait(lambda: _answers(_url(ports, "operators")), process, log)
            yield folder / "requests"


def _listens(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=5).close()


def _answers(url: str) -> None:
    httpx.get(f"{url}/server_info", trust_env=False, timeout=10)


def _wait(ask: Callable[[], None], process: subprocess.Popen[bytes], log: Path) -> None:
    @retry(
        retry=retry_if_exception_type((httpx.TransportError, OSError)),
        wait=wait_fixed(0.2),
        stop=stop_after_delay(_SECONDS_TO_START),
        reraise=True,
    )
    def until_it_answers() -> None:
        assert process.poll() is None, log.read_text(errors="replace")
        ask()

    until_it_answers()
