"""Reading the settings file, and saying in a person's words what is wrong with it.

What may stand in the file is declared in `settings.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from resources.settings import Settings

CONFIG_VARIABLE = "CHAT_ARCHIVE_CONFIG"
"""The environment variable that names the settings file."""

_IN_WORDS = {
    "missing": "is missing. Add it.",
    "extra_forbidden": "is no key of this project. Remove it, or correct its name.",
    "invalid_key": "is no name of a key. Write keys as words.",
    "union_tag_invalid": "has an unknown `type`. Set it to client_credentials, agora or token.",
    "union_tag_not_found": "has no `type`. Add it: client_credentials, agora or token.",
    "model_type": "holds no keys. Write its keys and values below it.",
    "model_attributes_type": "holds no keys. Write its keys and values below it.",
    "tuple_type": "is no list. Write each entry on a line of its own, after a dash.",
    "too_short": "is an empty list. Write at least one entry.",
    "string_type": "is no text. Write it in quotes.",
}
"""What pydantic calls by Python's names, as a person who writes YAML would."""

_REFERENCE_IN_WORDS = (
    "must be {env: NAME}. Put the secret into an environment variable, and write that variable's name, not the secret."
)
_QUOTED = re.compile(r"'[^']{3,}'|\"[^\"]{3,}\"")


class SettingsError(Exception):
    """Raised when the settings cannot be used. Its text names the file, every wrong key, and the remedy."""


class _OnceOnlyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice. YAML would keep the last one, and with it a whole list of apps could vanish."""

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else key
            if name in seen:
                raise yaml.MarkedYAMLError(problem="this key stands there twice", problem_mark=key.start_mark)
            seen.add(name)
        return node


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file that `CHAT_ARCHIVE_CONFIG` names.

    Raises:
        SettingsError: The variable is not set, or the file is missing, no YAML, or invalid in any entry. Nothing is
            ever left out silently: one bad app fails the whole file.
    """
    name = environment.get(CONFIG_VARIABLE, "")
    if not name:
        raise SettingsError(
            f"{CONFIG_VARIABLE} is not set. Set it to the path of your settings file; "
            f"docs/chat-archive.example.yaml is one to start from.",
        )
    return read_settings(Path(name))


def read_settings(path: Path) -> Settings:
    """Read and validate one settings file.

    Raises:
        SettingsError: As for `load_settings`.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_OnceOnlyLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file. {CONFIG_VARIABLE} must name the settings file.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text. Save it as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        # What YAML quotes may be the beginning of a secret that stands there without quotes.
        problem = _QUOTED.sub("(...)", error.problem or "")
        raise SettingsError(f"{path}: line {line} is no valid YAML: {problem}. Mend that line.") from None
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date that does not exist
        raise SettingsError(f"{path}: is no valid YAML. Check indentation and quotes.") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: holds no keys. It needs at least `archive` and `apps`.")
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise SettingsError(_explain(path, error)) from None


def _explain(path: Path, error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    if any(problem["loc"][:1] == ("apps",) and len(problem["loc"]) > 1 for problem in problems):
        # pydantic drops a bad app before it counts them; that there are too few is then no news.
        problems = [problem for problem in problems if problem["loc"] != ("apps",)]
    lines = (f"{path}: {_problem_in_words(problem)}" for problem in problems)
    return "\n".join(dict.fromkeys(lines))


def _problem_in_words(problem: ErrorDetails) -> str:
    location = problem["loc"]
    secret = _place_of_secret(location)
    # Below a secret's place, a key's name may be the secret itself: `client_id: {my-secret}`.
    if secret is not None and (len(location) > secret or problem["type"] in {"model_type", "model_attributes_type"}):
        return f"{_key(location[:secret])}: {_REFERENCE_IN_WORDS}"
    words = _IN_WORDS.get(problem["type"]) or f"{problem['msg'].removeprefix('Value error, ').rstrip('.')}."
    return f"{_key(location)}: {words}" if location else words


def _place_of_secret(location: tuple[int | str, ...]) -> int | None:
    """Return how many parts of a location lead to a `{env: NAME}`, or None when none lies on it."""
    match location:
        case ("apps", int(), "credentials", _, _, *_):
            return 5
        case ("alerts", "urls", int(), "reference", *_):
            return 4
    return None


def _key(location: tuple[int | str, ...]) -> str:
    """Write a place in the file as a person would: `apps[0].credentials.client_id`."""
    written = ""
    for index, part in enumerate(location):
        if isinstance(part, int):
            written += f"[{part}]"
        elif location[index - 1 : index] != ("credentials",) and location[index - 2 : index - 1] != ("urls",):
            # What follows those is pydantic's name for the kind of entry, which does not stand in the file.
            written += f".{part}" if written else part
    return written
