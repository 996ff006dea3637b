"""The files of the production example, read as the programs that use them read them.

Not here: running what they describe (`by_hand.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.servers.processes import PROJECT

DEPLOY = PROJECT / "deploy"


@dataclass(frozen=True)
class Service:
    """A service of compose.yaml.

    Attributes:
        name: Its name.
        keys: Everything that stands there, with what it refers to.
    """

    name: str
    keys: dict[str, Any]

    @property
    def command(self) -> list[str]:
        """What is run in the container; nothing where the image decides."""
        return [*self.keys.get("entrypoint", ()), *self.keys.get("command", ())]

    @property
    def health_check(self) -> list[str]:
        """The program that tells whether it is well."""
        how, *command = self.keys["healthcheck"]["test"]
        assert how == "CMD"
        return list(command)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that stand in the file."""
        return dict(self.keys.get("environment", {}))

    @property
    def networks(self) -> set[str]:
        return set(self.keys["networks"])


@cache
def compose() -> dict[str, Any]:
    """Return compose.yaml, references resolved."""
    content: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return content


def services() -> dict[str, Service]:
    """Return the services by their names."""
    return {name: Service(name, keys) for name, keys in compose()["services"].items()}


def policy(name: str) -> list[dict[str, Any]]:
    """Return the statements of a policy in `deploy/aws`."""
    content = json.loads((DEPLOY / "aws" / f"{name}.json").read_text(encoding="utf-8"))
    statements: list[dict[str, Any]] = content["Statement"]
    return statements


def actions(statements: Sequence[dict[str, Any]], effect: str = "Allow") -> set[str]:
    """Return all actions that some statement allows, or denies."""
    return {
        action for statement in statements if statement["Effect"] == effect for action in as_list(statement["Action"])
    }


def as_list(value: str | list[str]) -> list[str]:
    """AWS lets one entry stand without its brackets."""
    return [value] if isinstance(value, str) else value


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each with its arguments on one line."""
    lines = [
        line
        for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    instructions = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in instructions)]


def copied_from_the_repository() -> Iterator[str]:
    """Yield what the Dockerfile copies from the repository."""
    for instruction, rest in dockerfile():
        if instruction == "COPY" and not rest.startswith("--from="):
            *sources, _ = rest.split()
            yield from sources


def ignored_by_docker(file: Path) -> bool:
    """Tell whether the builder is not given a file of the repository; the last line that matches decides."""
    path, ignored = file.relative_to(PROJECT).as_posix(), False
    for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and (fnmatch(path, pattern) or path.startswith(f"{pattern}/")):
            ignored = not line.startswith("!")
    return ignored


def image_environment() -> dict[str, str]:
    """Return the variables that the image sets."""
    (pairs,) = [rest for instruction, rest in dockerfile() if instruction == "ENV"]
    return dict(pair.split("=", 1) for pair in pairs.split())


def project_file(path: str) -> Path:
    """Return a file of the repository by its path from the top."""
    return PROJECT / path
