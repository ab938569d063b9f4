"""Version numbers of a repository's package in ``pyproject.toml``, and the numbers that permit breaking changes."""

import re
import tomllib
from pathlib import Path
from typing import Any

_NUMBER = re.compile(r"[0-9]+")


def release(root: Path) -> str:
    """Return the version of a repository's package from its ``pyproject.toml``."""
    return project_table(root)["version"]


def project_table(root: Path) -> dict[str, Any]:
    """Return the table ``[project]`` of a repository's ``pyproject.toml``."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def numbers(version: str) -> tuple[int, int, int]:
    """Return the first three numbers of a version; missing numbers are 0."""
    first = [int(number) for number in _NUMBER.findall(version)[:3]]
    major, minor, patch = [*first, 0, 0, 0][:3]
    return major, minor, patch


def may_break(old: str, new: str) -> bool:
    """Return whether ``new`` may break callers and subscribers of ``old``.

    It may if its major version is higher, or before 1.0 its minor version (semver.org, 4 and 8).
    """
    (major, minor, _), (next_major, next_minor, _) = numbers(old), numbers(new)
    return next_major > major or (major == next_major == 0 and next_minor > minor)


def breaking(version: str) -> str:
    """Return the next version that permits breaking changes: 0.2.0 after 0.1.3, 2.0.0 after 1.4.0."""
    major, minor, _ = numbers(version)
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
