"""A repository of this template: its folder, and the record of its bake, `.template.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..record import FILE, digest
from .errors import NotOurs
from .git import Git


@dataclass(frozen=True)
class Repository:
    """A repository, with the template's version and the answers of its bake."""

    folder: Path
    version: str
    answers: Mapping[str, str]
    edited: bool
    """Whether the answers were edited by hand, so the answers of the bake are unknown."""


def open_repository(folder: Path) -> Repository:
    """Read the record of a repository. Raises NotOurs if the record is missing or cannot be read."""
    path = folder / FILE
    if not path.is_file():
        if path.is_symlink() or path.exists():
            raise NotOurs(f"{path} is a folder, or a link without a file: move it away.")
        commit = commit_with_record(folder)
        remedy = f" Commit {commit} has it: run `{restored(commit)}`, and commit it." if commit else ""
        raise NotOurs(f"{folder} is not a repository of this template: it has no {FILE}.{remedy}")
    try:
        return read_record(folder, path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise NotOurs(f"{path} cannot be read ({error}): restore it from git.") from None


def commit_with_record(folder: Path) -> str:
    """Return the last commit that wrote the record of a repository; an empty string without one."""
    options = ("-1", "--full-history", "--diff-filter=AM", "--format=%h")
    return Git(folder).run("log", *options, "--", FILE).stdout.decode().strip() if folder.is_dir() else ""


def restored(commit: str) -> str:
    """Return the command that restores the record of a commit."""
    return f"git checkout {commit} -- {FILE}"


def read_record(folder: Path, text: str) -> Repository:
    """Return a repository from the text of its record. Raises NotOurs if the text cannot be read."""
    try:
        return _read(folder, json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise NotOurs(f"{folder / FILE} cannot be read ({_reason(error)}): restore it from git.") from None


def _read(folder: Path, record: object) -> Repository:
    fields = _object(record, "it")
    version, answers = fields["template"], _object(fields["default_context"], "default_context")
    if not isinstance(version, str) or not all(isinstance(value, str) for value in answers.values()):
        raise TypeError("a version or an answer is not text")
    return Repository(folder, version, dict(answers), fields["digest"] != digest(answers))


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{name} is not a JSON object")
    return cast("dict[str, Any]", value)


def _reason(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
