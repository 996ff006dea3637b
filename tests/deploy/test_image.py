"""The image of the production example: what goes into it, and that it is what was tested here."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.example import copied_from_the_repository, dockerfile, ignored_by_docker, project_file

NEEDED_EXTRAS = ("postgres", "redis")
ONLY_FOR_DEVELOPMENT = ("pytest", "moto", "ruff", "mypy", "hypothesis", "playwright", "polars", "pandas", "uv")


def locked(path: str) -> dict[str, set[str]]:
    """Return the versions in a lock; a package may have one for each of several Pythons."""
    versions: dict[str, set[str]] = defaultdict(set)
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text_of(path), re.MULTILINE | re.ASCII):
        versions[canonicalize_name(name)].add(version)
    return versions


def text_of(path: str) -> str:
    return project_file(path).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads(text_of("pyproject.toml"))["project"]
    return content


def needed() -> list[Requirement]:
    extras = project()["optional-dependencies"]
    return [
        Requirement(line)
        for line in [*project()["dependencies"], *(line for name in NEEDED_EXTRAS for line in extras[name])]
    ]


@pytest.mark.parametrize("path", [*copied_from_the_repository()])
def test_what_the_dockerfile_copies_exists_and_reaches_the_builder(path: str) -> None:
    assert project_file(path).exists()
    assert not ignored_by_docker(project_file(path))


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        "pipelines/demo/world.py",
        "deploy/secrets/archive.env",
        "deploy/settings.yaml",
        "tests/world.py",
    ],
)
def test_nothing_else_reaches_the_builder(path: str) -> None:
    assert ignored_by_docker(project_file(path))


def test_the_image_runs_as_a_user_who_owns_no_code() -> None:
    words = [instruction for instruction, _ in dockerfile()]
    last_user = len(words) - 1 - words[::-1].index("USER")
    assert dockerfile()[last_user][1] == "10001:10001"
    assert not {"COPY", "ADD", "RUN"} & set(words[last_user:])
    assert not [rest for instruction, rest in dockerfile() if instruction == "COPY" and "--chown" in rest]


def test_packages_are_installed_by_their_hashes_and_nothing_of_them_runs_meanwhile() -> None:
    (install,) = [rest for instruction, rest in dockerfile() if instruction == "RUN" and "pip install" in rest]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install


def test_every_line_of_the_lock_has_a_hash() -> None:
    entries = re.split(r"\n(?=\w)", text_of("deploy/requirements.lock").strip())
    assert len(entries) >= len(locked("deploy/requirements.lock")) > len(needed())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_holds_what_pyproject_asks_for() -> None:
    versions = locked("deploy/requirements.lock")
    for requirement in needed():
        there = versions[canonicalize_name(requirement.name)]
        assert there, f"{requirement} is not in the lock; make lock renews it"
        assert all(version in requirement.specifier for version in there)


def test_the_image_has_the_versions_that_the_tests_run_with() -> None:
    tested = locked("requirements.lock")
    in_the_image = locked("deploy/requirements.lock")
    assert {name: tested[name] for name in in_the_image} == in_the_image


def test_nothing_that_only_developers_need_is_in_the_image() -> None:
    assert {canonicalize_name(name) for name in ONLY_FOR_DEVELOPMENT} & set(locked("deploy/requirements.lock")) == set()
