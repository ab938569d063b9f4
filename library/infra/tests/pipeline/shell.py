"""Runs a buildspec as CodeBuild does: its phases in order, in one shell, until a command fails."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bounded_context_infra.configuration.project import current
from bounded_context_infra.pipeline import delivery
from bounded_context_infra.pipeline.delivery import BUILD, OF_AN_ENVIRONMENT

LIBRARY = Path(__file__).parents[3]
ROOT = current().root
BUILDSPECS = Path(delivery.__file__).with_name("buildspecs")
STEPS = {step.name: step for step in (BUILD, *OF_AN_ENVIRONMENT)}
PHASES = ("install", "pre_build", "build", "post_build")

_KEPT = ("HOME", "LANG", "PATH", "TMPDIR", "SSL_", "REQUESTS_CA_BUNDLE", "UV_", "PIP_", "PYENV_", "XDG_")
"""Variables, or their beginnings, by which tools find this machine's interpreters and caches; nothing about AWS."""

_NOT_DELIVERED = shutil.ignore_patterns(".venv", "vendor", "build", "__pycache__", ".*_cache", ".hypothesis", ".git")


def buildspec(step: str) -> dict[str, Any]:
    """The buildspec of a step as its project has it."""
    return yaml.safe_load(STEPS[step].with_policies(None))


def commands(spec: Mapping[str, Any]) -> list[str]:
    """All its commands, in the order in which they run."""
    return [command for phase in PHASES for command in spec["phases"].get(phase, {}).get("commands", [])]


@dataclass(frozen=True)
class Ran:
    """How a build ended, what it said, and the variables that it exports."""

    status: int
    said: str
    exported: Mapping[str, str]


def run(step: str, folder: Path, variables: Mapping[str, str]) -> Ran:
    """Run a step's buildspec in `folder`, which holds its input artefact."""
    spec = buildspec(step)
    names = spec.get("env", {}).get("exported-variables", [])
    own = spec.get("env", {}).get("variables", {})
    exports = folder.parent / f"exported-by-{step}"
    exports.mkdir()
    lines = [*commands(spec), *(f'printf "%s" "${name}" > {exports / name}' for name in names)]
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    kept.pop("UV_PROJECT_ENVIRONMENT", None)
    shell = ["/bin/sh", "-e", "-c", "\n".join(lines)]
    result = subprocess.run(shell, cwd=folder, env=kept | own | dict(variables), capture_output=True, text=True)  # noqa: S603
    exported = {file.name: file.read_text() for file in exports.iterdir()}
    return Ran(result.returncode, result.stdout + result.stderr, exported)


def artifact(step: str, folder: Path, target: Path) -> Path:
    """What CodeBuild would hand on of `folder` after a step, in `target`."""
    spec = buildspec(step)["artifacts"]
    excluded = tuple(pattern.removesuffix("**/*") for pattern in spec.get("exclude-paths", []))
    for pattern in spec["files"]:
        for path in sorted(folder.glob(pattern)):
            name = str(path.relative_to(folder))
            if path.is_file() and not (excluded and name.startswith(excluded)):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target / name)
    return target


def sources(target: Path) -> Path:
    """The repository's files as the source stage hands them on, the library's wheels among them."""
    shutil.copytree(ROOT, target, ignore=_NOT_DELIVERED)
    for project in LIBRARY.glob("*/pyproject.toml"):
        command = ["uv", "build", "--wheel", "--offline", "--quiet", "--out-dir", str(target / "vendor")]
        subprocess.run([*command, str(project.parent)], check=True)  # noqa: S603
    subprocess.run(["uv", "lock", "--quiet"], cwd=target, check=True)  # noqa: S607
    return target


def stand_in(folder: Path, name: str, script: Path) -> None:
    """Put a command `name` into `folder` that runs `script` under this interpreter."""
    folder.mkdir(exist_ok=True)
    command = folder / name
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    command.chmod(0o755)
