"""The files of a Pulumi program: its project's name, its stacks, and what these configure."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

PIPELINE: Final = "main"
"""The stack of the delivery pipeline: there is one for a context, whose settings name every environment."""


def project_name(program: Path) -> str:
    """Return the name of the project in the folder `program`, with which the names of its settings begin."""
    return _read(program / "Pulumi.yaml")["name"]


def stacks(program: Path) -> list[str]:
    """Return the names of the stacks that have a file, sorted."""
    return sorted(path.name.split(".")[1] for path in program.glob("Pulumi.*.yaml"))


def stack_file(program: Path, stack: str) -> Path:
    """Return where the settings of a stack are."""
    return program / f"Pulumi.{stack}.yaml"


def config(program: Path, stack: str) -> dict[str, Any]:
    """Return what a stack's file configures, by full names such as `payment:sftp`; nothing if it says nothing.

    Raises:
        OSError: there is no such file.
        yaml.YAMLError: it is not YAML.
    """
    return _read(stack_file(program, stack)).get("config") or {}


def settings(program: Path, stack: str) -> dict[str, Any]:
    """Return the project's own settings among what a stack's file configures, without its name before them.

    Raises what `config` does.
    """
    start = f"{project_name(program)}:"
    return {key.removeprefix(start): value for key, value in config(program, stack).items() if key.startswith(start)}


def as_text(value: object) -> str:
    """Return a setting as Pulumi hands it to a program: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _read(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
