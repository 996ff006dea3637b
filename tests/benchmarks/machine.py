"""What the figures were measured on, and with which versions."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from tests.benchmarks.tables import Table

_PACKAGES: Final = ("pyarrow", "orjson", "msgspec", "isal", "duckdb", "chdb", "polars", "dlt", "moto")


def machine_table() -> Table:
    """Return the machine and its Python."""
    kibibytes = int(_first(Path("/proc/meminfo"), r"MemTotal:\s*(\d+)"))
    rows = [
        ("processor", _first(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)")),
        ("cores", str(len(os.sched_getaffinity(0)))),
        ("memory", f"{kibibytes / 2**20:.0f} GiB"),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("Python", platform.python_version()),
    ]
    return Table(("machine", ""), rows)


def versions_table() -> Table:
    """Return the installed packages that the figures depend on."""
    return Table(("package", "version"), [(name, _version(name)) for name in _PACKAGES])


def _first(file: Path, pattern: str) -> str:
    found = re.search(pattern, file.read_text(encoding="utf-8"))
    return found[1] if found else "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
