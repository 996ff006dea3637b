"""Reading the settings file, and saying in a person's words what is wrong with it.

What may stand in the file is declared in `settings.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from resources.settings import Settings

CONFIG_VARIABLE = "CHAT_ARCHIVE_CONFIG"
"""The environment variable that names the settings file."""

_REMEDIES = {
    "missing": "Add this key.",
    "extra_forbidden": "Remove this key, or correct its name.",
    "union_tag_invalid": "Set `type` to client_credentials, agora or token.",
    "union_tag_not_found": "Add `type`: client_credentials, agora or token.",
}
_NOT_A_MAPPING = frozenset({"model_type", "model_attributes_type"})
_SECRET_KEYS = frozenset({"client_id", "client_secret", "app_id", "app_certificate", "token"})


class SettingsError(Exception):
    """Raised when the settings cannot be used. Its text names the file, every wrong key, and the remedy."""


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
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file. {CONFIG_VARIABLE} must name the settings file.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text. Save it as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise SettingsError(f"{path}: line {line} is no valid YAML: {error.problem}. Mend that line.") from None
    except yaml.YAMLError:
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
    lines = []
    for problem in problems:
        key = _key(problem["loc"])
        remedy = _REMEDIES.get(problem["type"], "")
        if problem["type"] in _NOT_A_MAPPING and _SECRET_KEYS.intersection(problem["loc"]):
            message, remedy = "is written out", "Write {env: NAME}, and put the secret in that environment variable."
        else:
            message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{path}: {key}: {message.rstrip('.')}.{' ' if remedy else ''}{remedy}")
    return "\n".join(lines)


def _key(location: tuple[int | str, ...]) -> str:
    """Write a place in the file as a person would: `apps[0].credentials.client_id`."""
    tags = {"client_credentials", "agora", "token", "SecretReference", "function-before[_alert_url()"}
    written = ""
    for index, part in enumerate(location):
        if isinstance(part, int):
            written += f"[{part}]"
        elif not (part in tags and index and location[index - 1] == "credentials"):
            written += f".{part}" if written else str(part)
    return written or "the file as a whole"
